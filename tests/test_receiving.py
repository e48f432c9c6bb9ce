"""What arrives is live: sound goes straight through, and what waits to be decoded is bounded."""

import asyncio
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from aiortc import RTCPeerConnection, rtcrtpreceiver
from aiortc.rtp import RtpPacket, is_rtcp
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import AudioFrame
from agent.meeting import aiortc_hooks
from agent.meeting.base import Media
from agent.meeting.congestion import rtp
from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.peer import Peer
from agent.meeting.receiving import LATE, PLACES, Backlog, Straight, receive_live
from tests.far_end import BLUE, RED, ColourTrack, FarEnd, ToneTrack, answer_of, until


def _backlogs(connection: RTCPeerConnection) -> list[Any]:
    receivers = (one.receiver for one in connection.getTransceivers())
    return [vars(receiver)["_RTCRtpReceiver__decoder_queue"] for receiver in receivers]


def through(numbers: Sequence[int], payload: bytes = b"x") -> list[int]:
    """The numbers of the packets that can be decoded, each when it came."""
    straight, passed = Straight(), []
    for number in numbers:
        packet = RtpPacket(sequence_number=number % 65536, timestamp=number % 65536)
        packet._data = payload  # type: ignore[attr-defined]
        _, frame = straight.add(packet)
        if frame is not None:
            passed.append(frame.timestamp)
    return passed


@pytest.mark.parametrize(
    ("came", "passed"),
    [
        ([7, 8, 9], [7, 8, 9]),  # Each at once: nothing is held back.
        ([7, 9, 10], [7, 9, 10]),  # One is lost: the others do not wait for it.
        ([7, 9, 8, 10], [7, 9, 10]),  # One was overtaken: its time is over.
        ([7, 7, 8], [7, 8]),
        ([65534, 65535, 65536, 65535, 65537], [65534, 65535, 0, 1]),
        ([500, 501, 5, 6], [500, 501, 5, 6]),  # Another stream has begun.
        ([500, 501 - LATE], [500]),
    ],
)
def test_sound_goes_straight_through(came: list[int], passed: list[int]) -> None:
    assert through(came) == passed


def test_an_empty_packet_is_not_decoded() -> None:
    assert through([1, 2], b"") == []


@given(
    start=st.integers(0, 65535),
    steps=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), max_size=40),
)
def test_no_sound_comes_twice_or_before_older_sound(
    start: int, steps: list[tuple[int, int]]
) -> None:
    number, came = start, []
    for ahead, behind in steps:
        number += ahead
        came += [number, number - behind]

    passed = through(came)

    ahead_by = [(later - sooner) % 65536 for sooner, later in pairwise(passed)]
    assert all(0 < step < 32768 for step in ahead_by)
    assert passed[-1:] == [number % 65536] if steps else not passed


class Leaky:
    """Loses one packet of sound in ten on its way out of a far end."""

    def __init__(self, far: FarEnd) -> None:
        (sender,) = (one for one in far.connection.getSenders() if one.kind == "audio")
        self.sent = 0
        self._ssrc, self._transmit = sender._ssrc, sender.transport._send_rtp
        sender.transport._send_rtp = self._send  # type: ignore[method-assign]

    async def _send(self, data: bytes) -> None:
        if not is_rtcp(data) and rtp.header(data).ssrc == self._ssrc:
            self.sent += 1
            if self.sent % 10 == 0:
                return
        await self._transmit(data)


async def test_lost_sound_holds_nothing_up() -> None:
    # aiortc waits for what is lost until twelve more packets are there, and stays so far behind.
    heard: list[AudioFrame] = []
    far = FarEnd()
    media = Media(ColourTrack(BLUE), ToneTrack(), heard.append)
    async with Peer.open(media, Route(loopback=True)) as peer:
        await peer.answer(await far.answer(await peer.offer()))
        leaky = Leaky(far)
        await peer.connect(10)
        await until(lambda: bool(heard))
        sent, before = leaky.sent, len(heard)

        behind: list[int] = []
        while leaky.sent < sent + 60:
            await asyncio.sleep(0.02)
            behind.append((leaky.sent - sent) - (len(heard) - before))

    await far.close()
    # What was lost is made up for when the next one comes.
    assert sorted(behind)[len(behind) // 2] <= 2


def test_a_full_backlog_begins_anew_and_says_so() -> None:
    lost = threading.Event()
    backlog = Backlog(lost)
    for number in range(PLACES):
        backlog.put(number)
    assert not lost.is_set()

    backlog.put(PLACES)

    assert lost.is_set()
    assert [backlog.get(), backlog.qsize()] == [PLACES, 0]


def test_the_end_is_let_through_a_full_backlog() -> None:
    lost = threading.Event()
    backlog = Backlog(lost)
    for number in range(PLACES):
        backlog.put(number)

    backlog.put(None)

    assert [backlog.get() for _ in range(PLACES + 1)] == [*range(PLACES), None]
    assert not lost.is_set()


async def test_every_receiver_is_bounded_once() -> None:
    near = new_connection(Route())
    near.addTrack(ToneTrack())
    near.addTransceiver("video")

    receive_live(near)
    queues = _backlogs(near)
    receive_live(near)
    again = _backlogs(near)

    assert all(isinstance(queue, Backlog) for queue in queues)
    assert all(one is other for one, other in zip(queues, again, strict=True))
    await close_connection(near)


async def test_a_decoder_that_cannot_keep_up_neither_fills_memory_nor_holds_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = threading.Event()
    waiting: list[int] = []

    class Stuck:
        def decode(self, frame: Any) -> list[Any]:
            held.wait(10)
            return []

    monkeypatch.setattr(rtcrtpreceiver, "get_decoder", lambda codec: Stuck())
    far = FarEnd()
    near = new_connection(Route(loopback=True))
    near.addTrack(ToneTrack())
    near.addTrack(ColourTrack(RED))
    aiortc_hooks.try_loopback(near)
    receive_live(near)
    await near.setLocalDescription(await near.createOffer())
    await near.setRemoteDescription(answer_of(await far.answer(near.localDescription.sdp)))
    queues = _backlogs(near)

    async with asyncio.timeout(20):
        for _ in range(3 * PLACES):
            waiting.append(max(queue.qsize() for queue in queues))
            await asyncio.sleep(0.02)

    assert 0 < max(waiting) <= PLACES
    held.set()
    await close_connection(near)
    await far.close()

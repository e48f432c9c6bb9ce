"""A peer connection ends entirely, and never keeps more than it can decode."""

import asyncio
import threading
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription, rtcrtpreceiver

from agent.meeting import aiortc_hooks, sdp
from agent.meeting import connection as ours
from agent.meeting.backlog import PLACES, Backlog, bound
from agent.meeting.connection import Route, close_connection, new_connection
from tests.far_end import RED, ColourTrack, FarEnd, ToneTrack, until


async def _connected() -> tuple[RTCPeerConnection, FarEnd]:
    far = FarEnd()
    near = new_connection(Route(loopback=True))
    for track in (ToneTrack(), ColourTrack(RED)):
        near.addTrack(track)
    aiortc_hooks.try_loopback(near)
    await near.setLocalDescription(await near.createOffer())
    answer = await far.answer(near.localDescription.sdp)
    await near.setRemoteDescription(_answer(answer))
    await until(lambda: near.connectionState == "connected" and far.pictures > 0)
    return near, far


def _answer(text: str) -> RTCSessionDescription:
    return RTCSessionDescription(sdp.incoming(text), "answer")


def _backlogs(connection: RTCPeerConnection) -> list[Any]:
    receivers = (one.receiver for one in connection.getTransceivers())
    return [vars(receiver)["_RTCRtpReceiver__decoder_queue"] for receiver in receivers]


async def test_closing_that_takes_its_time_is_not_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Broken off it left senders that encoded for ever, and a second closing hung.
    near, far = await _connected()
    slow = asyncio.Event()
    stop = near.getTransceivers()[0].stop

    async def stop_slowly() -> None:
        await slow.wait()
        await stop()

    monkeypatch.setattr(near.getTransceivers()[0], "stop", stop_slowly)
    monkeypatch.setattr(ours, "CLOSE_LIMIT_S", 0.01)

    await close_connection(near)
    await close_connection(near)  # By somebody else, and the first one is not over.
    slow.set()

    await until(lambda: all(one.sender.track is None for one in near.getTransceivers()))
    await far.close()


@pytest.mark.parametrize("at", [0, 1])
async def test_whoever_waits_for_the_end_may_be_cancelled(
    at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = await _connected()
    closings = [asyncio.create_task(close_connection(near)) for _ in range(2)]
    await asyncio.sleep(0)
    closings[at].cancel()

    await asyncio.wait(closings)

    await until(lambda: all(one.sender.track is None for one in near.getTransceivers()))
    await far.close()


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

    bound(near)
    queues = _backlogs(near)
    bound(near)
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
    bound(near)
    await near.setLocalDescription(await near.createOffer())
    await near.setRemoteDescription(_answer(await far.answer(near.localDescription.sdp)))
    queues = _backlogs(near)

    async with asyncio.timeout(20):
        for _ in range(3 * PLACES):
            waiting.append(max(queue.qsize() for queue in queues))
            await asyncio.sleep(0.02)

    assert 0 < max(waiting) <= PLACES
    held.set()
    await close_connection(near)
    await far.close()

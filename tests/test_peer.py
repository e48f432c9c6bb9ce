"""The peer connection: real WebRTC over loopback, with an answer shaped as real nodes shape it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.faults import Fault, PartError
from agent.frames import AudioFrame
from agent.meeting import sdp
from agent.meeting.base import Media
from agent.meeting.connection import Route
from agent.meeting.peer import Peer
from agent.meeting.sound import MicrophoneTrack
from tests.far_end import BLUE, ColourTrack, FarEnd, ToneTrack, loudness, soon, tone, until

ROUTE = Route(loopback=True)


def media(heard: list[AudioFrame] | None = None) -> Media:
    sounds = [] if heard is None else heard
    return Media(ColourTrack(BLUE), ToneTrack(), sounds.append)


@asynccontextmanager
async def call(ours: Media) -> AsyncIterator[tuple[Peer, FarEnd]]:
    far = FarEnd()
    try:
        async with Peer.open(ours, ROUTE) as peer:
            await peer.answer(await far.answer(await peer.offer()))
            await peer.connect(10)
            yield peer, far
    finally:
        await far.close()


async def test_picture_and_sound_arrive_at_both_ends() -> None:
    heard: list[AudioFrame] = []
    async with call(media(heard)) as (peer, far):
        await until(lambda: far.colour[0] > 200 and far.loudness > 4000)
        await until(lambda: peer.picture is not None and len(heard) > 20)

        assert far.colour[2] < 60  # Blue, not the red that it sends itself.
        assert loudness(heard[-1].samples) > 4000
        assert [frame.start for frame in heard] == [320 * n for n in range(len(heard))]
        assert {frame.samples.shape for frame in heard} == {(320,)}


async def test_the_microphone_is_muted_at_the_source() -> None:
    microphone = MicrophoneTrack()
    microphone.transmit(True)
    tones = ToneTrack()

    async def speak() -> None:
        index = 0
        while True:
            await tones.recv()  # For the pace.
            microphone.offer(tone(index))
            index += 1

    async with call(Media(ColourTrack(BLUE), microphone, lambda _: None)) as (_, far):
        speaking = asyncio.create_task(speak())
        await until(lambda: far.loudness > 4000)
        microphone.transmit(False)
        sent = microphone.sent
        await until(lambda: far.loudness < 3)
        sounds = far.sounds
        await until(lambda: far.sounds > sounds + 5)
        speaking.cancel()

        assert far.loudness < 3
        assert microphone.sent == sent


async def test_traffic_is_counted() -> None:
    async with call(media()) as (peer, far):
        await until(lambda: far.pictures > 5 and peer.picture is not None)
        traffic = await peer.traffic()
        assert traffic.sent > 5
        assert traffic.received > 0


async def test_the_tracks_outlive_the_call() -> None:
    ours = media()
    async with call(ours) as (_, far):
        await until(lambda: far.pictures > 0)
    async with call(ours) as (_, far):
        await until(lambda: far.colour[0] > 200 and far.loudness > 4000)


async def test_it_ends_when_the_far_end_closes() -> None:
    async with call(media()) as (peer, far):
        lasting = asyncio.create_task(peer.lasting())
        await until(lambda: far.pictures > 0)
        await far.close()
        await soon(lasting)


async def test_media_that_falls_silent_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.meeting.peer.CHECK_S", 0.05)
    monkeypatch.setattr("agent.meeting.peer.SILENCE_LIMIT_S", 0.5)
    async with call(media()) as (peer, far):
        await until(lambda: peer.picture is not None)
        lasting = asyncio.create_task(peer.lasting())
        sounds = far.sounds
        await until(lambda: far.sounds > sounds + 40)
        assert not lasting.done()
        for sender in far.connection.getSenders():
            sender.replaceTrack(None)
        await soon(lasting)


async def test_a_way_that_does_not_open_is_a_media_fault() -> None:
    far = FarEnd()
    with pytest.raises(PartError) as caught:  # noqa: PT012 - it is to come out of the context
        async with Peer.open(media(), ROUTE) as peer:
            answer = await far.answer(await peer.offer())
            await far.close()
            await peer.answer(answer)
            await peer.connect(0.5)
    assert caught.value.fault is Fault.MEDIA_FAILED


@pytest.mark.parametrize("stage", ["new", "offered", "answered"])
async def test_it_closes_from_any_state_and_leaves_no_task(stage: str) -> None:
    far = FarEnd()
    async with asyncio.timeout(5), Peer.open(media(), ROUTE) as peer:
        offer = await peer.offer() if stage != "new" else ""
        if stage == "answered":
            answer = await far.answer(offer)
            await far.close()  # Nobody will answer the connectivity checks.
            await peer.answer(answer)
    await far.close()
    await until(lambda: len(asyncio.all_tasks()) == 1)


@pytest.mark.parametrize("answer", ["", "no description", "v=0\r\nm=audio x y z\r\n"])
async def test_an_answer_that_makes_no_sense_is_a_media_fault(answer: str) -> None:
    with pytest.raises(PartError) as caught:  # noqa: PT012 - it is to come out of the context
        async with Peer.open(media(), ROUTE) as peer:
            await peer.offer()
            await peer.answer(answer)
    assert caught.value.fault is Fault.MEDIA_FAILED


async def test_the_offer_is_as_a_node_expects_it() -> None:
    async with Peer.open(media(), ROUTE) as peer:
        offer = (await peer.offer()).splitlines()

    assert [line.split()[0] for line in offer if line.startswith("m=")] == ["m=audio", "m=video"]
    assert "a=group:BUNDLE 0 1" in offer
    assert offer.count("a=content:main") == 2
    assert offer.count("a=sendrecv") == 2
    assert sum(line.startswith("a=fingerprint:sha-256") for line in offer) == 2
    assert not any("sha-384" in line or "sha-512" in line for line in offer)
    assert not any(" fe80:" in line for line in offer)
    assert any(" 127.0.0.1 " in line and line.startswith("a=candidate") for line in offer)


async def test_loopback_is_tried_only_when_asked_for() -> None:
    async with Peer.open(media(), Route()) as peer:
        assert " 127.0.0.1 " not in await peer.offer()


def test_candidates_of_the_first_section_serve_all() -> None:
    answer = (
        "v=0\r\nm=audio 9 X 0\r\na=candidate:1 1 udp 1 192.0.2.1 4 typ host\r\n"
        "a=candidate:2 1 TCP 1 192.0.2.1 9 typ host tcptype active\r\nm=video 9 X 0\r\na=mid:1\r\n"
    )
    head, audio, video = sdp.incoming(answer).split("m=")
    assert "a=candidate:1 " in audio
    assert "a=candidate:1 " in video
    assert "TCP" not in audio + video
    assert "candidate" not in head

"""A peer connection ends entirely, and never keeps more than it can decode."""

import asyncio

import pytest
from aiortc import RTCPeerConnection

from agent.meeting import aiortc_hooks
from agent.meeting import connection as ours
from agent.meeting.connection import Route, close_connection, new_connection
from tests.far_end import RED, ColourTrack, FarEnd, ToneTrack, answer_of, until


async def _connected() -> tuple[RTCPeerConnection, FarEnd]:
    far = FarEnd()
    near = new_connection(Route(loopback=True))
    for track in (ToneTrack(), ColourTrack(RED)):
        near.addTrack(track)
    aiortc_hooks.try_loopback(near)
    await near.setLocalDescription(await near.createOffer())
    answer = await far.answer(near.localDescription.sdp)
    await near.setRemoteDescription(answer_of(answer))
    await until(lambda: near.connectionState == "connected" and far.pictures > 0)
    return near, far


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

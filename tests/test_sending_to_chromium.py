"""Our picture on its way to a real Chromium, over a link that shrinks and loses."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from playwright.async_api import BrowserContext

from agent.encoders import use_fast_encoders
from agent.frames import VideoFrame
from agent.meeting.base import Media
from agent.meeting.connection import Route
from agent.meeting.peer import Peer
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Picture, Zoom
from agent.tasks import task_group
from agent.video.track import CameraTrack
from bench.calls import address_of, through
from bench.link import Relay, Weather
from bench.receiving import Receiver
from tests.far_end import until
from tests.test_aiortc_hooks import _restored  # noqa: F401 - a fixture

pytest_plugins = ("tests.browser",)

SIZE = (1280, 720)
NARROW = 400_000


async def film(track: CameraTrack) -> None:
    """Soft noise that wanders: it takes all bits that there are."""
    noise = np.random.default_rng(1).integers(0, 255, (180, 480, 3), np.uint8)
    large = noise.repeat(4, 0).repeat(4, 1)
    number = 0
    while True:
        left = number * 8 % 600
        track.offer(VideoFrame(np.ascontiguousarray(large[:, left : left + SIZE[0]]), 0.0))
        number += 1
        await asyncio.sleep(1 / 25)


@asynccontextmanager
async def call(
    browser: BrowserContext, weathers: list[Weather]
) -> AsyncIterator[tuple[Peer, Receiver, Relay]]:
    track = CameraTrack(dict.fromkeys(Picture, ""), *SIZE)
    track.transmit(Picture.LIVE, Zoom.NORMAL)
    far = Receiver(await browser.new_page())
    await far.page.evaluate(f"window.fullWidth = {SIZE[0]}")
    media = Media(track, MicrophoneTrack(), lambda _: None, adapt=track.adapt)
    async with task_group() as group, Peer.open(media, Route(loopback=True)) as peer:
        filming = group.create_task(film(track))
        offer = await peer.offer()
        answer = await far.answer(re.sub(r"a=candidate:[^\r\n]*\r\n", "", offer))
        relay = Relay(address_of(answer), weathers, 0.3)
        relaying = group.create_task(relay.run(lambda _: None))
        await peer.answer(through(relay.port, answer))
        await peer.connect(10)
        try:
            yield peer, far, relay
        finally:
            relaying.cancel()
            filming.cancel()
            track.stop()


async def test_chromium_reports_every_packet_and_sees_the_picture(browser: BrowserContext) -> None:
    use_fast_encoders()
    async with call(browser, [Weather(delay=0.02, loss=0.03)]) as (peer, far, _):
        governor = peer.governor
        await until(lambda: governor.congestion.detailed)
        await until(lambda: governor.resending.resent > 0)
        await far.page.wait_for_function("window.shown.length > 40")
        stats = await far.stats()

        assert stats["framesDecoded"] >= 40
        assert stats["keyFramesDecoded"] <= 2


async def test_on_a_link_that_shrinks_the_picture_goes_on_below_what_the_link_takes(
    browser: BrowserContext,
) -> None:
    use_fast_encoders()
    weathers = [Weather(delay=0.02), Weather(1.0, bps=NARROW, delay=0.02)]
    async with call(browser, weathers) as (peer, far, relay):
        governor = peer.governor
        await until(lambda: governor.congestion.rate > 2 * NARROW)
        relay.begin()
        await until(lambda: governor.congestion.rate < NARROW)
        before = len(await far.shown())
        await far.page.wait_for_function(f"window.shown.length > {before + 20}")
        newest = (await far.shown())[-1]

        assert governor.congestion.cuts > 0
        assert governor.congestion.queue < 0.3
        assert newest.width < SIZE[0]

"""What leaves the machine: the camera's picture only while it may, and never an old one."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import av
import cv2
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import VideoFrame
from agent.messages import Picture, Zoom
from agent.video.picture import to_i420
from agent.video.stabiliser import Stabiliser
from agent.video.track import CARD_PAUSE_S, CLOCK_RATE, STALE_S, CameraTrack
from tests import virtual_time

SIZE = (64, 36)
CARDS = {
    Picture.NOTHING: "ended",
    Picture.WAITING_CARD: "wait",
    Picture.PAUSE_CARD: "pause",
    Picture.ENDED_CARD: "ended",
}
MAY_SHOW_CAMERA = {Picture.LIVE, Picture.FROZEN}
COUNT = 8
"""Camera pictures that can be told apart after the conversion."""


def photo(number: int) -> VideoFrame:
    """A picture of pure blue with a brightness of its own; cards have no such colour."""
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[..., 0] = 255
    pixels[..., 1] = 16 * (number % COUNT)
    return VideoFrame(pixels, 0.0)


def seen(frame: av.VideoFrame) -> int | None:
    """The number of the camera picture in what was sent; None: a card."""
    planes = frame.to_ndarray()
    luma, blue = planes[: SIZE[1]].mean(), planes[SIZE[1] : SIZE[1] * 5 // 4].mean()
    if blue < 170:
        return None
    return min(range(COUNT), key=lambda number: abs(_luma(photo(number)) - luma))


def _luma(frame: VideoFrame) -> float:
    blue, green, _ = frame.pixels[0, 0]
    return float(16 + 0.098 * blue + 0.504 * green)


Test = Callable[[CameraTrack], Coroutine[Any, Any, None]]


def on_track(test: Test) -> None:
    """Run a test with a track, in virtual time."""

    async def run() -> None:
        track = CameraTrack(CARDS, *SIZE)
        try:
            await test(track)
        finally:
            track.stop()

    virtual_time.run(run())


STEPS = st.one_of(
    st.tuples(st.just("transmit"), st.sampled_from(Picture), st.sampled_from(Zoom)),
    st.tuples(st.just("transmit during a wait"), st.sampled_from(Picture), st.sampled_from(Zoom)),
    st.tuples(st.just("offer"), st.integers(0, COUNT - 1)),
    st.tuples(st.just("sleep"), st.floats(0, 3)),
    st.just(("receive",)),
)


@given(st.lists(STEPS, max_size=30))
def test_the_camera_leaves_only_while_it_may(steps: list[tuple[Any, ...]]) -> None:
    async def test(track: CameraTrack) -> None:
        allowed = Picture.NOTHING
        newest: tuple[int, float] | None = None
        frozen: int | None = None
        last_pts = -1
        loop = asyncio.get_running_loop()

        def transmit(picture: Picture, zoom: Zoom) -> None:
            nonlocal allowed, newest, frozen
            track.transmit(picture, zoom)
            if picture is Picture.FROZEN and allowed is not Picture.FROZEN:
                fresh = newest is not None and loop.time() - newest[1] <= STALE_S
                frozen = newest[0] if newest is not None and fresh else None
            if picture is not Picture.LIVE:
                newest = None
            allowed = picture

        async def receive() -> None:
            nonlocal last_pts
            frame = await track.recv()
            number = seen(frame)
            if number is not None:
                assert allowed in MAY_SHOW_CAMERA
            if allowed is Picture.FROZEN:
                assert number == frozen
            if allowed is Picture.LIVE and number is not None:
                assert newest is not None
                assert number == newest[0]
                assert loop.time() - newest[1] <= STALE_S
            assert frame.pts is not None
            assert frame.pts > last_pts
            last_pts = frame.pts

        for step in steps:
            match step:
                case "transmit", picture, zoom:
                    transmit(picture, zoom)
                case "transmit during a wait", picture, zoom:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(receive())
                        await asyncio.sleep(0)
                        transmit(picture, zoom)
                case "offer", number:
                    track.offer(photo(number))
                    if allowed is Picture.LIVE:
                        newest = number, loop.time()
                case "sleep", seconds:
                    await asyncio.sleep(seconds)
                case _:
                    await receive()

    on_track(test)


@pytest.mark.parametrize("picture", sorted(set(Picture) - MAY_SHOW_CAMERA, key=str))
def test_no_camera_picture_is_kept_while_a_card_is_shown(picture: Picture) -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        track.transmit(picture, Zoom.NORMAL)
        track.offer(photo(2))

        assert not any(isinstance(value, VideoFrame) for value in vars(track).values())

    on_track(test)


@pytest.mark.parametrize("picture", sorted(set(Picture) - {Picture.LIVE}, key=str))
def test_what_a_zoomed_view_follows_is_forgotten_with_the_live_picture(picture: Picture) -> None:
    def follows(track: CameraTrack) -> bool:
        return any(isinstance(value, Stabiliser) for value in vars(track).values())

    async def run() -> None:
        track = CameraTrack(CARDS, 320, 180, steady=True)
        for over in partial(track.transmit, picture, Zoom.DOUBLE), track.stop:
            track.transmit(Picture.LIVE, Zoom.DOUBLE)
            track.offer(photo(1))
            await track.recv()
            assert follows(track)
            over()
            assert not follows(track)

    virtual_time.run(run())


@pytest.mark.parametrize("picture", sorted(set(Picture) - {Picture.FROZEN}, key=str))
def test_a_frozen_picture_is_forgotten_when_it_is_over(picture: Picture) -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        track.transmit(Picture.FROZEN, Zoom.NORMAL)
        track.transmit(picture, Zoom.NORMAL)

        assert not any(isinstance(value, VideoFrame) for value in vars(track).values())

    on_track(test)


def test_a_stopped_track_keeps_no_picture_and_sends_none() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        track.stop()

        assert not any(isinstance(value, VideoFrame) for value in vars(track).values())
        with pytest.raises(MediaStreamError):
            await track.recv()

    on_track(test)


def test_a_track_that_is_stopped_while_the_sender_waits_sends_nothing() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0.05)
        track.offer(photo(1))
        track.stop()

        with pytest.raises(MediaStreamError):
            await waiting

    on_track(test)


def test_the_newest_picture_is_sent_and_each_only_once() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        for number in (1, 2, 3):
            track.offer(photo(number))

        assert seen(await track.recv()) == 3
        assert seen(await track.recv()) is None
        assert (track.live, track.cards) == (1, 1)

    on_track(test)


def test_a_camera_that_stops_gives_way_to_the_waiting_card_after_a_second() -> None:
    async def test(track: CameraTrack) -> None:
        loop = asyncio.get_running_loop()
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        await track.recv()
        stopped = loop.time()

        assert seen(await track.recv()) is None
        assert loop.time() - stopped == pytest.approx(STALE_S, abs=0.01)
        assert seen(await track.recv()) is None
        assert loop.time() - stopped == pytest.approx(STALE_S + CARD_PAUSE_S, abs=0.01)

    on_track(test)


def test_a_picture_that_waited_too_long_for_the_sender_is_not_sent() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        await asyncio.sleep(STALE_S + 0.1)

        assert seen(await track.recv()) is None

    on_track(test)


def test_freezing_a_camera_that_has_stopped_shows_the_card() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        await asyncio.sleep(STALE_S + 0.1)
        track.transmit(Picture.FROZEN, Zoom.NORMAL)

        assert seen(await track.recv()) is None

    on_track(test)


def test_a_frozen_picture_stays_and_follows_the_zoom() -> None:
    async def test(track: CameraTrack) -> None:
        frame = photo(1)
        frame.pixels[:5] = 0  # Black at the top: zooming leaves it out.
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(frame)
        track.transmit(Picture.FROZEN, Zoom.NORMAL)
        track.offer(photo(5))
        whole = (await track.recv()).to_ndarray()[: SIZE[1]]
        track.transmit(Picture.FROZEN, Zoom.DOUBLE)
        middle = (await track.recv()).to_ndarray()[: SIZE[1]]

        assert whole[:4].max() < 30
        assert middle[:4].min() > 30

    on_track(test)


def test_cards_come_five_times_a_second_with_true_timestamps() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.PAUSE_CARD, Zoom.NORMAL)
        stamps = [(await track.recv()).pts or 0 for _ in range(11)]

        assert (stamps[-1] - stamps[0]) / CLOCK_RATE == pytest.approx(10 * CARD_PAUSE_S, abs=0.01)

    on_track(test)


def test_a_new_track_shows_the_ended_card() -> None:
    async def test(track: CameraTrack) -> None:
        new = (await track.recv()).to_ndarray()
        track.transmit(Picture.ENDED_CARD, Zoom.NORMAL)

        assert np.array_equal(new, (await track.recv()).to_ndarray())

    on_track(test)


def test_the_track_tells_what_leaves_live_and_nothing_else() -> None:
    async def test(track: CameraTrack) -> None:
        async def pictures(count: int, pause: float) -> None:
            for number in range(count):
                track.offer(photo(number))
                await track.recv()
                await asyncio.sleep(pause)

        assert track.sent_live is None
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        await pictures(40, 1 / 20)
        assert track.sent_live is not None
        assert (track.sent_live.width, track.sent_live.height) == SIZE
        assert track.sent_live.rate == pytest.approx(20, abs=0.5)
        track.adapt(1)
        assert track.bitrate == 1
        await pictures(40, 1 / 20)
        assert track.sent_live.width == SIZE[0] // 4
        assert track.sent_live.rate == pytest.approx(12, abs=1.5), "the lowest rung has 12 a second"
        await asyncio.sleep(STALE_S + 0.1)
        assert track.sent_live is None, "the camera has stopped"
        await pictures(5, 1 / 20)
        track.transmit(Picture.PAUSE_CARD, Zoom.NORMAL)
        assert track.sent_live is None
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        await pictures(1, 0)
        assert track.sent_live is None, "what was before the pause does not count"

    on_track(test)


def test_every_card_needs_its_text() -> None:
    async def test(_: CameraTrack) -> None:
        with pytest.raises(KeyError):
            CameraTrack({Picture.PAUSE_CARD: "pause"}, *SIZE)

    on_track(test)


def test_fewer_bits_make_pictures_more_seldom_then_smaller_and_cards_small_too() -> None:
    async def test(track: CameraTrack) -> None:
        track.transmit(Picture.LIVE, Zoom.NORMAL)

        async def pictures(seconds: float) -> list[av.VideoFrame]:
            received: list[av.VideoFrame] = []
            end = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < end:
                track.offer(photo(len(received)))
                received.append(await track.recv())
                await asyncio.sleep(1 / 60)
            return received

        many = await pictures(2)
        track.adapt(1)
        few = await pictures(2)
        track.transmit(Picture.PAUSE_CARD, Zoom.NORMAL)
        pause = await track.recv()
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(photo(1))
        track.transmit(Picture.FROZEN, Zoom.NORMAL)
        still = await track.recv()

        assert len(few) < len(many) / 2
        assert {frame.width for frame in many} == {SIZE[0]}
        assert {frame.width for frame in few} == {SIZE[0] // 4}
        assert pause.width == SIZE[0] // 4
        assert still.width == SIZE[0], "a still has time"

    on_track(test)


@pytest.mark.parametrize("height", [2, 36, 38, 90, 270, 272])
def test_every_even_height_keeps_its_colours(height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, 64, 3), dtype=np.uint8)

    async def run() -> None:
        track = CameraTrack(CARDS, 64, height)
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        track.offer(VideoFrame(pixels, 0.0))
        sent = await track.recv()
        track.stop()

        expected = av.VideoFrame.from_ndarray(to_i420(pixels), format="yuv420p")
        assert np.array_equal(sent.to_ndarray(), expected.to_ndarray())

    virtual_time.run(run())


def test_a_zoomed_view_follows_the_motif_and_a_still_of_it_stays_where_it_was() -> None:
    random = np.random.default_rng(0)
    blots = cv2.GaussianBlur(random.normal(0, 1, (360, 800)).astype(np.float32), (0, 0), 4)
    grey = np.clip(128 + 40 * blots / blots.std(), 0, 255).astype(np.uint8)
    surface = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)

    def at(place: int) -> VideoFrame:
        return VideoFrame(np.ascontiguousarray(surface[:, 80 - place : 720 - place]), 0.0)

    async def sent(track: CameraTrack, place: int) -> Any:
        track.offer(at(place))
        luma = (await track.recv()).to_ndarray()[:180]
        await asyncio.sleep(1 / 30)
        return luma

    async def run(steady: bool) -> tuple[float, float, float]:
        track = CameraTrack(CARDS, 320, 180, steady=steady)
        track.transmit(Picture.LIVE, Zoom.DOUBLE)
        first, *_, last = [await sent(track, place) for place in range(0, 12, 2)]
        track.transmit(Picture.FROZEN, Zoom.DOUBLE)
        still = (await track.recv()).to_ndarray()[:180]
        track.transmit(Picture.LIVE, Zoom.NORMAL)
        whole = await sent(track, 0)
        track.transmit(Picture.LIVE, Zoom.DOUBLE)
        again = await sent(track, 0)
        track.stop()
        assert np.array_equal(again, first), "a new zoom begins in the middle"
        assert whole.shape == again.shape
        return unlike(first, last), unlike(last, still), unlike(first, again)

    def unlike(one: Any, other: Any) -> float:
        return float(np.abs(one.astype(int) - other).mean())

    loose, steady = virtual_time.run(run(steady=False)), virtual_time.run(run(steady=True))

    assert steady[0] < loose[0] / 2
    assert steady[1] == loose[1] == 0

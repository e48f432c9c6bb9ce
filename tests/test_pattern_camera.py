"""The drawn scene: it moves, its light can fail and recover, and it can be pulled out."""

import asyncio
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest

from agent.faults import Fault, PartError
from agent.frames import Pixels, VideoFrame
from agent.video.backends.pattern import PatternCamera, Scene
from agent.video.lighting import read_light

RATE = 25


def film(scene: Scene, seconds: float) -> list[Pixels]:
    return [scene.draw(number / RATE) for number in range(int(seconds * RATE))]


def scene(seed: int = 0) -> Scene:
    return Scene(320, 180, seed)


async def exhaust(frames: AsyncIterator[VideoFrame]) -> None:
    async with asyncio.timeout(5):
        async for _ in frames:
            pass


def test_equal_seeds_draw_equal_pictures_and_other_seeds_do_not() -> None:
    ours, same, other = film(scene(), 1)[-1], film(scene(), 1)[-1], film(scene(seed=1), 1)[-1]

    assert np.array_equal(ours, same)
    assert not np.array_equal(ours, other)


def test_the_scene_moves() -> None:
    first, *_, last = (cv2.blur(picture, (5, 5)) for picture in film(scene(), 2))

    assert np.abs(first.astype(int) - last).max() > 40


def test_the_light_fails_softly_within_a_second_and_comes_back() -> None:
    lamp = scene()
    lit = read_light(film(lamp, 1)[-1])
    lamp.wanted_stops = -4.0
    falling = [read_light(lamp.draw(1 + n / RATE)).anchor_stops for n in range(RATE + 1)]
    lamp.wanted_stops = 0.0
    back = [read_light(lamp.draw(2 + n / RATE)) for n in range(RATE + 1)][-1]

    assert falling[-1] == pytest.approx(lit.anchor_stops - 4, abs=0.4)
    assert max(np.abs(np.diff(falling))) < 0.6
    assert back.anchor_stops == pytest.approx(lit.anchor_stops, abs=0.1)


def test_too_much_light_takes_the_detail_away() -> None:
    lamp = scene()
    assert read_light(film(lamp, 1)[-1]).near_white < 0.01

    lamp.wanted_stops = 2.0

    assert read_light([lamp.draw(1 + n / RATE) for n in range(RATE)][-1]).near_white > 0.2


async def test_a_camera_that_is_pulled_out_is_lost_and_then_missing() -> None:
    camera = PatternCamera(width=320, height=180)
    async with camera.open() as frames:
        await anext(frames)
        camera.vanish()
        with pytest.raises(PartError) as lost:
            await exhaust(frames)
    with pytest.raises(PartError) as missing:
        await camera.open().__aenter__()

    assert lost.value.fault is Fault.CAMERA_LOST
    assert missing.value.fault is Fault.CAMERA_MISSING


async def test_the_lamp_can_be_turned_while_it_films() -> None:
    camera = PatternCamera(width=320, height=180)
    async with camera.open() as frames, asyncio.timeout(10):
        before = read_light((await anext(frames)).pixels).anchor_stops
        camera.set_light(-4)
        while read_light((await anext(frames)).pixels).anchor_stops > before - 3:
            pass

"""What every camera promises, whatever is behind it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.frames import Pixels
from agent.video.backends.opencv import OpenCvCamera
from agent.video.backends.pattern import PatternCamera
from agent.video.base import Camera

LIMIT_S = 10.0
SIZE = (160, 120)


class LoopedFilm:
    """A real cv2.VideoCapture of a file that begins again at its end, at about 50 pictures/s."""

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path))
        self._pace = threading.Event()

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self._capture.isOpened()

    def read(self) -> tuple[bool, Pixels | None]:
        self._pace.wait(0.02)
        good, pixels = self._capture.read()
        if not good:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            good, pixels = self._capture.read()
        return good, np.asarray(pixels, np.uint8)

    def get(self, prop: int, /) -> float:
        return 0.0

    def set(self, prop: int, value: float, /) -> bool:
        return False

    def release(self) -> None:
        self._capture.release()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, SIZE)
    for number in range(20):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 10 * number, np.uint8))
    writer.release()
    return path


@pytest.fixture(params=["pattern", "opencv"])
def make(request: pytest.FixtureRequest, film: Path) -> Iterator[Callable[[], Camera]]:
    if request.param == "pattern":
        yield lambda: PatternCamera(width=SIZE[0], height=SIZE[1], rate=50)
    else:
        yield lambda: OpenCvCamera(opener=lambda: LoopedFilm(film))


async def test_frames_have_the_promised_shape_and_rising_times(make: Callable[[], Camera]) -> None:
    async with asyncio.timeout(LIMIT_S), make().open() as frames:
        seen = [await anext(frames) for _ in range(5)]

    for frame in seen:
        assert frame.pixels.shape == (SIZE[1], SIZE[0], 3)
        assert frame.pixels.dtype == np.uint8
    assert all(one.at < next_one.at for one, next_one in pairwise(seen))


async def test_a_slow_reader_sees_the_newest_picture(make: Callable[[], Camera]) -> None:
    async with asyncio.timeout(LIMIT_S), make().open() as frames:
        first = await anext(frames)
        await asyncio.sleep(0.5)  # The slow reader.
        second = await anext(frames)

    assert second.at - first.at > 0.25


async def test_frames_are_never_written_to_after_they_were_handed_over(
    make: Callable[[], Camera],
) -> None:
    async with asyncio.timeout(LIMIT_S), make().open() as frames:
        frame = await anext(frames)
        copy = frame.pixels.copy()
        for _ in range(3):
            await anext(frames)

    assert np.array_equal(frame.pixels, copy)


async def test_leaving_ends_the_thread_and_it_can_be_opened_again(
    make: Callable[[], Camera],
) -> None:
    camera = make()
    for _ in range(2):
        async with asyncio.timeout(LIMIT_S), camera.open() as frames:
            await anext(frames)
            assert any(thread.name == "camera" for thread in threading.enumerate())
        for thread in threading.enumerate():
            if thread.name == "camera":
                thread.join(LIMIT_S)
        assert not any(thread.name == "camera" for thread in threading.enumerate())


async def test_leaving_without_reading_a_picture_is_fine(make: Callable[[], Camera]) -> None:
    async with asyncio.timeout(LIMIT_S), make().open():
        pass

"""Cameras through OpenCV: any UVC camera on Linux, Windows or macOS.

Tried with video files and with fakes that hang and vanish; no real camera exists where this was
built. Reading can hang for ever (OpenCV issues 4468, 22677) or report success after the camera was
pulled out (14044), so it happens in a daemon thread, freshness is judged by the pixels as well,
and a thread that does not end is abandoned and counted.

Linux tells the cameras' names. On Windows and macOS OpenCV does not: there a camera's name is its
number, «0» for the first.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from agent.faults import Fault, PartError
from agent.frames import Pixels, VideoFrame
from agent.mailbox import Mailbox
from agent.video.backends.filming import filming

OPENING_LIMIT_S = 10.0
"""From opening to the first picture; Windows can take several seconds."""

SILENCE_LIMIT_S = 2.0
"""No picture for so long: the driver hangs."""

FROZEN_LIMIT_S = 5.0
"""A sensor is never without noise: pixels that stay the same for so long are an old picture."""

MOST_CAMERAS = 5
SYSFS = Path("/sys/class/video4linux")


class Source(Protocol):
    """What we use of cv2.VideoCapture."""

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        """Whether there is a camera behind it."""
        ...

    def read(self) -> tuple[bool, Pixels | None]:
        """The next picture; may block for ever."""
        ...

    def set(self, prop: int, value: float, /) -> bool:
        """Ask for a format, size or rate."""
        ...

    def release(self) -> None:
        """Free the device."""
        ...


Opener = Callable[[], Source]


class OpenCvCamera:
    """A Camera on this machine."""

    def __init__(
        self,
        names: Sequence[str] = (),
        width: int = 1280,
        height: int = 720,
        rate: int = 30,
        opener: Opener | None = None,
    ) -> None:
        """names: parts of the camera's name in order of preference; empty takes the first camera.
        width, height: pixels, rate: pictures a second, as near as the camera has them.
        opener: for tests; opens a source in place of one of this machine's cameras.
        """
        self._wanted = width, height, rate
        self._opener = opener or partial(_open_named, names)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[VideoFrame]]:
        """See `Camera`. The iterator raises PartError (CAMERA_MISSING, CAMERA_LOST)."""
        async with filming(self._film) as frames, aclosing(_watched(frames)) as watched:
            yield watched

    def _film(self, frames: Mailbox[VideoFrame], closing: threading.Event) -> None:
        """The camera's thread: find, open, read until told to stop, release."""
        try:
            source = self._opener()
            try:
                if not source.isOpened():
                    raise _missing(_cameras())
                _ask_for(source, *self._wanted)
                _read(source, frames, closing)
            finally:
                source.release()
        except PartError as error:
            frames.close(error)
        except Exception as error:  # noqa: BLE001  # a back-end's edge: any fault of the driver
            frames.close(PartError(Fault.CAMERA_LOST, detail=type(error).__name__))


async def _watched(frames: AsyncIterator[VideoFrame]) -> AsyncGenerator[VideoFrame, None]:
    limit = OPENING_LIMIT_S
    while True:
        try:
            async with asyncio.timeout(limit):
                frame = await anext(frames)
        except TimeoutError as error:
            raise PartError(Fault.CAMERA_LOST) from error
        yield frame
        limit = SILENCE_LIMIT_S


def _read(source: Source, frames: Mailbox[VideoFrame], closing: threading.Event) -> None:
    """Raises PartError(CAMERA_LOST) when the source ends or its pixels do not change any more."""
    last, changed_at = None, time.monotonic()
    while not closing.is_set():
        good, pixels = source.read()
        now = time.monotonic()
        if not good or pixels is None:
            raise PartError(Fault.CAMERA_LOST)
        sample = pixels[::16, ::16]
        if last is None or not np.array_equal(sample, last):
            last, changed_at = sample.copy(), now
        elif now - changed_at > FROZEN_LIMIT_S:
            raise PartError(Fault.CAMERA_LOST)
        frames.put(VideoFrame(pixels, now))


def _open_named(names: Sequence[str]) -> Source:
    return _open_device(_choose(names))


def _open_device(index: int) -> Source:
    # The platform's own interface: the generic one tries several, slowly.
    interface = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
    capture: Source = cv2.VideoCapture(index, interface.get(sys.platform, cv2.CAP_ANY))  # type: ignore[assignment]
    return capture


def _ask_for(source: Source, width: int, height: int, rate: int) -> None:
    """MJPEG first: uncompressed 720p goes through USB 2 at no more than 10 pictures a second."""
    source.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    source.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    source.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    source.set(cv2.CAP_PROP_FPS, rate)
    source.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def list_cameras() -> list[str]:
    """The cameras by name; by number where the system tells no names (Windows, macOS)."""
    return [name for _, name in _cameras()]


def _choose(names: Sequence[str]) -> int:
    cameras = _cameras()
    for wanted in names:
        for index, name in cameras:
            if wanted.casefold() in name.casefold():
                return index
    if names or not cameras:
        raise _missing(cameras)
    return cameras[0][0]


def _missing(cameras: Sequence[tuple[int, str]]) -> PartError:
    """With what there is instead."""
    return PartError(Fault.CAMERA_MISSING, detail=", ".join(name for _, name in cameras) or "–")


def _cameras() -> list[tuple[int, str]]:
    if sys.platform == "linux":
        return _linux_cameras()
    return [(index, str(index)) for index in range(MOST_CAMERAS) if _exists(index)]


def _linux_cameras() -> list[tuple[int, str]]:
    """From sysfs. A UVC camera has a second node for its metadata, which is no camera."""
    found = []
    for node in sorted(SYSFS.glob("video*"), key=lambda path: int(path.name[5:] or 0)):
        with contextlib.suppress(OSError, ValueError):
            if (node / "index").read_text().strip() == "0":
                found.append((int(node.name[5:]), (node / "name").read_text().strip()))
    return found


def _exists(index: int) -> bool:
    capture = _open_device(index)
    try:
        return capture.isOpened()
    finally:
        capture.release()

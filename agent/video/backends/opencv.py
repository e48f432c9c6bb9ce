"""Cameras through OpenCV: any UVC camera on Linux, Windows or macOS.

Tried with video files and with fakes that hang and vanish; no real camera exists where this was
built. Reading can hang for ever (OpenCV issues 4468, 22677) or report success after the camera was
pulled out (14044), so it happens in a daemon thread, freshness is judged by the pixels as well,
and a thread that does not end is abandoned and counted.
"""

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, nullcontext

import cv2

from agent.faults import Fault, PartError
from agent.frames import Told, VideoFrame
from agent.mailbox import Mailbox
from agent.messages import Ability
from agent.video.backends.controls import Controls, Settled, wanted
from agent.video.backends.filming import filming
from agent.video.backends.opencv_controls import opencv_controls
from agent.video.backends.opencv_devices import (
    FoundCamera,
    choose,
    find_cameras,
    interface,
    missing,
)
from agent.video.backends.opencv_format import agree
from agent.video.backends.opencv_source import Source
from agent.video.backends.v4l2 import v4l2_controls
from agent.video.soundness import Freshness, mended

OPENING_LIMIT_S = 10.0
"""From opening to the first picture; Windows can take several seconds."""

SILENCE_LIMIT_S = 2.0
"""No picture for so long: the driver hangs."""

MOST_BAD = 10
"""Pictures in a row that are none: a cable that crackles loses a few, an absent camera all."""

BAD_PAUSE_S = 0.03
"""After one of them; a driver without a camera answers at once."""

TOLD_EVERY_S = 1.0
"""So often the camera is asked for its exposure."""

Opener = Callable[[], Source]
WithControls = Callable[[Source], AbstractContextManager[Controls | None]]


class OpenCvCamera:
    """A Camera on this machine."""

    def __init__(
        self,
        names: Sequence[str] = (),
        width: int = 1280,
        height: int = 720,
        rate: int = 30,
        mains_hz: int = 50,
        focus: int | None = None,
        white_balance_k: int | None = None,
        opener: Opener | None = None,
        controls: WithControls = lambda _source: nullcontext(),
    ) -> None:
        """names: parts of the camera's name in order of preference; empty takes the first camera.
        width, height: pixels, rate: pictures a second, as near as the camera has them.
        mains_hz, focus, white_balance_k: see `controls.wanted`.
        opener, controls: for tests; in place of one of this machine's cameras.
        """
        self._wanted = width, height, rate
        self._written = wanted(mains_hz, focus, white_balance_k)
        local = _Local(names)
        self._opener = opener or local.open
        self._controls = controls if opener else local.controls
        self._asked: deque[Callable[[Settled], None]] = deque(maxlen=4)
        self.abilities: frozenset[Ability] = frozenset()
        """See `Camera`."""

    def adjust(self) -> None:
        """See `Camera`."""
        self._asked.append(Settled.adjust)

    def lamp(self, on: bool) -> None:
        """See `Camera`."""
        self._asked.append(lambda settled: settled.lamp(on))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[VideoFrame]]:
        """See `Camera`. The iterator raises PartError (CAMERA_MISSING, CAMERA_LOST)."""
        async with filming(self._film) as frames, aclosing(_watched(frames)) as watched:
            yield watched

    def _film(self, frames: Mailbox[VideoFrame], closing: threading.Event) -> None:
        """The camera's thread: find, open, read until told to stop, put back, release."""
        try:
            source = self._opener()
            try:
                if not source.isOpened():
                    raise missing(find_cameras())
                agree(source, *self._wanted)
                with self._controls(source) as controls:
                    self._read(source, controls, frames, closing)
            finally:
                source.release()
        except PartError as error:
            frames.close(error)
        except Exception as error:  # noqa: BLE001  # a back-end's edge: any fault of the driver
            frames.close(PartError(Fault.CAMERA_LOST, detail=type(error).__name__))

    def _read(
        self,
        source: Source,
        controls: Controls | None,
        frames: Mailbox[VideoFrame],
        closing: threading.Event,
    ) -> None:
        if controls is None:
            self.abilities = frozenset()
            _read(source, lambda _now: None, frames, closing)
            return
        settled = Settled(controls, self._written)
        self._asked.clear()  # What was asked of an earlier camera.
        settled.begin()
        self.abilities = _abilities(settled)
        told, told_at = controls.told(), time.monotonic()

        def attend(now: float) -> Told | None:
            nonlocal told, told_at
            while self._asked:
                self._asked.popleft()(settled)
            if now - told_at >= TOLD_EVERY_S:
                told, told_at = controls.told(), now
            return told

        try:
            _read(source, attend, frames, closing)
        finally:
            settled.end()


def _abilities(settled: Settled) -> frozenset[Ability]:
    can = {Ability.LAMP: settled.has_lamp, Ability.ADJUST: settled.adjusts}
    return frozenset(ability for ability, has in can.items() if has)


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


def _read(
    source: Source,
    attend: Callable[[float], Told | None],
    frames: Mailbox[VideoFrame],
    closing: threading.Event,
) -> None:
    """Raises PartError(CAMERA_LOST) when the source ends or its pixels do not change any more."""
    freshness, bad = Freshness(), 0
    while not closing.is_set():
        good, raw = source.read()
        now = time.monotonic()
        pixels = mended(raw) if good else None
        if pixels is None:
            bad += 1
            if bad > MOST_BAD:
                raise PartError(Fault.CAMERA_LOST)
            closing.wait(BAD_PAUSE_S)
            continue
        bad = 0
        if freshness.frozen(pixels, now):
            raise PartError(Fault.CAMERA_LOST)
        frames.put(VideoFrame(pixels, now, attend(now)))


class _Local:
    """The camera of this machine that is chosen by name, each time anew: it may be replugged."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._found = FoundCamera(0, "")

    def open(self) -> Source:
        self._found = choose(self._names)
        return _open_device(self._found.index)

    def controls(self, source: Source) -> AbstractContextManager[Controls | None]:
        if sys.platform == "linux":
            return v4l2_controls(self._found.index, self._found.id)
        return nullcontext(opencv_controls(source, self._found.id, sys.platform))


def _open_device(index: int) -> Source:
    capture: Source = cv2.VideoCapture(index, interface())  # type: ignore[assignment]
    return capture


def list_cameras() -> list[str]:
    """The cameras by name."""
    return [one.name for one in find_cameras()]

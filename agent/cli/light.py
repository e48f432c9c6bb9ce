"""`hodekamera check --light`: what a camera's exposure means, by a white sheet and a lux meter.

First it is seen whether the camera tells anything that can be believed: what it tells has to move
when the lens is covered. Then the sheet is held into two lights, and the meter's figures are typed.
"""

import asyncio
import math
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from agent.frames import Told, VideoFrame
from agent.video.base import Camera
from agent.video.lighting import read_light
from agent.video.lighting.exposure import Calibration, Sheet, calibrated, lux

Words = Mapping[str, str]
Write = Callable[[str], None]

SETTLE_S = 3.0
"""So long the camera gets to adapt,"""
LOOK_S = 1.5
"""and so long it is then looked at."""

SIGNS = 0.3
"""Stops of exposure, or one step of gain, by which what is told has to move."""

LUX = {"bright": (150.0, 20000.0), "dim": (5.0, 120.0)}
"""The light that each sheet is held into."""

CLIPPED_STOPS = 0.1
"""A sheet as bright as this has lost its detail."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where it is led from."""

    words: Words
    """`config/pages/light.yaml`."""
    write: Write
    ask: Callable[[str], str]
    """Puts a question and waits for a line, as `input`. Raises EOFError at the end."""


async def check_light(
    camera: Camera, terminal: Terminal, keep: Callable[[str, Calibration], object]
) -> int:
    """Lead through it; exit status 1: nothing was kept. Raises PartError (the camera's)."""
    words, write = terminal.words, terminal.write
    write(words["intro"])
    try:
        with _interruptible():
            async with camera.open() as frames:
                await anext(frames)  # Whether there is a camera is told before anything is asked.
                return await _Guide(frames, terminal).lead(keep)
    except EOFError:
        write(words["stopped"])
        return 1


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl+C ends a question that waits: asyncio's own handler would wait for Enter first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Guide:
    def __init__(self, frames: AsyncIterator[VideoFrame], terminal: Terminal) -> None:
        self._frames = frames
        self._terminal = terminal
        self._words, self._write = terminal.words, terminal.write

    async def lead(self, keep: Callable[[str, Calibration], object]) -> int:
        if not await self._is_believable():
            return 1
        sheets = [await self._sheet("bright"), await self._sheet("dim")]
        bright, dim = sheets
        calibration = calibrated(bright, dim) if bright and dim else None
        if bright is None or dim is None or calibration is None:
            self._write(self._words["contradiction"])
            return 1
        keep(bright.told.camera, calibration)
        light = lux(calibration.light_stops(dim.anchor_stops, dim.told))
        shown = {"camera": bright.told.camera, "lux": round(light)}
        self._write(self._words["kept"].format(**shown))
        return 0

    def _ask(self, question: str) -> str:
        return self._terminal.ask(f"{question} ")

    async def _is_believable(self) -> bool:
        self._ask(self._words["cover"])
        covered = await self._look()
        self._ask(self._words["uncover"])
        open_ = await self._look()
        if covered is None or open_ is None:
            self._write(self._words["tells_nothing"])
            return False
        if not _moved(covered.told, open_.told):
            self._write(self._words["stands_still"])
            return False
        self._write(self._words["believable"])
        return True

    async def _sheet(self, which: str) -> Sheet | None:
        """A sheet at a light that is typed; asked again until the two can be used."""
        least, most = LUX[which]
        limits = {"least": round(least), "most": round(most)}
        question = self._words[f"sheet_{which}"].format(**limits)
        while True:
            measured = _number(self._ask(question))
            if measured is None or not least <= measured <= most:
                self._write(self._words["not_lux"].format(**limits))
                continue
            seen = await self._look()
            if seen is not None and seen.anchor_stops >= CLIPPED_STOPS:
                self._write(self._words["clipped"])
                continue
            return seen and replace(seen, lux=measured)

    async def _look(self) -> Sheet | None:
        """What the camera shows and tells after it has adapted; the lux are not known yet."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        anchors: list[float] = []
        told: Told | None = None
        async for frame in self._frames:
            passed = loop.time() - begin
            if passed >= SETTLE_S:
                anchors.append(read_light(frame.pixels).anchor_stops)
                told = frame.told
            if passed >= SETTLE_S + LOOK_S:
                break
        return Sheet(0.0, median(anchors), told) if told and anchors else None


def _moved(covered: Told, uncovered: Told) -> bool:
    stops = abs(math.log2(covered.exposure_s / uncovered.exposure_s))
    return stops >= SIGNS or abs(covered.gain - uncovered.gain) >= 1


def _number(text: str) -> float | None:
    """As Norwegians write it, with or without «lux»."""
    digits = text.casefold().replace("lux", "").replace("lx", "").replace(",", ".")
    try:
        return float(digits.replace(" ", ""))
    except ValueError:
        return None

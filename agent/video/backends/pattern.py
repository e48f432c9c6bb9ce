"""A drawn, moving scene in place of a camera: a leg, a dressing and a gloved hand on a sheet.

For the demonstration and for tests. It is recognisably a drawing, shows no wound, and its light
can fail and recover.
"""

import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import cv2
import numpy as np

from agent.faults import Fault, PartError
from agent.frames import Pixels, VideoFrame
from agent.mailbox import Mailbox
from agent.messages import Ability
from agent.video.backends.drawing import gloved_hand, still_life
from agent.video.backends.filming import filming

RAMP_STOPS_PER_S = 6.0
"""How fast the lamp changes."""

MARGIN = 48
"""Pixels around what is shown, for the movement of the head."""


class PatternCamera:
    """A Camera without a device. Deterministic but for the clock."""

    def __init__(
        self,
        names: Sequence[str] = (),
        width: int = 960,
        height: int = 540,
        rate: int = 25,
        seed: int = 0,
    ) -> None:
        """names: ignored; there is only this one. width, height: pixels. rate: pictures a second.
        seed: equal seeds draw the same scene.
        """
        self._scene = Scene(width, height, seed)
        self._rate = rate
        self._gone = threading.Event()
        self.abilities: frozenset[Ability] = frozenset()
        """See `Camera`."""

    def set_light(self, stops: float) -> None:
        """The lamp: 0 well lit, -4 dark, +2 far too bright. Reached within about a second."""
        self._scene.wanted_stops = stops

    def adjust(self) -> None:
        """See `Camera`. There is nothing to adjust."""

    def lamp(self, on: bool) -> None:
        """See `Camera`. There is none."""

    def vanish(self) -> None:
        """The camera is pulled out."""
        self._gone.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[VideoFrame]]:
        """See `Camera`. Raises PartError(CAMERA_MISSING) after `vanish`."""
        if self._gone.is_set():
            raise PartError(Fault.CAMERA_MISSING)
        async with filming(self._film) as frames:
            yield frames

    def _film(self, frames: Mailbox[VideoFrame], closing: threading.Event) -> None:
        begin = time.monotonic()
        number = 0
        while not closing.is_set():
            if self._gone.is_set():
                frames.close(PartError(Fault.CAMERA_LOST))
                return
            now = time.monotonic()
            frames.put(VideoFrame(self._scene.draw(now - begin), now))
            number = max(number + 1, int((time.monotonic() - begin) * self._rate))
            closing.wait(max(0.0, begin + number / self._rate - time.monotonic()))


class Scene:
    """Draws picture after picture; the costly parts are drawn once."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.wanted_stops = 0.0
        self._stops = 0.0
        self._at = 0.0
        self._size = width, height
        generator = np.random.default_rng(seed)
        self._canvas = still_life(width + 2 * MARGIN, height + 2 * MARGIN, generator)
        self._hand, self._hand_mask = gloved_hand(height // 2)
        noise = generator.normal(0, 2.0, (height + 64, width + 64, 1))
        self._noise = np.repeat(np.clip(noise, -8, 8), 3, axis=2).astype(np.int16)
        self._generator = generator

    def draw(self, at: float) -> Pixels:
        """The picture `at` seconds after the beginning."""
        self._adapt(at)
        width, height = self._size
        x = MARGIN + 14 * np.sin(at * 0.9) + 4 * np.sin(at * 3.1)
        y = MARGIN + 10 * np.sin(at * 0.7 + 1) + 3 * np.sin(at * 2.7)
        left, top = int(x), int(y)
        pixels = self._canvas[top : top + height, left : left + width].copy()
        self._lay_hand(pixels, at)
        lit = np.take(_curve(round(self._stops, 2)), pixels)
        return self._with_noise(lit)

    def _adapt(self, at: float) -> None:
        step = RAMP_STOPS_PER_S * max(0.0, at - self._at)
        self._at = at
        self._stops += float(np.clip(self.wanted_stops - self._stops, -step, step))

    def _lay_hand(self, pixels: Pixels, at: float) -> None:
        """The gloved hand comes from the right and works at the dressing's edge."""
        height, width = self._hand.shape[:2]
        left = int(self._size[0] * (0.60 + 0.05 * np.sin(at * 0.8)))
        top = int(self._size[1] * (0.42 + 0.06 * np.sin(at * 1.3)))
        width = min(width, self._size[0] - left)
        height = min(height, self._size[1] - top)
        if width > 0 and height > 0:
            part = pixels[top : top + height, left : left + width]
            cv2.copyTo(self._hand[:height, :width], self._hand_mask[:height, :width], part)

    def _with_noise(self, pixels: Pixels) -> Pixels:
        width, height = self._size
        top, left = self._generator.integers(0, 64, 2)
        noise = self._noise[top : top + height, left : left + width]
        if self._stops < -1:
            noise = noise * 2  # A camera turns its gain up in the dark.
        return np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U), np.uint8)


def _curve(stops: float) -> Pixels:
    """What a change of light by so many stops does to sRGB values, as a table of 256."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    lit = np.clip(linear * 2.0**stops, 0, 1)
    coded = np.where(lit <= 0.0031308, lit * 12.92, 1.055 * lit ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(coded * 255), np.uint8)

"""PURE: blocks of sound in a device's own format <-> 16 kHz mono."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.ear import Ear
from agent.voice.resample import Resampler


@dataclass(frozen=True, slots=True)
class Format:
    """What a device was found to accept, as 16-bit samples."""

    device: int
    """PortAudio's index."""
    rate: int
    channels: int


class Cutter:
    """Blocks in a device's format -> frames; what is lost before it is lost after it."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._resampler = Resampler(form.rate, SAMPLE_RATE, "MQ")
        self._expected = 0
        """The device's sample that comes next if nothing is lost."""
        self._start = 0
        """The index, at 16 kHz, of the first sample in `_rest`."""
        self._rest: Samples = np.zeros(0, np.int16)

    def feed(self, start: int, block: bytes) -> None:
        """start: the block's first sample, counted at the device's rate; block: 16-bit PCM."""
        samples = np.frombuffer(block, np.int16)[:: self._form.channels]
        if start != self._expected:
            self._resampler.clear()
            self._rest = self._rest[:0]
            self._start = start * SAMPLE_RATE // self._form.rate
        self._expected = start + len(samples)
        ready = self._resampler.feed(np.ascontiguousarray(samples))
        self._rest = np.concatenate([self._rest, ready])

    def next(self) -> AudioFrame | None:
        """The next frame that is complete; None: feed more."""
        if len(self._rest) < FRAME_SAMPLES:
            return None
        frame = AudioFrame(self._rest[:FRAME_SAMPLES], self._start)
        self._rest = self._rest[FRAME_SAMPLES:]
        self._start += FRAME_SAMPLES
        return frame


class Upsampler:
    """The ear's 16 kHz mono in the device's format, by as much as the device asks for."""

    def __init__(
        self, ear: Ear, form: Format, played: Callable[[Samples], None] = lambda _piece: None
    ) -> None:
        """played: gets each 10 ms that were read from the ear."""
        self._ear = ear
        self._played = played
        self._channels = form.channels
        self._resampler = Resampler(SAMPLE_RATE, form.rate, "LQ")
        self._rest: Samples = np.zeros(0, np.int16)

    def read(self, count: int) -> bytes:
        """The next `count` samples of each channel, interleaved, as 16-bit PCM."""
        # Bounded: the resampler answers at the latest after a few pieces of 10 ms.
        while len(self._rest) < count:
            piece = self._ear.read(SAMPLE_RATE // 100)
            self._played(piece)
            self._rest = np.concatenate([self._rest, self._resampler.feed(piece)])
        block, self._rest = self._rest[:count], self._rest[count:]
        return np.repeat(block, self._channels).tobytes()

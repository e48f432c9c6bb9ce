"""PURE: sound at any sample rate and any number of channels -> 16 kHz mono, and back."""

from typing import Literal

import numpy as np
import soxr  # type: ignore[import-untyped, unused-ignore]  # it ships without py.typed

from agent.frames import SAMPLE_RATE, Samples

Quality = Literal["LQ", "MQ", "HQ"]


class Resampler:
    """A stream of mono sound, taken from one sample rate to another piece by piece (soxr).

    «LQ» delays by 6 ms and rolls off early, which is enough for a loudspeaker; «MQ» delays by 15
    to 30 ms and keeps the consonants that a recogniser needs. A piece may come out empty: the
    library collects a little before it answers.
    """

    def __init__(self, rate_in: int, rate_out: int, quality: Quality) -> None:
        self._stream = (
            None
            if rate_in == rate_out
            else soxr.ResampleStream(rate_in, rate_out, 1, dtype="int16", quality=quality)
        )

    def feed(self, samples: Samples) -> Samples:
        """The sound that is ready after `samples`, shape (m,), int16."""
        if self._stream is None:
            return samples
        out: Samples = self._stream.resample_chunk(samples)
        return out

    def clear(self) -> None:
        """Forget what was fed: a new stream begins."""
        if self._stream is not None:
            self._stream.clear()


def to_mono_16k(samples: Samples, rate: int, channels: int) -> Samples:
    """A whole recording as 16 kHz mono.

    samples: int16, interleaved channels; rate: its samples per second.
    """
    mono = samples
    if channels > 1:
        mono = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    if rate == SAMPLE_RATE or not mono.size:
        return mono
    out: Samples = soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")
    return out

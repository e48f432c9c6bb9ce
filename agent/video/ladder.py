"""PURE: bit rate -> picture size and rate.

What a wound clinic needs is detail: when there are fewer bits, pictures come more seldom first and
get smaller only then. Colour is never given up.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

SCALES = tuple(Fraction(part) for part in ("1", "3/4", "1/2", "3/8", "1/4"))
RATES = (60, 30, 25, 20, 15, 12)
"""Pictures a second; the last is the lowest at which a larger size is still preferred."""

ENOUGH_BPS = 700_000
"""Bits per second at which 1280 x 720, 15 a second, look well with libx264 «superfast»."""

_PIXELS = 1280 * 720
_RATE = 15
SIZE_POWER = RATE_POWER = 0.8
"""Twice the pixels, or pictures, need less than twice the bits: they resemble each other."""

SPARE = 1.15
"""A larger size is taken only if there are so many times the bits that it needs."""

SWITCH_PAUSE_S = 4.0
"""A changed size is a new stream of pictures with a key frame: not more often than this."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What is sent."""

    width: int
    height: int
    """Pixels, even numbers."""
    rate: float
    """Pictures a second at most."""


def needed(width: int, height: int, rate: float) -> float:
    """The bits per second at which pictures of this size and rate look well."""
    pixels, seconds = width * height / _PIXELS, rate / _RATE
    return ENOUGH_BPS * math.pow(pixels, SIZE_POWER) * math.pow(seconds, RATE_POWER)


class Ladder:
    """Follows the bit rate; the size changes at most once in `SWITCH_PAUSE_S`."""

    def __init__(self, width: int, height: int) -> None:
        """width, height: of the largest picture, pixels."""
        self._sizes = [(_even(width * scale), _even(height * scale)) for scale in SCALES]
        self._size = self._sizes[0]
        self._switched_at = float("-inf")

    @property
    def rung(self) -> Rung:
        """With bits enough."""
        return Rung(*self._sizes[0], RATES[0])

    def fit(self, at: float, bitrate: float) -> Rung:
        """The best that fits into so many bits per second at this time (seconds, rising)."""
        wanted = self._best_size(bitrate)
        if wanted != self._size and at - self._switched_at >= SWITCH_PAUSE_S:
            self._size = wanted
            self._switched_at = at
        width, height = self._size
        rate = next((rate for rate in RATES if needed(width, height, rate) <= bitrate), RATES[-1])
        return Rung(width, height, rate)

    def _best_size(self, bitrate: float) -> tuple[int, int]:
        for size in self._sizes:
            spare = SPARE if size > self._size else 1.0
            if needed(*size, RATES[-1]) * spare <= bitrate:
                return size
        return self._sizes[-1]


def _even(length: Fraction) -> int:
    """4:2:0 has half as many points of colour each way."""
    return max(2, int(length) // 2 * 2)

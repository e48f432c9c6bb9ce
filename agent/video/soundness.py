"""PURE: whatever a camera hands over -> a picture as the house knows it, or nothing.

Drivers hand over pictures of no size, grey ones, with 16 bits, with a fourth channel, of another
size than before. And they hand over the same old picture for ever, which is told here too.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

SMALLEST, LARGEST = 64, 4096
"""Pixels a side. Less cannot be measured; more is no camera's picture."""

FROZEN_LIMIT_S = 5.0
"""A sensor is never without noise: pixels that stay the same for so long are an old picture."""

BLACK = 13
"""A picture whose pixels are all below this shows a covered lens: then there may be no noise."""

_STEP = 16


def mended(pixels: npt.NDArray[np.generic] | None) -> Pixels | None:
    """Shape (height, width, 3), uint8, BGR; None for what is no picture.

    pixels: shape (height, width) or (height, width, 1, 3 or 4), 8 or 16 bits.
    """
    if pixels is None or pixels.ndim not in (2, 3):
        return None
    if not all(SMALLEST <= side <= LARGEST for side in pixels.shape[:2]):
        return None
    if pixels.dtype == np.uint16:
        pixels = np.right_shift(np.asarray(pixels, np.uint16), 8).astype(np.uint8)
    if pixels.dtype != np.uint8:
        return None
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    match channels:
        case 3:
            return np.asarray(pixels, np.uint8)
        case 1:
            return np.asarray(cv2.cvtColor(np.asarray(pixels), cv2.COLOR_GRAY2BGR), np.uint8)
        case 4:
            return np.asarray(cv2.cvtColor(np.asarray(pixels), cv2.COLOR_BGRA2BGR), np.uint8)
        case _:
            return None


@dataclass
class Freshness:
    """Follows whether the pixels change. It changes, but knows no clock: time is an argument."""

    _last: Pixels | None = None
    _changed_at: float = 0.0

    def frozen(self, pixels: Pixels, at: float) -> bool:
        """Whether this picture has been the same for `FROZEN_LIMIT_S`. at: seconds."""
        sample = pixels[::_STEP, ::_STEP]
        if self._last is None or not np.array_equal(sample, self._last):
            self._last, self._changed_at = sample.copy(), at
        elif sample.max() < BLACK:
            self._changed_at = at
        return at - self._changed_at > FROZEN_LIMIT_S

"""PURE: what two frames in a row tell: motion, and the noise that is left when it is undone.

Automatic exposure keeps the picture bright when the room is dark, by gain, and gain is noise. A
camera smooths noise away within one frame; between two frames more of it survives.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

CROP = 400, 300
"""Width and height about the middle, in the camera's own pixels: scaling would hide noise."""

_COARSE_WIDTH = 128
_DARK, _BRIGHT = 16, 235
"""Outside these grey values noise is cut off."""
_BLOCK = 8
_SIGMA = math.sqrt(math.pi / 2) / math.sqrt(2)
"""Mean absolute difference of two frames -> standard deviation of one."""
_REGISTERED = 0.05
"""Phase correlation below this says nothing."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Between:
    """What changed from one frame to the next."""

    noise: float
    """Standard deviation of a pixel in the flatter parts, in values 0 to 255."""
    coarse_noise: float
    """The same of means over 8 by 8 pixels: what a camera's noise filter and a codec leave."""
    colour_noise: float
    """The same of blue less green, over 8 by 8 pixels."""
    motion: float
    """Shift of the picture from one frame to the next as a share of its width, 0 to 0.5."""


def read_between(pixels: Pixels, before: Pixels) -> Between | None:
    """Compare two pictures of one size, shape (height, width, 3), BGR, at least 64 pixels a side.

    None when they do not show the same: nothing can be told from them.
    """
    if pixels.shape != before.shape:
        return None
    step = max(1, pixels.shape[1] // _COARSE_WIDTH)
    small, small_before = _plain(pixels[::step, ::step]), _plain(before[::step, ::step])
    (across, down), match = cv2.phaseCorrelate(small_before, small, _window(small.shape))
    if match < _REGISTERED:
        return None
    shift = round(across * step), round(down * step)
    now, then = _crops(pixels, before, shift)
    plain, plain_then = _plain(now), _plain(then)
    half, half_then = plain[::2, ::2], plain_then[::2, ::2]
    (across, down), match = cv2.phaseCorrelate(half_then, half, _window(half.shape))
    rest = (2 * across, 2 * down) if match > _REGISTERED else (0.0, 0.0)
    fine, coarse = _noise(plain, plain_then, rest)
    moved = float(np.hypot(shift[0] + rest[0], shift[1] + rest[1]))
    return Between(
        noise=fine,
        coarse_noise=coarse,
        colour_noise=_colour_noise(now, then, rest),
        motion=min(0.5, moved / pixels.shape[1]),
    )


def _plain(pixels: Pixels) -> Floats:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2GRAY), np.float32)


@cache
def _window(shape: tuple[int, ...]) -> Floats:
    return np.asarray(cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F), np.float32)


def _crops(pixels: Pixels, before: Pixels, shift: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """The middle of both, the earlier one taken where it was then, as far as the frame goes."""
    height, width = pixels.shape[:2]
    crop_width, crop_height = min(CROP[0], width // 8 * 6), min(CROP[1], height // 8 * 6)
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    then_left = int(np.clip(left - shift[0], 0, width - crop_width))
    then_top = int(np.clip(top - shift[1], 0, height - crop_height))
    now = pixels[top : top + crop_height, left : left + crop_width]
    then = before[then_top : then_top + crop_height, then_left : then_left + crop_width]
    return now, then


def _noise(now: Floats, then: Floats, shift: tuple[float, float]) -> tuple[float, float]:
    """Fine and coarse noise in the flatter half; a hand that moves is in the other one."""
    difference = now - _shifted(then, shift)
    smooth = np.asarray(cv2.blur(now, (5, 5)), np.float32)
    slope = np.abs(smooth[2::2, 2::2] - smooth[:-2:2, :-2:2])
    lit = (smooth[2::2, 2::2] > _DARK) & (smooth[2::2, 2::2] < _BRIGHT)
    if np.count_nonzero(lit) < 0.02 * lit.size:
        return 0.0, 0.0
    flat = lit & (slope <= np.median(slope[lit]))
    means = np.asarray(cv2.blur(difference, (_BLOCK, _BLOCK)), np.float32)
    return _deviation(difference, flat), _deviation(means, flat)


def _colour_noise(now: Pixels, then: Pixels, shift: tuple[float, float]) -> float:
    """Cameras smooth colour more than brightness, over a few pixels; what is wider stays."""
    step = 4
    parts = [_blue(part, step) for part in (now, then)]
    difference = parts[0] - _shifted(parts[1], (shift[0] / step, shift[1] / step))
    means = np.asarray(cv2.blur(difference, (2, 2)), np.float32)
    return _spread(np.abs(means[1:-1, 1:-1]))


def _blue(pixels: Pixels, step: int) -> Floats:
    size = pixels.shape[1] // step, pixels.shape[0] // step
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small[..., 0] - small[..., 1], np.float32)


def _shifted(picture: Floats, shift: tuple[float, float]) -> Floats:
    move = np.asarray([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = picture.shape[1], picture.shape[0]
    return np.asarray(
        cv2.warpAffine(picture, move, size, borderMode=cv2.BORDER_REFLECT), np.float32
    )


def _deviation(difference: Floats, flat: npt.NDArray[np.bool_]) -> float:
    return _spread(np.abs(difference[1:-1:2, 1:-1:2][: flat.shape[0], : flat.shape[1]][flat]))


def _spread(sizes: Floats) -> float:
    """Of one frame, from the difference of two; what sticks out far (an edge) counts little."""
    typical = float(np.median(sizes))
    return float(np.minimum(sizes, 4 * typical + 1).mean() * _SIGMA)

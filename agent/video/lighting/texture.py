"""PURE: how sharp one picture is.

Noise looks like detail, so no number here is enough by itself: `judging` weighs them with the noise
that two frames tell.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

WIDTH = 512
"""Sharpness is measured at this width: blur matters in proportion to the frame."""

_CROP = 0.6
"""Share of each side about the middle that is looked at."""

_FINE, _COARSE = 0.8, 2.6
"""Widths of the smoothing before gradients are taken, in pixels of the picture that is measured."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Texture:
    """Sharpness of one picture."""

    blur: float
    """How little another blur would change: 0 sharp, 1 blurred. F. Crete et al., «The blur effect:
    perception and estimation with a new no-reference perceptual blur metric», SPIE 6492, 2007."""
    edges_stops: float
    """Strongest fine gradients over the strongest coarse ones, log2: how narrow the edges are."""
    detail: float
    """Strongest fine gradients, log2 of values (0 to 255) per pixel."""


def read_texture(pixels: Pixels) -> Texture:
    """Measure one picture: shape (height, width, 3), BGR, at least 16 pixels a side."""
    grey = _grey(_middle(pixels), pixels.shape[1])
    smooth = np.asarray(cv2.GaussianBlur(grey, (5, 5), _FINE), np.float32)
    fine = _strongest(smooth)
    coarse = _strongest(np.asarray(cv2.GaussianBlur(grey, (0, 0), _COARSE), np.float32))
    return Texture(
        blur=max(_crete(smooth, (9, 1)), _crete(smooth.T, (9, 1))),
        edges_stops=float(np.log2(fine / coarse)),
        detail=float(np.log2(fine)),
    )


def _middle(pixels: Pixels) -> Pixels:
    """The part about the middle, a view."""
    rows, columns = (round(side * (1 - _CROP) / 2) for side in pixels.shape[:2])
    return pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]


def _grey(part: Pixels, width: int) -> Floats:
    """Scaled as the whole picture would be to `WIDTH`; smaller pictures are taken as they are."""
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
    if width > WIDTH:
        size = round(part.shape[1] * WIDTH / width), round(part.shape[0] * WIDTH / width)
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return grey.astype(np.float32)


def _strongest(grey: Floats) -> float:
    """98.5th percentile of the gradient, values per pixel; never zero."""
    across = cv2.absdiff(grey[:-1, 1:], grey[:-1, :-1])
    down = cv2.absdiff(grey[1:, :-1], grey[:-1, :-1])
    steps = np.asarray(cv2.max(across, down)).ravel()
    place = int(0.985 * steps.size)
    return float(np.partition(steps, place)[place]) + 0.05


def _crete(grey: Floats, box: tuple[int, int]) -> float:
    grey = np.ascontiguousarray(grey)
    blurred = np.asarray(cv2.blur(grey, box), np.float32)
    before = np.asarray(cv2.absdiff(grey[:, 1:], grey[:, :-1]))
    after = np.asarray(cv2.absdiff(blurred[:, 1:], blurred[:, :-1]))
    lost = float(np.maximum(before - after, 0).sum())
    return 1.0 - lost / max(float(before.sum()), 1e-6)

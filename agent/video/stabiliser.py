"""PURE: pictures in a row -> where a zoomed view is cut out of each, so that it does not shake.

A zoomed view is cut out of a larger picture, so it can follow the motif at no loss: nothing is bent
and nothing is missing at its edges. In each part of the view the best corner (J. Shi, C. Tomasi,
«Good features to track», CVPR 1994) is followed into the next picture and back (J.-Y. Bouguet,
«Pyramidal implementation of the Lucas Kanade feature tracker», 2000); those that do not come back
are left out and most of the others decide (Z. Kalal and others, «Forward-backward error», ICPR
2010). So neither noise nor a hand that works before the motif leads the view away. Only shifts are
undone, not turns.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels
from agent.messages import Zoom
from agent.video.picture import scaled, zoomed

WIDTH = 320
"""Views are compared at about this width."""
SMALLEST, LONGEST = 64, 4
"""Of a view with a shorter side than this, in pixels of the camera, or a side so many times as long
as the other, nothing is followed."""

PART, CORNER = 30, 3
"""Sides of a part, and of what a corner is told by, in pixels of the smaller picture."""
SEARCH, HALVINGS = (11, 11), 3
BACK = 0.5
"""A corner that comes back to within so many pixels has been followed."""
ALIKE, LEAST = 1.0, 8
"""Corners that moved alike, to so many pixels; so many of them, and a third of those followed, must
be there."""

RETURN_S = 0.5
"""A view drifts back to the middle in this time: shaking faster than 0.3 Hz is undone, but where
the nurse turns her head the view comes along."""
HURRY = 8.0
"""The further out, the faster, up to so many times more at the reach:"""
REACH = 0.15
"""of the view's sides, it leaves the middle by no more."""
GAP_S = 0.3
"""Pictures further apart in time are no longer compared."""

Floats = npt.NDArray[np.float64]

Shift = tuple[int, int]
"""Columns and rows to the right and down, in pixels of the camera."""

MIDDLE: Shift = (0, 0)


@dataclass
class Stabiliser:
    """Follows the pictures of one view; make a new one when the zoom changes."""

    zoom: Zoom
    _before: Pixels | None = None
    _size: tuple[int, int] = (0, 0)
    _at: float = -math.inf
    _off: Floats = field(default_factory=lambda: np.zeros(2))

    def follow(self, pixels: Pixels, at: float) -> Shift:
        """Where the view of this picture lies, from the middle.

        pixels: shape (height, width, 3), BGR; at: seconds, rising.
        """
        view = zoomed(pixels, self.zoom)
        size = view.shape[1], view.shape[0]
        if min(size) < SMALLEST or max(size) > LONGEST * min(size):
            return MIDDLE
        now = _small(view)
        gap = at - self._at
        if self._before is None or size != self._size or gap > GAP_S:
            self._off = np.zeros(2)
        else:
            moved = _moved(self._before, now) * (size[0] / now.shape[1])
            self._off = _eased(self._off + moved, np.asarray(size) * REACH, gap)
        self._before, self._size, self._at = now, size, at
        return round(self._off[0]), round(self._off[1])


def _eased(off: Floats, reach: Floats, gap: float) -> Floats:
    """A step back to the middle."""
    out = np.minimum(np.abs(off) / reach, 1.0)
    pull = np.exp(-gap / RETURN_S * (1 + HURRY * out**4))
    return np.asarray(np.clip(off * pull, -reach, reach), np.float64)


def _small(view: Pixels) -> Pixels:
    size = WIDTH, max(2, round(WIDTH * view.shape[0] / view.shape[1]))
    return np.asarray(cv2.cvtColor(scaled(view, size), cv2.COLOR_BGR2GRAY), np.uint8)


def _moved(before: Pixels, now: Pixels) -> Floats:
    """How far the motif moved, in pixels of these; zero when that cannot be told."""
    corners = _corners(before)
    there, seen = _tracked(before, now, corners)
    back, seen_again = _tracked(now, before, there)
    true = seen & seen_again & (np.abs(back - corners).max(axis=1) <= BACK)
    steps = (there - corners)[true]
    if len(steps) < LEAST:
        return np.zeros(2)
    alike = np.abs(steps - np.median(steps, axis=0)).max(axis=1) <= ALIKE
    if np.count_nonzero(alike) < max(LEAST, len(steps) / 3):
        return np.zeros(2)
    return np.asarray(steps[alike].mean(axis=0), np.float64)


def _corners(picture: Pixels) -> npt.NDArray[np.float32]:
    """The best of each part, shape (n, 2): column and row."""
    rows, columns = picture.shape[0] // PART, picture.shape[1] // PART
    good = cv2.cornerMinEigenVal(picture[: rows * PART, : columns * PART], CORNER)
    parts = good.reshape(rows, PART, columns, PART).swapaxes(1, 2).reshape(-1, PART * PART)
    down, across = np.divmod(parts.argmax(axis=1), PART)
    part = np.arange(len(parts))
    places = part % columns * PART + across, part // columns * PART + down
    return np.stack(places, axis=1).astype(np.float32)


def _tracked(
    before: Pixels, now: Pixels, places: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    points = places[:, np.newaxis]
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        before, now, points, np.zeros_like(points), winSize=SEARCH, maxLevel=HALVINGS
    )
    return np.asarray(there[:, 0], np.float32), seen[:, 0] == 1

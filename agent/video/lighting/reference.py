"""PURE: a shadow that has arrived since an earlier picture of the same scene.

One frame cannot tell a shadow from the shading of a limb. The ratio to an earlier frame can:
the colour of skin and its shape cancel. Only light that changed *differently* across the zone
counts, not exposure.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels
from agent.video.lighting.tones import NEAR_WHITE, STOPS

WIDTH = 224
_FEATURES, _LEVELS = 160, 4
_LEAST_MATCHES = 8
_LEAST_SHARE = 0.02
"""So much of the frame has to be seen in both, unclipped, in the zone."""
_SAME_COLOUR = 0.5
"""Stops of red or blue against green by which a place may have changed and still be the same."""
_LEAST_SAME = 0.5
"""So much of it has to be the same; else somebody works there."""
_RADIUS = 0.33
"""The zone: so far from the middle, as a share of each side."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier picture, made ready to be compared with. Numbers about it, kept in memory only."""

    stops: npt.NDArray[np.float32]
    """Smoothed linear light, shape (height, width, 3), in stops."""
    usable: npt.NDArray[np.bool_]
    points: npt.NDArray[np.float32]
    marks: npt.NDArray[np.uint8]


def make_reference(pixels: Pixels) -> Reference | None:
    """Prepare a picture, shape (height, width, 3), BGR; None when it has nothing to hold on to."""
    height = max(16, round(pixels.shape[0] * WIDTH / pixels.shape[1]))
    step = max(1, pixels.shape[1] // (2 * WIDTH))
    small = np.asarray(
        cv2.resize(pixels[::step, ::step], (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8
    )
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    even = cv2.createCLAHE(3, (4, 4)).apply(grey)
    points, marks = cv2.ORB.create(_FEATURES, nlevels=_LEVELS, fastThreshold=7).detectAndCompute(
        even, None
    )
    if marks is None or len(points) < _LEAST_MATCHES:
        return None
    stops = STOPS[cv2.GaussianBlur(small, (0, 0), 2.5)]
    usable = (small.min(axis=2) < NEAR_WHITE) & (small.max(axis=2) > 20)
    places = np.asarray([point.pt for point in points], np.float32)
    return Reference(stops, usable, places, np.asarray(marks, np.uint8))


def shadow_stops(reference: Reference, now: Reference) -> float | None:
    """How unevenly the light has changed: 92nd less 8th percentile of the ratio, in stops.

    None when the two do not show the same scene.
    """
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(now.marks, reference.marks)
    if len(matches) < _LEAST_MATCHES:
        return None
    ours = now.points[[match.queryIdx for match in matches]]
    theirs = reference.points[[match.trainIdx for match in matches]]
    move, inliers = cv2.estimateAffinePartial2D(ours, theirs, ransacReprojThreshold=3)
    if move is None or inliers.sum() < _LEAST_MATCHES:
        return None
    height, width = reference.usable.shape
    stops = np.asarray(cv2.warpAffine(now.stops, move, (width, height)), np.float32)
    usable = cv2.warpAffine(now.usable.astype(np.uint8), move, (width, height)) > 0
    rows, columns = np.ogrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    both = usable & reference.usable & (rows**2 + columns**2 < _RADIUS**2)
    changed = (stops - reference.stops)[both]
    if len(changed) < _LEAST_SHARE * both.size:
        return None
    # A shadow changes no colour. What does is a hand or a dressing that has come.
    tint = changed[:, (0, 2)] - changed[:, 1:2]
    same = np.abs(tint - np.median(tint, axis=0)).max(axis=1) < _SAME_COLOUR
    if np.count_nonzero(same) < _LEAST_SAME * len(same):
        return None
    low, high = np.percentile(changed[same, 1], (8, 92))
    return float(high - low)

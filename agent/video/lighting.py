"""PURE: how the light is in one picture, as numbers. Technical picture quality only.

Luminance is measured in stops of linear light, weighted towards the middle of the frame (a
metering zone, as in a camera); nothing in the picture is looked for. The zone's stops are averaged,
not its light, so that a white dressing in a dark scene does not hide that it is dark.
`python -m bench.light` compares this with thresholds on the mean grey.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

WIDTH = 256
"""Pictures are measured at about this width; more pixels tell nothing more about light."""

NEAR_WHITE = 243
"""From this value on in all three channels, a pixel has lost its detail."""

ZONE_SIGMA = 0.24
"""Width of the metering zone, as a share of each side."""

MID_GREY, WHITE = 0.18, 0.9
"""Linear reflectances that 0 stops refer to."""

_DARKEST = 5e-4
"""Linear luminance below which there is only noise: else a few black pixels would decide."""

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LightReading:
    """The light in one picture."""

    anchor_stops: float
    """The brightest tones (97th percentile of luminance) in stops relative to white, 0.9."""
    zone_stops: float
    """Mean of the metering zone's luminance in stops relative to mid-grey, 0.18; at least -8.5."""
    near_white: float
    """Share of the metering zone without detail because it is too bright, 0 to 1."""
    mean_grey: float
    """Mean of the grey picture, 0 to 255. For comparison only; nothing is decided on it."""


def read_light(pixels: Pixels) -> LightReading:
    """Measure one picture: shape (height, width, 3), BGR, at least 16 pixels a side."""
    step = max(1, pixels.shape[1] // WIDTH)
    small = np.ascontiguousarray(pixels[::step, ::step])
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    weights = _zone(*grey.shape[:2])
    clipped = (small.min(axis=2) >= NEAR_WHITE).astype(np.float32)
    return LightReading(
        anchor_stops=float(_STOPS[_percentile(grey, 0.97)] - np.log2(WHITE)),
        zone_stops=float((_STOPS[grey] * weights).sum() - np.log2(MID_GREY)),
        near_white=float((clipped * weights).sum()),
        mean_grey=float(grey.mean()),
    )


def _percentile(grey: npt.NDArray[np.generic], share: float) -> int:
    """From the histogram: much cheaper than sorting."""
    counts = cv2.calcHist([np.asarray(grey)], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, share * counts[-1]))


@cache
def _zone(height: int, width: int) -> Weights:
    """Weights that sum to 1: a Gaussian about the middle."""
    rows = np.linspace(-0.5, 0.5, height)[:, None]
    columns = np.linspace(-0.5, 0.5, width)[None, :]
    weights = np.exp(-(rows**2 + columns**2) / (2 * ZONE_SIGMA**2))
    return np.asarray(weights / weights.sum(), np.float32)


def _table() -> Weights:
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.log2(np.maximum(linear, _DARKEST)).astype(np.float32)


_STOPS = _table()
"""sRGB value 0–255 (IEC 61966-2-1) -> stops of linear light; 0 is the brightest."""

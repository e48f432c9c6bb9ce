"""PURE: light and colour of one picture, in stops of linear light.

Everything is weighted towards the middle of the frame (a metering zone, as in a camera). The zone's
stops are averaged, not its light, so that a white dressing in a dark scene does not hide that it
is dark. The white anchor is a percentile of the whole frame and not the zone's median: dark skin
would look like dim light.
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

_SPOT = 0.28
"""A glare spot is narrower than this share of the frame's width; a dressing is wider."""

_SPOT_WHITE, _SPOT_CONTRAST = 225, 80
"""A glare spot is this bright in all three channels, and so much brighter than what is about it."""

_LOST = 252
"""From this value on a channel has lost its detail."""

_SKIN_RED, _SKIN_BLUE = (0.2, 3.2), 0.4
"""Colours of any skin, in stops: red over green between these, blue over green below this."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tones:
    """Light and colour of one picture."""

    anchor_stops: float
    """The brightest tones (97th percentile of luminance) in stops relative to white, 0.9."""
    zone_stops: float
    """Mean of the metering zone's luminance in stops relative to mid-grey, 0.18; at least -8.5."""
    near_white: float
    """Share of the metering zone without detail because it is too bright, 0 to 1."""
    mean_grey: float
    """Mean of the grey picture, 0 to 255. For comparison only; nothing is decided on it."""
    zone_low_stops: float
    """As `zone_stops`, but of the zone's darker half alone."""
    glare: float
    """Share of the frame in small white spots with skin colour about them."""
    glare_peak: float
    """How far 1 % of the frame stands out white from what is about it, 0 to 1."""
    blue_stops: float
    """Mean of log2(blue / green) over the frame; warm light makes it low."""
    red_stops: float
    """Mean of log2(red / green) over the frame."""
    white_blue_stops: float
    """log2(blue / green) of the brightest tones that still have detail: what is white is told."""
    framing: float
    """Share of the metering zone that has the colour of skin, 0 to 1."""
    skin_white: float
    """As `near_white`, but what has not the colour of skin counts a tenth: a sheet may be white."""
    skin_clipped: float
    """Share of the skin colour in the zone whose brightest channel has lost its detail, 0 to 1."""


def read_tones(pixels: Pixels) -> Tones:
    """Measure one picture: shape (height, width, 3), BGR, at least 16 pixels a side."""
    step = max(1, pixels.shape[1] // WIDTH)
    small = np.ascontiguousarray(pixels[::step, ::step])
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    weights = zone(*grey.shape[:2])
    darkest = np.asarray(cv2.min(cv2.min(small[..., 0], small[..., 1]), small[..., 2]))
    clipped = darkest >= NEAR_WHITE
    counts = _histogram(grey, weights)
    zone_stops, zone_low_stops = _zone_stops(counts)
    colours = STOPS[cv2.blur(small[::2, ::2], (3, 3))]
    blue, red = colours[..., 0] - colours[..., 1], colours[..., 2] - colours[..., 1]
    skin = (red > _SKIN_RED[0]) & (red < _SKIN_RED[1]) & (blue < _SKIN_BLUE)
    half = zone(*skin.shape)
    skin_share = float(half[skin].sum())
    weighted = half * np.where(skin, 1.0, 0.1)
    blown = clipped[::2, ::2]
    lost = skin & (small[::2, ::2].max(axis=2) >= _LOST)
    anchor = _percentile(grey, 0.97)
    glare, glare_peak = _glare(np.ascontiguousarray(darkest[::2, ::2]), skin)
    return Tones(
        anchor_stops=float(STOPS[anchor] - np.log2(WHITE)),
        zone_stops=zone_stops,
        near_white=float(weights[clipped].sum()),
        mean_grey=float(grey.mean()),
        zone_low_stops=zone_low_stops,
        glare=glare,
        glare_peak=glare_peak,
        blue_stops=float(blue.mean()),
        red_stops=float(red.mean()),
        white_blue_stops=_brightest(blue, grey[::2, ::2], blown, anchor),
        framing=skin_share,
        skin_white=float(weighted[blown].sum() / weighted.sum()),
        skin_clipped=float(half[lost].sum()) / max(skin_share, 0.02),
    )


def _percentile(grey: Pixels, share: float) -> int:
    """From the histogram: much cheaper than sorting."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, share * counts[-1]))


def _histogram(grey: Pixels, weights: Floats) -> npt.NDArray[np.float64]:
    """Weight of each grey value; sums to 1."""
    return np.asarray(np.bincount(grey.ravel(), weights.ravel(), 256), np.float64)


def _zone_stops(counts: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean stops of the zone, and of its darker half."""
    low = np.diff(np.minimum(counts.cumsum(), 0.5), prepend=0.0)
    mean = float(counts @ STOPS) - np.log2(MID_GREY)
    return float(mean), float(low @ STOPS / max(low.sum(), 1e-9) - np.log2(MID_GREY))


def _glare(darkest: Pixels, skin: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Share of the frame in spots, and how far they stand out.

    The darkest of the three channels tells them best: a reflection has the lamp's colour, skin has
    little blue. A top-hat keeps what is bright and narrow, a dressing is wide.
    """
    side = max(3, round(darkest.shape[1] * _SPOT) | 1)
    around = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    hat = cv2.subtract(darkest, cv2.morphologyEx(darkest, cv2.MORPH_OPEN, around))
    near_skin = np.asarray(cv2.blur(skin.astype(np.float32), (side, side))) > 0.25
    spots = (darkest >= _SPOT_WHITE) & (np.asarray(hat) > _SPOT_CONTRAST) & near_skin
    peak = _percentile(np.where(near_skin, hat, 0).astype(np.uint8), 0.99)
    return float(spots.mean()), min(peak, 255) / 255


def _brightest(values: Floats, grey: Pixels, clipped: npt.NDArray[np.bool_], anchor: int) -> float:
    """Median among the brightest tones that still have detail; 0 when there are none."""
    among = values[(grey >= min(anchor, NEAR_WHITE) * 0.85) & ~clipped]
    return float(np.median(among)) if among.size else 0.0


@cache
def zone(height: int, width: int) -> Floats:
    """Weights of the metering zone that sum to 1: a Gaussian about the middle."""
    rows = np.linspace(-0.5, 0.5, height)[:, None]
    columns = np.linspace(-0.5, 0.5, width)[None, :]
    weights = np.exp(-(rows**2 + columns**2) / (2 * ZONE_SIGMA**2))
    return np.asarray(weights / weights.sum(), np.float32)


def _table() -> Floats:
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.log2(np.maximum(linear, _DARKEST)).astype(np.float32)


STOPS = _table()
"""sRGB value 0–255 (IEC 61966-2-1) -> stops of linear light; 0 is the brightest."""

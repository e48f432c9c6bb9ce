"""PURE: all numbers about one picture."""

from dataclasses import dataclass

import numpy as np

from agent.frames import Pixels
from agent.video.lighting.between import Between, read_between
from agent.video.lighting.texture import read_texture
from agent.video.lighting.tones import read_tones


@dataclass(frozen=True, slots=True)
class LightReading:
    """The technical quality of one picture. None: could not be measured."""

    anchor_stops: float
    """See `Tones`, as everything down to `skin_clipped`."""
    zone_stops: float
    near_white: float
    mean_grey: float
    zone_low_stops: float = 0.0
    glare: float = 0.0
    glare_peak: float = 0.0
    blue_stops: float = 0.0
    red_stops: float = 0.0
    white_blue_stops: float = 0.0
    framing: float = 1.0
    skin_white: float = 0.0
    skin_clipped: float = 0.0
    blur: float = 0.0
    """See `Texture`, as the next two."""
    edges_stops: float = 0.0
    detail: float = 0.0
    between: Between | None = None
    """Noise and motion, when there was a frame before that shows the same."""
    light_stops: float | None = None
    """Light at the motif in stops relative to 100 lux, from exposure time and gain; None when the
    camera does not tell them or was never calibrated."""
    shadow_stops: float | None = None
    """See `reference.shadow_stops`; None when there is nothing to compare with."""


def read_light(pixels: Pixels, before: Pixels | None = None) -> LightReading:
    """Measure one picture: shape (height, width, 3), BGR, at least 64 pixels a side.

    before: the frame just before it, of the same size.
    """
    tones, texture = read_tones(pixels), read_texture(pixels)
    return LightReading(
        anchor_stops=tones.anchor_stops,
        zone_stops=tones.zone_stops,
        near_white=tones.near_white,
        mean_grey=tones.mean_grey,
        zone_low_stops=tones.zone_low_stops,
        glare=tones.glare,
        glare_peak=tones.glare_peak,
        blue_stops=tones.blue_stops,
        red_stops=tones.red_stops,
        white_blue_stops=tones.white_blue_stops,
        framing=tones.framing,
        skin_white=tones.skin_white,
        skin_clipped=tones.skin_clipped,
        blur=texture.blur,
        edges_stops=texture.edges_stops,
        detail=texture.detail,
        between=None if before is None else read_between(pixels, before),
    )


def light_stops(anchor_stops: float, exposure_s: float, gain: float, calibration: float) -> float:
    """Light at the motif in stops relative to 100 lux.

    exposure_s: seconds; gain: factor, 1 is none; calibration: lux times seconds that make a white
    sheet white at gain 1, one number per camera.
    """
    return float(np.log2(calibration / 100 / (exposure_s * gain)) + anchor_stops)

"""PURE: what a camera tells about its exposure -> the light at the motif, when it can be believed.

Many cameras go on telling an old or a default value while their automatic is on. So it has to have
moved, and it must not stand still while the picture grows brighter. And a gain is in the camera's
own unit: only a calibration at two lights tells what a step of it is worth.
"""

import math
from dataclasses import dataclass

from agent.frames import Told
from agent.video.lighting.reading import light_stops

STALE_STOPS = 1.5
"""A picture that has grown so much brighter makes an honest camera expose less"""
STALE_S = 3.0
"""within this time."""

STEPS = 0.0, 0.5
"""What one step of gain may be worth, in stops: outside of this, the two readings contradict."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One camera's, made with a white sheet and a lux meter (`hodekamera check --light`)."""

    lux_seconds: float
    """Lux times seconds that make a white sheet just white at `gain`."""
    gain: float = 0.0
    """In the camera's own unit."""
    stops_per_gain: float = 0.0
    """What one of these units does."""

    def light_stops(self, anchor_stops: float, told: Told) -> float:
        """Light at the motif in stops relative to 100 lux."""
        gain: float = 2.0 ** ((told.gain - self.gain) * self.stops_per_gain)
        return light_stops(anchor_stops, told.exposure_s, gain, self.lux_seconds)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A white sheet that fills the picture, at a light that was measured beside it."""

    lux: float
    anchor_stops: float
    """As in `Tones`; the sheet must not be clipped."""
    told: Told


def lux(light: float) -> float:
    """Stops relative to 100 lux -> lux."""
    factor: float = 2.0**light
    return 100 * factor


def calibrated(bright: Sheet, dim: Sheet) -> Calibration | None:
    """From a sheet at two lights; None when the two contradict each other or tell nothing."""

    def lux_seconds(sheet: Sheet) -> float:
        white: float = 2.0**sheet.anchor_stops
        return sheet.lux * sheet.told.exposure_s / white

    change = math.log2(lux_seconds(bright) / lux_seconds(dim))
    steps = dim.told.gain - bright.told.gain
    per_step = change / steps if steps else 0.0
    least, most = STEPS
    # Without another gain, exposure alone has to explain the two; the meter is held by hand.
    if (not steps and abs(change) > 0.5) or not least <= per_step <= most:
        return None
    return Calibration(lux_seconds(bright), bright.told.gain, per_step)


@dataclass
class Trust:
    """Follows what a camera tells. It changes, but knows no clock: time is an argument."""

    _told: Told | None = None
    _moved: bool = False
    _zone: float = 0.0
    _brighter_since: float | None = None

    def follow(self, told: Told | None, zone_stops: float, at: float) -> bool:
        """Whether what is told now can be believed. zone_stops: as in `Tones`; at: seconds."""
        if told is None:
            return False
        if told != self._told:
            self._moved = self._told is not None
            self._told, self._zone, self._brighter_since = told, zone_stops, None
        elif zone_stops - self._zone < STALE_STOPS:
            self._brighter_since = None
        elif self._brighter_since is None:
            self._brighter_since = at
        elif at - self._brighter_since > STALE_S:
            self._moved = False
        return self._moved

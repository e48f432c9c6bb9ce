"""PURE: a reading -> a score for every fault of a picture; above 0 it is there.

Some faults need several numbers weighed against each other: the same noise means darkness in a
smooth picture and nothing in a sharp one. Their weights are fitted on generated pictures by
`models/picture-quality`. The others are one number and one limit.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from agent.messages import Light
from agent.video.lighting.reading import LightReading

Floats = npt.NDArray[np.float64]

MOST = 12.0
"""No score is higher than this or lower than its negative: one number must not drown the others."""

_FARTHEST = 4.0
"""Features are cut off so many standard deviations from their mean: beyond that nothing was seen
when the weights were fitted."""


_CLIPPED = 0.08
"""Above this share near white, noise is not asked."""


def _share(value: float) -> float:
    return math.log2(value + 1e-3)


def _noise(reading: LightReading) -> float:
    return math.log2((reading.between.noise if reading.between else 0.0) + 0.1)


def _coarse_noise(reading: LightReading) -> float:
    return math.log2((reading.between.coarse_noise if reading.between else 0.0) + 0.03)


def _colour_noise(reading: LightReading) -> float:
    return math.log2((reading.between.colour_noise if reading.between else 0.0) + 0.03)


FEATURES: Mapping[str, Callable[[LightReading], float]] = {
    "anchor": lambda reading: reading.anchor_stops,
    "zone": lambda reading: reading.zone_stops,
    "zone_low": lambda reading: reading.zone_low_stops,
    "near_white": lambda reading: _share(reading.near_white),
    "glare": lambda reading: _share(reading.glare),
    "glare_peak": lambda reading: reading.glare_peak,
    "blue": lambda reading: reading.blue_stops,
    "red": lambda reading: reading.red_stops,
    "white_blue": lambda reading: reading.white_blue_stops,
    "framing": lambda reading: reading.framing,
    "skin_white": lambda reading: _share(reading.skin_white),
    "skin_clipped": lambda reading: _share(reading.skin_clipped),
    "blur": lambda reading: reading.blur,
    "edges": lambda reading: reading.edges_stops,
    "detail": lambda reading: reading.detail,
    "noise": _noise,
    "coarse_noise": _coarse_noise,
    "colour_noise": _colour_noise,
    "light": lambda reading: reading.light_stops or 0.0,
}
"""What weights can be given to; the names stand in the file of weights."""


class Head(StrEnum):
    """What is weighed. Darkness and blur in as many ways as there may be numbers to tell them."""

    DARK_ONE = "dark_one"
    DARK_TWO = "dark_two"
    DARK_TOLD = "dark_told"
    BRIGHT = "bright"
    GLARE = "glare"
    BLUR_ONE = "blur_one"
    BLUR_TWO = "blur_two"
    WARM = "warm"


@dataclass(frozen=True, slots=True)
class Weights:
    """A small network over a few features: one hidden layer, one score."""

    features: tuple[str, ...]
    centre: Floats
    """Shape (features,), as `spread`: what the features are measured from and in."""
    spread: Floats
    hidden: Floats
    """Shape (1 + features, hidden); the first row is added."""
    output: Floats
    """Shape (1 + hidden,); the first one is added and includes the limit."""

    def score(self, reading: LightReading) -> float:
        """Log-odds above the limit, at most `MOST` either way."""
        values = np.asarray([[FEATURES[name](reading) for name in self.features]])
        return float(np.clip(self.scores(values), -MOST, MOST)[0])

    def scores(self, values: Floats) -> Floats:
        """Features, shape (n, features), to log-odds, shape (n,)."""
        x = np.clip((values - self.centre) / self.spread, -_FARTHEST, _FARTHEST)
        inside = np.tanh(self.hidden[0] + x @ self.hidden[1:])
        return np.asarray(self.output[0] + inside @ self.output[1:])


def read_weights(text: str) -> dict[Head, Weights]:
    """The text of `weights.json`. Raises ValueError (KeyError, TypeError) when it is not right."""
    parts: Mapping[str, Mapping[str, Sequence[float]]] = json.loads(text)
    arrays = ("centre", "spread", "hidden", "output")
    return {
        head: Weights(
            tuple(str(name) for name in parts[head]["features"]),
            *(np.asarray(parts[head][key], float) for key in arrays),
        )
        for head in Head
    }


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the faults that are one number."""

    black_stops: float = -7.5
    """Nearly every pixel is darker than this, relative to white: no room is so dark."""
    shadow_stops: float = 1.0
    """So unevenly has the light changed since the reference."""
    motion: float = 0.06
    """Shift in 100 ms as a share of the picture's width."""
    framing: float = 0.12
    """Less than this share of the metering zone has the colour of skin."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights and limits together."""

    weights: Mapping[Head, Weights]
    limits: Limits = field(default_factory=Limits)

    def scores(self, reading: LightReading) -> dict[Light, float]:
        """A score for every fault that can be told from this reading."""
        limits = self.limits
        found = {
            Light.COVERED: (limits.black_stops - reading.anchor_stops) / 0.2,
            Light.DARK: self._weigh(self._dark(reading), reading),
            Light.BRIGHT: self._weigh(Head.BRIGHT, reading),
            Light.GLARE: self._weigh(Head.GLARE, reading),
            Light.WARM: self._weigh(Head.WARM, reading),
            Light.BLURRED: self._weigh(
                Head.BLUR_ONE if reading.between is None else Head.BLUR_TWO, reading
            ),
            Light.FAR: (limits.framing - reading.framing) / 0.02,
        }
        if reading.shadow_stops is not None:
            found[Light.SHADOW] = (reading.shadow_stops - limits.shadow_stops) / 0.1
        if reading.between is not None:
            found[Light.SHAKING] = (reading.between.motion - limits.motion) / 0.01
        return {kind: max(-MOST, min(MOST, score)) for kind, score in found.items()}

    def _weigh(self, head: Head, reading: LightReading) -> float:
        return self.weights[head].score(reading)

    def _dark(self, reading: LightReading) -> Head:
        if reading.light_stops is not None and reading.between is not None:
            return Head.DARK_TOLD
        # A clipped picture tells nothing by its noise.
        mute = reading.between is None or reading.near_white > _CLIPPED
        return Head.DARK_ONE if mute else Head.DARK_TWO

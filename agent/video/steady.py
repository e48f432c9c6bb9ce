"""PURE: four seconds of a steady look at the motif -> what the light is like, and on what grounds.

For point 5c of the procedure. The result is a suggestion: the nurse decides. Nothing is called good
that could not be told: «ukjent» is an answer.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.messages import Light, LightFound, LightGround
from agent.video.lighting import LightReading
from agent.video.lighting.exposure import lux

Scores = Mapping[Light, float]

STEADY_S = 4.0
"""So long the look has to be steady,"""
LIMIT_S = 15.0
"""and so long it is waited for."""

SHARE = 0.85
"""So much of the look a fault has to be there; 1 less it, and it is not."""

SETTLED_STOPS = 0.7
"""The exposure has settled when the middle varies by less than this."""

CLEARLY_LIT = -0.6
"""The mean score of darkness below which the light is called good."""

LOOKED_FOR = (Light.DARK, Light.BRIGHT, Light.GLARE, Light.SHADOW, Light.WARM)
"""In this order."""

SURELY: Scores = {Light.GLARE: 2.0}
"""Scores above this are there, others above 0: glare is told less surely than it is shown."""

_MOVES = (Light.COVERED, Light.SHAKING, Light.FAR)
"""While one of these is there, nobody looks steadily at the motif."""


@dataclass
class SteadyLook:
    """One look. It changes, but knows no clock: time is an argument."""

    _looks: deque[tuple[float, LightReading, Scores]] = field(default_factory=deque)
    _began: float | None = None

    def follow(self, reading: LightReading, scores: Scores, at: float) -> LightFound | None:
        """Take one measure; what was found, when the look is over. at: seconds."""
        if self._began is None:
            self._began = at
        self._looks.append((at, reading, scores))
        if reading.between is None or any(scores.get(kind, -1.0) > 0 for kind in _MOVES):
            self._looks.clear()
        while self._looks and (self._varies() or at - self._looks[0][0] > STEADY_S + 1):
            self._looks.popleft()
        if self._looks and at - self._looks[0][0] >= STEADY_S:
            return self._found()
        return LightFound() if at - self._began > LIMIT_S else None

    def _varies(self) -> bool:
        middle = [reading.zone_stops for _, reading, _ in self._looks]
        return max(middle) - min(middle) > SETTLED_STOPS

    def _found(self) -> LightFound:
        told = [one.light_stops for _, one, _ in self._looks if one.light_stops is not None]
        grounds = {LightGround.TONES, LightGround.NOISE}
        if len(told) == len(self._looks):
            grounds.add(LightGround.EXPOSURE)
        value = lux(sum(told) / len(told)) if LightGround.EXPOSURE in grounds else None
        return LightFound(self._light(), frozenset(grounds), value)

    def _light(self) -> Light:
        for kind in LOOKED_FOR:
            if self._share(kind) >= SHARE:
                return kind
        doubtful = any(self._share(kind) > 1 - SHARE for kind in LOOKED_FOR)
        darkness = [scores[Light.DARK] for _, _, scores in self._looks if Light.DARK in scores]
        lit = len(darkness) > 0 and sum(darkness) / len(darkness) < CLEARLY_LIT
        return Light.GOOD if lit and not doubtful else Light.UNKNOWN

    def _share(self, kind: Light) -> float:
        least = SURELY.get(kind, 0.0)
        there = [scores.get(kind, -1.0) > least for _, _, scores in self._looks]
        return sum(there) / len(there)

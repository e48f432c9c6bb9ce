"""PURE: readings over time -> when the light is worth a word.

One frame decides nothing: a hand passes, the head turns, the exposure adapts. A fault has to fill
most of a window, enters and leaves by different limits, is told again only after a growing pause
and a few times in all; that it is over is told once.
"""

from collections import deque
from dataclasses import dataclass, field, replace

from agent.messages import Light, LightChanged
from agent.video.lighting import LightReading

LONGEST_COOL_DOWN_S = 480.0


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """Times in seconds, luminances in stops, shares 0 to 1."""

    window_s: float = 3.0
    """So long a fault has to last,"""
    window_share: float = 0.85
    """and so much of that time it has to be there."""
    settle_s: float = 2.0
    """So long after the camera has started nothing is judged: its exposure adapts."""
    cool_down_s: float = 60.0
    """Pause before the same fault is told again; doubles each time, to 480 s."""
    max_per_kind: int = 2
    """How often the same fault is told in one visit."""
    dark_anchor_stops: float = -1.15
    dark_zone_stops: float = -1.6
    """Dark: both the brightest tones and the metering zone lie below these,"""
    black_zone_stops: float = -2.1
    """or the metering zone alone below this."""
    bright_near_white: float = 0.08
    """Too bright: so much of the metering zone has lost its detail. A white sheet in the frame is
    not a fault, so this is far above what a lit picture of skin alone would have."""
    bright_zone_stops: float = 0.9
    """and the metering zone as a whole is this bright."""
    margin_stops: float = 0.3
    """A fault is over only when its limits are passed by this much."""


@dataclass(frozen=True, slots=True)
class _Told:
    """How often a fault was told, and when it may be told again."""

    times: int = 0
    next_at: float = 0.0


@dataclass
class Advisor:
    """Follows the light of one visit. Not pure itself, but knows no clock: time is an argument."""

    settings: AdviceSettings
    light: Light = Light.UNKNOWN
    """The light as it stands, after the window."""
    _readings: deque[tuple[float, Light]] = field(default_factory=deque)
    _began: float | None = None
    _told: dict[Light, _Told] = field(default_factory=dict)
    _accepted: set[Light] = field(default_factory=set)
    _to_take_back: Light | None = None

    def accept(self) -> None:
        """The nurse says that the light is fine: the fault that stands is not told again."""
        if self.light in {Light.DARK, Light.BRIGHT}:
            self._accepted.add(self.light)
            self._to_take_back = None

    def follow(self, reading: LightReading, at: float) -> LightChanged | None:
        """Take one reading; what is to be told, if anything. `at`: seconds on any rising clock."""
        if self._began is None:
            self._began = at
        if at - self._began < self.settings.settle_s:
            return None
        self._readings.append((at, self._judge(reading)))
        while at - self._readings[0][0] > self.settings.window_s:
            self._readings.popleft()
        settled = self._settled(at)
        if settled is not None:
            self.light = settled
        return self._word(at)

    def _judge(self, reading: LightReading) -> Light:
        """One reading by itself. The fault that stands is left only by the margin."""
        settings = self.settings
        slack = settings.margin_stops if self.light is Light.DARK else 0.0
        dark = (
            reading.anchor_stops < settings.dark_anchor_stops + slack
            and reading.zone_stops < settings.dark_zone_stops + slack
        )
        if dark or reading.zone_stops < settings.black_zone_stops + slack:
            return Light.DARK
        slack = settings.margin_stops if self.light is Light.BRIGHT else 0.0
        share = settings.bright_near_white * (0.5 if self.light is Light.BRIGHT else 1.0)
        if reading.near_white >= share and reading.zone_stops > settings.bright_zone_stops - slack:
            return Light.BRIGHT
        return Light.GOOD

    def _settled(self, at: float) -> Light | None:
        """The light that has filled the window, if the window is long enough and one has."""
        if at - self._readings[0][0] < 0.8 * self.settings.window_s:
            return None
        seen = [light for _, light in self._readings]
        common = max(set(seen), key=seen.count)
        return common if seen.count(common) >= self.settings.window_share * len(seen) else None

    def _word(self, at: float) -> LightChanged | None:
        if self.light is Light.GOOD and self._to_take_back is not None:
            self._to_take_back = None
            return LightChanged(Light.GOOD)
        if self.light not in {Light.DARK, Light.BRIGHT} or self.light in self._accepted:
            return None
        told = self._told.get(self.light, _Told())
        if told.times >= self.settings.max_per_kind or at < told.next_at:
            return None
        pause = min(self.settings.cool_down_s * 2**told.times, LONGEST_COOL_DOWN_S)
        self._told[self.light] = replace(told, times=told.times + 1, next_at=at + pause)
        again = self._to_take_back is self.light
        self._to_take_back = self.light
        return LightChanged(self.light, repeated=again)

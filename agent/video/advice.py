"""PURE: scores over time -> when the picture is worth a word.

One frame decides nothing: a hand passes, the head turns, the exposure adapts. A fault has to fill
most of a window, enters and leaves by different scores, is told again only after a growing pause
and a few times in all; that it is over is told once. Nothing is told while somebody speaks.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent.messages import Light, LightChanged

LONGEST_COOL_DOWN_S = 480.0

FAULTS = tuple(light for light in Light if light not in {Light.UNKNOWN, Light.GOOD})
"""In the order in which they are told: what hides others comes first."""

REPEATED = frozenset({Light.COVERED, Light.DARK, Light.BRIGHT})
"""Only these are told more than once; the others are told once and then only shown."""

_SLOWER: Mapping[Light, float] = {Light.FAR: 2.0, Light.WARM: 1.5}
"""Factor of the window: looking away is no fault, and white balance takes its time."""

_SURER: Mapping[Light, float] = {Light.BRIGHT: 1.5}
"""Added to the margin before it begins: white dressings look much like too much light."""

_ALL = frozenset(FAULTS)
_HIDES: Mapping[Light, frozenset[Light]] = {
    Light.COVERED: _ALL - {Light.COVERED},
    Light.DARK: _ALL - {Light.COVERED, Light.DARK},
    Light.BRIGHT: _ALL - {Light.COVERED, Light.DARK, Light.BRIGHT},
    Light.FAR: frozenset({Light.GLARE, Light.SHADOW, Light.BLURRED, Light.WARM}),
    Light.SHAKING: _ALL - {Light.COVERED, Light.SHAKING},
}
"""What is not judged while another fault is there: darkness makes a picture noisy and soft, a
clipped picture has no noise, and without skin in the middle somebody looks elsewhere."""


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """Times in seconds, shares 0 to 1, margins in log-odds as `Judge.scores` gives them."""

    window_s: float = 3.0
    """So long a fault has to last,"""
    window_share: float = 0.85
    """and so much of that time it has to be there."""
    settle_s: float = 2.0
    """So long nothing is judged after the camera has started, and after each larger movement."""
    enter_margin: float = 2.0
    """A fault begins above this score"""
    leave_margin: float = 0.6
    """and is over below the negative of this one."""
    pause_s: float = 20.0
    """Between any two warnings."""
    cool_down_s: float = 60.0
    """Pause before the same fault is told again; doubles each time, to 480 s."""
    max_per_kind: int = 2
    """How often the same fault is told in one visit."""
    max_in_five_minutes: int = 3
    """Warnings of all kinds together."""
    shown_only: frozenset[Light] = frozenset({Light.GLARE})
    """These are on the status page, but never told: they are not told surely enough."""


@dataclass(frozen=True, slots=True)
class _Told:
    """How often a fault was told, and when it may be told again."""

    times: int = 0
    next_at: float = 0.0


@dataclass
class _Kind:
    """One fault over time."""

    looks: deque[tuple[float, bool]] = field(default_factory=deque)
    stands: bool = False


@dataclass
class Advisor:
    """Follows the picture of one visit. It changes, but knows no clock: time is an argument."""

    settings: AdviceSettings
    light: Light = Light.UNKNOWN
    """The picture as it stands, after the window: the first fault that stands."""
    _kinds: dict[Light, _Kind] = field(default_factory=lambda: {kind: _Kind() for kind in FAULTS})
    _steady_at: float | None = None
    _told: dict[Light, _Told] = field(default_factory=dict)
    _warned: deque[float] = field(default_factory=deque)
    _accepted: set[Light] = field(default_factory=set)
    _to_take_back: Light | None = None

    @property
    def muted(self) -> frozenset[Light]:
        """The faults that the nurse has accepted."""
        return frozenset(self._accepted)

    def accept(self) -> None:
        """The nurse says that it is fine: the fault that stands is not told again this visit."""
        if self.light in _ALL:
            self._accepted.add(self.light)
            self._to_take_back = None

    def follow(
        self, scores: Mapping[Light, float], at: float, busy: bool = False
    ) -> LightChanged | None:
        """Take one look; what is to be told, if anything.

        scores: above 0 the fault is there; what could not be told is left out. at: seconds on any
        rising clock. busy: somebody speaks, or an answer is waited for; nothing is told now.
        """
        if self._steady_at is None:
            self._steady_at = at + self.settings.settle_s
        present = self._present(scores)
        if at < self._steady_at:
            present = {kind: there for kind, there in present.items() if kind is Light.SHAKING}
        if present.get(Light.SHAKING):
            self._steady_at = max(self._steady_at, at + self.settings.settle_s)
        self._look(present, at)
        return None if busy else self._word(at)

    def _present(self, scores: Mapping[Light, float]) -> dict[Light, bool]:
        """One look by itself. A fault that stands is left only by the margin."""
        settings = self.settings
        limits = {
            kind: -settings.leave_margin
            if self._kinds[kind].stands
            else settings.enter_margin + _SURER.get(kind, 0.0)
            for kind in scores
        }
        there = {kind: scores[kind] > limits[kind] for kind in FAULTS if kind in scores}
        hidden = frozenset[Light]().union(
            *(_HIDES.get(kind, frozenset()) for kind, present in there.items() if present)
        )
        return {kind: present for kind, present in there.items() if kind not in hidden}

    def _look(self, present: Mapping[Light, bool], at: float) -> None:
        """Faults that are not judged keep what was seen of them, until it is too old."""
        for kind, one in self._kinds.items():
            window = self.settings.window_s * _SLOWER.get(kind, 1.0)
            if kind in present:
                one.looks.append((at, present[kind]))
            while one.looks and at - one.looks[0][0] > window:
                one.looks.popleft()
            one.stands = self._settled(one, window)
        settled = [kind for kind in FAULTS if self._kinds[kind].stands]
        if settled:
            self.light = settled[0]
        elif self._full(self._kinds[Light.DARK], self.settings.window_s):
            self.light = Light.GOOD

    def _settled(self, one: _Kind, window: float) -> bool:
        """Whether it stands now. Between the shares it stays as it was."""
        if not self._full(one, window):
            return one.stands and bool(one.looks)
        share = sum(there for _, there in one.looks) / len(one.looks)
        if share >= self.settings.window_share:
            return True
        return one.stands and share > 1 - self.settings.window_share

    def _full(self, one: _Kind, window: float) -> bool:
        return bool(one.looks) and one.looks[-1][0] - one.looks[0][0] >= 0.8 * window

    def _word(self, at: float) -> LightChanged | None:
        if self._to_take_back is not None and self._over():
            # Only what is seen to be over is taken back; of a shadow whose reference has grown old
            # nothing is known.
            over = bool(self._kinds[self._to_take_back].looks)
            self._to_take_back = None
            return LightChanged(Light.GOOD) if over else None
        mute = self._accepted | self.settings.shown_only
        standing = [kind for kind in FAULTS if self._kinds[kind].stands and kind not in mute]
        if not standing or not self._allowed(standing[0], at):
            return None
        kind = standing[0]
        told = self._told.get(kind, _Told())
        pause = min(self.settings.cool_down_s * 2**told.times, LONGEST_COOL_DOWN_S)
        self._told[kind] = replace(told, times=told.times + 1, next_at=at + pause)
        self._warned.append(at)
        again = self._to_take_back is kind
        self._to_take_back = kind
        return LightChanged(kind, repeated=again)

    def _over(self) -> bool:
        """Nothing stands but what is never told."""
        silent = self.settings.shown_only
        stands = any(one.stands for kind, one in self._kinds.items() if kind not in silent)
        return not stands and self.light in silent | {Light.GOOD}

    def _allowed(self, kind: Light, at: float) -> bool:
        """By the pauses and the caps."""
        settings, told = self.settings, self._told.get(kind, _Told())
        most = settings.max_per_kind if kind in REPEATED else min(1, settings.max_per_kind)
        while self._warned and at - self._warned[0] > 300:
            self._warned.popleft()
        return (
            told.times < most
            and at >= told.next_at
            and len(self._warned) < settings.max_in_five_minutes
            and (not self._warned or at - self._warned[-1] >= settings.pause_s)
        )

"""PURE: decisions about many utterances -> error rates with intervals, and a DET curve.

A trial is one utterance: what was said, what was heard, and the log-odds that the decision rests
on. From them come the share of commands that are accepted when so and so many other utterances
are, and the detection error trade-off (DET) between misses and false accepts.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.voice.base import Scores

Z95 = 1.959963984540054
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One utterance and what was made of it."""

    said: str | None
    """The phrase; None for anything that is none of the valid ones."""
    heard: str | None
    """The likeliest phrase, accepted or not; None when nothing was heard."""
    log_odds: float
    """Of `heard` against everything else, natural log; -inf when nothing was heard."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What else is known of the utterance: the kind of group -> the group."""

    @property
    def right(self) -> bool:
        """The best guess is what was said."""
        return self.said is not None and self.heard == self.said


@dataclass(frozen=True, slots=True)
class Share:
    """A share with Wilson's score interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """0 to 1; NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, within 0 to 1; all of it when nothing was counted.

        E. B. Wilson, «Probable inference», Journal of the American Statistical Association 22
        (1927). Unlike the normal approximation it holds for small counts and for 0 and all.
        """
        if not self.of:
            return 0.0, 1.0
        share, weight = self.hits / self.of, Z95**2 / self.of
        middle = (share + weight / 2) / (1 + weight)
        half = math.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
        return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events in so many hours, with Byar's interval."""

    events: int
    hours: float

    @property
    def value(self) -> float:
        """Events an hour; NaN in no time."""
        return self.events / self.hours if self.hours else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of a Poisson process' rate; (0, inf) in no time.

        Byar's approximation: N. E. Breslow, N. E. Day, «Statistical methods in cancer research»
        vol. II (1987), p. 69; exact for no event.
        """
        if not self.hours:
            return 0.0, math.inf
        low = _byar(self.events, -Z95) if self.events else 0.0
        high = _byar(self.events + 1, Z95) if self.events else -math.log(0.025)
        return low / self.hours, high / self.hours


def _byar(count: int, deviations: float) -> float:
    """The limit of a Poisson count that lies so many standard deviations off."""
    return float(count * (1 - 1 / (9 * count) + deviations / (3 * math.sqrt(count))) ** 3)


@dataclass(frozen=True, slots=True)
class DetPoint:
    """What one threshold costs."""

    threshold: float
    """Log-odds from which on an utterance is accepted."""
    false_accepts: float
    """Share of the other utterances that are accepted."""
    misses: float
    """Share of the commands that are not accepted as what they were."""


def best_phrase(scores: Scores) -> tuple[str | None, float]:
    """The likeliest phrase and its natural log-odds against garbage and all other phrases.

    (None, -inf) when there is no phrase, or when a score is not a number.
    """
    if not scores.phrases:
        return None, -math.inf
    best = max(scores.phrases, key=scores.phrases.__getitem__)
    rest = [scores.garbage, *(v for phrase, v in scores.phrases.items() if phrase != best)]
    if any(math.isnan(each) for each in (scores.phrases[best], *rest)):
        return None, -math.inf
    against = float(np.logaddexp.reduce(rest))
    if math.isinf(against) and against == scores.phrases[best]:
        return None, -math.inf
    return best, scores.phrases[best] - against


def top_1(trials: Iterable[Trial]) -> Share:
    """Forced choice: commands whose best guess is right, whatever its odds."""
    said = [trial.right for trial in trials if trial.said is not None]
    return Share(sum(said), len(said))


def accepted(trials: Iterable[Trial], threshold: float) -> Share:
    """Commands that are accepted as what they were."""
    said = [trial for trial in trials if trial.said is not None]
    return Share(sum(each.right and each.log_odds >= threshold for each in said), len(said))


def wrong(trials: Iterable[Trial], threshold: float) -> Share:
    """Commands that are accepted as something else."""
    said = [trial for trial in trials if trial.said is not None]
    return Share(sum(not each.right and each.log_odds >= threshold for each in said), len(said))


def false_accepts(trials: Iterable[Trial], threshold: float) -> Share:
    """Other utterances that are accepted as a command."""
    others = [trial for trial in trials if trial.said is None]
    return Share(sum(each.log_odds >= threshold for each in others), len(others))


def threshold_at(trials: Iterable[Trial], rate: float) -> float:
    """The lowest threshold at which at most a share `rate` (0 to 1) of the others is accepted.

    -inf when that holds for any; NaN when there are no others to tell by.
    """
    odds = sorted((each.log_odds for each in trials if each.said is None), reverse=True)
    if not odds:
        return math.nan
    allowed = math.floor(rate * len(odds) + 1e-9)
    return -math.inf if allowed >= len(odds) else float(np.nextafter(odds[allowed], math.inf))


def det(trials: Sequence[Trial]) -> list[DetPoint]:
    """The curve, from the strictest threshold to the laxest: one point for each step of it.

    Misses never rise and false accepts never fall along it. Empty when there are no commands or
    no other utterances.
    """
    said = [each for each in trials if each.said is not None]
    hits = np.sort([each.log_odds for each in said if each.right])
    others = np.sort([each.log_odds for each in trials if each.said is None])
    if not said or not len(others):
        return []
    every = np.unique(np.concatenate([hits, others]))[::-1]
    kept = len(hits) - np.searchsorted(hits, every)
    falsely = len(others) - np.searchsorted(others, every)
    points = [DetPoint(math.inf, 0.0, 1.0)]
    for threshold, hit, false in zip(every, kept, falsely, strict=True):
        point = DetPoint(float(threshold), float(false / len(others)), 1 - float(hit / len(said)))
        points.append(point)
    return points


def equal_error_rate(curve: Sequence[DetPoint]) -> float:
    """Where misses and false accepts are alike, 0 to 1; NaN without a curve."""
    if not curve:
        return math.nan
    nearest = min(curve, key=lambda point: abs(point.false_accepts - point.misses))
    return (nearest.false_accepts + nearest.misses) / 2


def by_group(trials: Iterable[Trial], kind: str) -> dict[str, list[Trial]]:
    """The trials of each group of one kind; those that belong to none are left out."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        if group := trial.groups.get(kind):
            found.setdefault(group, []).append(trial)
    return found


def worst_group(
    trials: Iterable[Trial], kind: str, threshold: float, least: int = 1
) -> tuple[str, Share] | None:
    """The group of a kind in which the smallest share of commands is accepted, and that share.

    Groups with fewer than `least` commands are not asked; None when there is none.
    """
    shares = {group: accepted(of, threshold) for group, of in by_group(trials, kind).items()}
    asked = {group: share for group, share in shares.items() if share.of >= least}
    if not asked:
        return None
    worst = min(asked, key=lambda group: asked[group].value)
    return worst, asked[worst]

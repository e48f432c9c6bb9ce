"""PURE: the weights that turn opinions into log-odds, by maximum likelihood.

A softmax over the phrases and «none of these».
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NAMES = ("fit", "excess", "templates", "words", "sound", "doubt", "clarity")
"""The weights of `Weights`, in this order."""

SMOOTHING = 0.01
"""What the square of a weight costs."""

STEPS, RATE = 600, 0.05

SCALES = np.arange(0.5, 4.05, 0.1)
"""How much surer than smoothing leaves them the scores may be."""

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One recording."""

    features: Numbers
    """Shape (phrases, 4): of each on the shortlist what its `Opinions` are, the excess negative."""
    sounds: int
    clarity: float
    """Both as in `Evidence`."""
    said: bool
    """Whether it was one of the valid phrases."""
    right: Places
    """Shape (phrases,): those that mean what was said. All False although `said`: the shortlist has
    lost it."""
    of: str
    """The set that it belongs to,"""
    kind: str = ""
    """and the kind of set."""


def log_odds(example: Example, weights: Numbers) -> tuple[bool, float]:
    """Whether the best phrase is right, and its log-odds against all that mean something else."""
    scores, right = _scores(example, weights), np.append(example.right, not example.said)
    if len(scores) == 1:
        return False, -np.inf
    best = int(scores[:-1].argmax())
    against = ~right if right[best] else np.arange(len(scores)) != best
    return bool(right[best]), float(scores[best] - np.logaddexp.reduce(scores[against]))


def _scores(example: Example, weights: Numbers) -> Numbers:
    """Of the phrases, and last of «none of these»."""
    return np.append(example.features @ weights[:4], _none_of_these(example) @ weights[4:])


def _none_of_these(example: Example) -> Numbers:
    return np.array([-example.sounds, 1.0, example.clarity])


def fit_weights(found: Sequence[Example], use: Numbers) -> Numbers:
    """Gradient ascent (Adam), then made as sure as it is right.

    use: 1 for a weight that may move, 0 for one that stays 0. Returns the weights in the order of
    `NAMES`. Every kind of set weighs the same; in it what was said as much as anything else; of
    each of these every set the same.
    """
    weights = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.0]) * use
    learnt = _weighed([example for example in found if example.right.any() or not example.said])
    mean, spread = np.zeros(len(weights)), np.zeros(len(weights))
    for step in range(1, STEPS + 1):
        rise = -2 * SMOOTHING * weights * np.array([1, 1, 1, 1, 1, 0.1, 1])
        for example, weight in learnt:
            rise += weight * slope(example, weights)
        mean, spread = 0.9 * mean + 0.1 * rise, 0.99 * spread + 0.01 * rise**2
        move = (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-9)
        weights = weights + RATE * (1 - step / STEPS) * move * use
    return max((scale * weights for scale in SCALES), key=lambda each: likelihood(learnt, each))


def _weighed(learnt: Sequence[Example]) -> list[tuple[Example, float]]:
    """What each counts for; 1 in all."""
    sizes = Counter((example.kind, example.said, example.of) for example in learnt)
    sets = Counter((kind, said) for kind, said, _ in sizes)
    return [
        (each, 1 / sizes[each.kind, each.said, each.of] / sets[each.kind, each.said] / len(sets))
        for each in learnt
    ]


def likelihood(learnt: Iterable[tuple[Example, float]], weights: Numbers) -> float:
    """Natural log, of examples that count for so much each."""
    total = 0.0
    for example, weight in learnt:
        scores, right = _scores(example, weights), np.append(example.right, not example.said)
        total += weight * float(np.logaddexp.reduce(scores[right]) - np.logaddexp.reduce(scores))
    return total


def slope(example: Example, weights: Numbers) -> Numbers:
    """Of the log-likelihood of one example; shape as the weights."""
    scores, right = _scores(example, weights), np.append(example.right, not example.said)
    likely = np.exp(scores - np.logaddexp.reduce(scores))
    wanted = np.where(right, np.exp(scores - np.logaddexp.reduce(scores[right])), 0)
    off = wanted - likely
    return np.array([*(off[:-1] @ example.features), *(off[-1] * _none_of_these(example))])


def report(found: Sequence[Example], weights: Numbers) -> Iterator[str]:
    """For every set of phrases: top-1, and what is accepted where few others are."""
    decided = [(each, *log_odds(each, weights)) for each in found]
    for of in dict.fromkeys(each.of for each in found if each.said):
        said = [(right, odds) for each, right, odds in decided if each.said and each.of == of]
        # The commands have no others of their own: all talk stands for them.
        others = [odds for each, _, odds in decided if not each.said and each.of == of]
        others = others or [odds for each, _, odds in decided if not each.said]
        cells = [f"{of}: top-1 {np.mean([right for right, _ in said]):.3f}"]
        for share in (0.01, 0.03, 0.05):
            limit = np.quantile(others, 1 - share, method="higher")
            accepted = np.mean([right and odds > limit for right, odds in said])
            cells.append(f"{accepted:.3f} at {share:.0%} (log-odds {limit:.2f})")
        yield ", ".join(cells)

"""PURE: scores -> the command that was said, or nothing.

An utterance is a command when its best command is likely enough against everything else that it
may have been: «none of these», and every phrase of another command that is valid now. How likely
is enough depends on what the command can do.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from agent.messages import Command
from agent.voice.base import Scores
from agent.voice.commands import Grammar, Risk


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The natural log-odds that a command of each risk class needs; 0 is as likely as not.

    Scores are calibrated by the engine (`Scores`), so these hold for all of them; they were
    chosen with `python -m bench.voice`.
    """

    green: float = 0.3
    yellow: float = 0.7
    red: float = 1.5

    def of(self, risk: Risk) -> float:
        """The log-odds for a class."""
        return {Risk.GREEN: self.green, Risk.YELLOW: self.yellow, Risk.RED: self.red}[risk]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and what it was decided on; never what was said."""

    command: Command | None
    """None: not a command, or not surely enough."""
    best: Command | None
    """The most likely command, accepted or not; None when nothing is valid or nothing counts."""
    log_odds: float
    """Natural log of P(best) / P(anything else); -inf when there is no best."""


NOTHING = Decision(None, None, -math.inf)


def decide(scores: Scores, grammar: Grammar, thresholds: Thresholds) -> Decision:
    """Accept the most likely command or nothing.

    scores: for phrases of `grammar`. Anything that is not a number rejects.
    """
    by_command: dict[Command, list[float]] = {}
    for phrase, score in scores.phrases.items():
        by_command.setdefault(grammar.command_of(phrase), []).append(score)
    likely = {command: _log_sum(forms) for command, forms in by_command.items()}
    if not likely or any(math.isnan(each) for each in (*likely.values(), scores.garbage)):
        return NOTHING
    best = max(likely, key=likely.__getitem__)
    others = _log_sum([scores.garbage, *(v for command, v in likely.items() if command != best)])
    if math.isinf(likely[best]) and math.isinf(others):
        return NOTHING  # Neither this nor anything else: there is no telling.
    log_odds = likely[best] - others
    needed = thresholds.of(grammar.risk_of(best))
    return Decision(best if log_odds >= needed else None, best, log_odds)


def _log_sum(logs: Iterable[float]) -> float:
    """The log of the sum of exponentials; NaN stays NaN."""
    values = list(logs)
    top = max(values)
    if any(math.isnan(value) for value in values):
        return math.nan
    if math.isinf(top):
        return top
    return top + math.log(sum(math.exp(value - top) for value in values))

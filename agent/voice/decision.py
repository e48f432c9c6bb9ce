"""PURE: scores -> the command that was said, or nothing.

An utterance is a command when its best phrase leads clearly: over «none of these», and over the
best phrase that belongs to another command. How clearly depends on what the command can do.
"""

from dataclasses import dataclass

from agent.messages import Command
from agent.voice.base import Scores
from agent.voice.commands import Grammar, Risk


@dataclass(frozen=True, slots=True)
class Margins:
    """The leads that a command needs, in the recogniser's own units. At least 0."""

    garbage: float
    """Over «none of these»."""
    rival: float
    """Over the best phrase of another command that is valid now."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The leads per risk class.

    They belong to one engine and one model; the defaults are those of `templates`, chosen with
    `python -m bench.voice`.
    """

    green: Margins = Margins(0.10, 0.05)
    yellow: Margins = Margins(0.12, 0.08)
    red: Margins = Margins(0.14, 0.10)

    def of(self, risk: Risk) -> Margins:
        """The leads for a class."""
        return {Risk.GREEN: self.green, Risk.YELLOW: self.yellow, Risk.RED: self.red}[risk]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and the leads it was decided on; never what was said."""

    command: Command | None
    """None: not a command, or not surely enough."""
    garbage_margin: float
    rival_margin: float
    """Infinite when no other command is valid."""


NOTHING = Decision(None, 0.0, 0.0)


def decide(scores: Scores, grammar: Grammar, thresholds: Thresholds) -> Decision:
    """Accept the best phrase's command or nothing.

    scores: higher is better, for phrases of `grammar`. Anything that is not a number rejects.
    """
    by_command: dict[Command, float] = {}
    for phrase, score in scores.phrases.items():
        command = grammar.command_of(phrase)
        by_command[command] = max(score, by_command.get(command, score))
    if not by_command:
        return NOTHING
    best = max(by_command, key=by_command.__getitem__)
    rivals = [score for command, score in by_command.items() if command is not best]
    over_garbage = by_command[best] - scores.garbage
    over_rival = by_command[best] - max(rivals, default=float("-inf"))
    needed = thresholds.of(grammar.risk_of(best))
    # Written so that a score that is not a number is never enough.
    accepted = over_garbage >= needed.garbage and over_rival >= needed.rival
    return Decision(best if accepted else None, over_garbage, over_rival)

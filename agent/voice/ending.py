"""PURE: how much silence after a command is enough to obey it.

Waiting longer than `draft_s` buys two things: the phrase may go on («zoom …»), and speech that
goes on is talk. A command that can be repeated without harm and was heard clearly waits less.
"""

from agent.messages import Command
from agent.voice.commands import Grammar, Risk
from agent.voice.decision import Decision, Thresholds
from agent.voice.segmenter import SegmenterSettings

CLEARLY = 2.0
"""Natural log-odds above the threshold: 91 of 100 instead of 57, at the threshold of green."""


def silence_needed(
    decision: Decision, grammar: Grammar, thresholds: Thresholds, settings: SegmenterSettings
) -> float:
    """Seconds of silence after the speech before this decision holds."""
    command = decision.command
    if command is None or grammar.risk_of(command) is not Risk.GREEN:
        return settings.hang_over_s
    if decision.log_odds < thresholds.green + CLEARLY or may_go_on(command, grammar):
        return settings.hang_over_s
    return min(settings.early_s, settings.hang_over_s)


def may_go_on(command: Command, grammar: Grammar) -> bool:
    """Another command's phrase begins with one of this command's, as «ja bekreft» with «ja»."""
    own = [phrase for phrase in grammar.phrases if grammar.command_of(phrase) is command]
    others = [phrase for phrase in grammar.phrases if grammar.command_of(phrase) is not command]
    return any(other.startswith(f"{phrase} ") for phrase in own for other in others)

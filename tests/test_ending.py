"""How much silence is enough: less for what is harmless and clear."""

import pytest

from agent.messages import Command
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import NOTHING, Decision, Thresholds
from agent.voice.ending import CLEARLY, may_go_on, silence_needed
from agent.voice.segmenter import SegmenterSettings

SETTINGS = SegmenterSettings()
THRESHOLDS = Thresholds()
GRAMMAR = Grammar(
    [
        CommandPhrases(Command.DONE, Risk.GREEN, ("ja", "klart")),
        CommandPhrases(Command.CONFIRM, Risk.GREEN, ("bekreft", "ja bekreft")),
        CommandPhrases(Command.NO, Risk.GREEN, ("nei",)),
        CommandPhrases(Command.START_VIDEO, Risk.YELLOW, ("start video",)),
        CommandPhrases(Command.END_VIDEO, Risk.RED, ("avslutt video",)),
    ]
)
CLEAR = THRESHOLDS.green + CLEARLY


@pytest.mark.parametrize(
    ("command", "log_odds", "seconds"),
    [
        (Command.NO, CLEAR, SETTINGS.early_s),
        (Command.NO, CLEAR - 0.1, SETTINGS.hang_over_s),
        (Command.DONE, 50.0, SETTINGS.hang_over_s),
        (Command.CONFIRM, CLEAR, SETTINGS.early_s),
        (Command.START_VIDEO, 50.0, SETTINGS.hang_over_s),
        (Command.END_VIDEO, 50.0, SETTINGS.hang_over_s),
    ],
)
def test_the_silence_that_a_command_needs(
    command: Command, log_odds: float, seconds: float
) -> None:
    decision = Decision(command, command, log_odds)

    assert silence_needed(decision, GRAMMAR, THRESHOLDS, SETTINGS) == seconds


def test_what_is_no_command_is_waited_out() -> None:
    assert silence_needed(NOTHING, GRAMMAR, THRESHOLDS, SETTINGS) == SETTINGS.hang_over_s


def test_early_is_never_later_than_late() -> None:
    impatient = SegmenterSettings(hang_over_s=0.15)
    decision = Decision(Command.NO, Command.NO, 50.0)

    assert silence_needed(decision, GRAMMAR, THRESHOLDS, impatient) == 0.15


def test_only_whole_words_of_other_commands_go_on() -> None:
    rows = [
        CommandPhrases(Command.DONE, Risk.GREEN, ("ja", "ja takk")),
        CommandPhrases(Command.BACK, Risk.GREEN, ("jaktlag",)),
    ]

    assert may_go_on(Command.DONE, GRAMMAR)
    assert not may_go_on(Command.DONE, Grammar(rows))

"""Scores -> command or nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Command
from agent.voice.base import Scores
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Margins, Thresholds, decide

GRAMMAR = Grammar(
    [
        CommandPhrases(Command.MUTE, Risk.GREEN, ("demp mikrofon", "demp mikrofonen")),
        CommandPhrases(Command.START_VIDEO, Risk.YELLOW, ("start video",)),
        CommandPhrases(Command.END_VIDEO, Risk.RED, ("avslutt video",)),
    ]
)
THRESHOLDS = Thresholds(Margins(0.1, 0.05), Margins(0.2, 0.1), Margins(0.3, 0.2))


def scores(
    garbage: float, mute: float = -9, mute_too: float = -9, start: float = -9, end: float = -9
) -> Scores:
    return Scores(
        {
            "demp mikrofon": mute,
            "demp mikrofonen": mute_too,
            "start video": start,
            "avslutt video": end,
        },
        garbage,
    )


@pytest.mark.parametrize(
    ("given_scores", "command"),
    [
        pytest.param(scores(-0.5, mute=-0.35), Command.MUTE, id="clear"),
        pytest.param(scores(-0.5, mute=-0.45), None, id="too near to garbage"),
        pytest.param(scores(-0.4, mute=-0.5), None, id="garbage is better"),
        pytest.param(scores(-0.5, mute=-0.3, start=-0.33), None, id="too near to another command"),
        pytest.param(scores(-0.5, mute=-0.3, mute_too=-0.3), Command.MUTE, id="its own other form"),
        pytest.param(scores(-0.5, start=-0.35), None, id="enough for green only"),
        pytest.param(scores(-0.5, start=-0.25), Command.START_VIDEO, id="enough for yellow"),
        pytest.param(scores(-0.5, end=-0.25), None, id="enough for yellow only"),
        pytest.param(scores(-0.5, end=-0.15), Command.END_VIDEO, id="enough for red"),
        pytest.param(scores(-0.5, end=-0.15, mute=-0.3), None, id="red needs a longer lead"),
        pytest.param(scores(-0.5, mute=math.nan), None, id="not a number"),
        pytest.param(scores(math.nan, mute=-0.1), None, id="garbage is not a number"),
        pytest.param(scores(-math.inf, mute=-math.inf), None, id="nothing at all"),
    ],
)
def test_a_command_needs_its_leads(given_scores: Scores, command: Command | None) -> None:
    assert decide(given_scores, GRAMMAR, THRESHOLDS).command is command


def test_no_phrases_no_command() -> None:
    assert decide(Scores({}, -1.0), GRAMMAR, THRESHOLDS).command is None


def test_the_only_command_has_no_rival() -> None:
    alone = decide(Scores({"start video": -0.1}, -0.5), GRAMMAR, THRESHOLDS)

    assert alone.command is Command.START_VIDEO
    assert alone.rival_margin == math.inf


@given(*[st.floats(-2, 0)] * 5, st.floats(0, 2))
def test_more_garbage_never_makes_a_command(
    mute: float, mute_too: float, start: float, end: float, garbage: float, more: float
) -> None:
    quiet = decide(scores(garbage, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)
    loud = decide(scores(garbage + more, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)

    assert loud.command in (None, quiet.command)


@given(*[st.floats(-2, 0)] * 5, st.floats(-1, 1))
def test_only_differences_count(
    mute: float, mute_too: float, start: float, end: float, garbage: float, shift: float
) -> None:
    one = decide(scores(garbage, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)
    moved = [value + shift for value in (garbage, mute, mute_too, start, end)]
    other = decide(scores(*moved), GRAMMAR, THRESHOLDS)

    assert other.garbage_margin == pytest.approx(one.garbage_margin, abs=1e-9)
    assert other.rival_margin == pytest.approx(one.rival_margin, abs=1e-9)

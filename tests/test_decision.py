"""Scores -> command or nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Command
from agent.voice.base import Scores
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import NOTHING, Thresholds, decide

GRAMMAR = Grammar(
    [
        CommandPhrases(Command.MUTE, Risk.GREEN, ("demp mikrofon", "demp mikrofonen")),
        CommandPhrases(Command.START_VIDEO, Risk.YELLOW, ("start video",)),
        CommandPhrases(Command.END_VIDEO, Risk.RED, ("avslutt video",)),
    ]
)
THRESHOLDS = Thresholds(green=1, yellow=2, red=3)


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
        pytest.param(scores(-5, mute=-3.5), Command.MUTE, id="clear"),
        pytest.param(scores(-5, mute=-4.5), None, id="too near to garbage"),
        pytest.param(scores(-4, mute=-5), None, id="garbage is better"),
        pytest.param(scores(-5, mute=-3, start=-3.3), None, id="too near to another command"),
        pytest.param(scores(-5, mute=-3, mute_too=-3), Command.MUTE, id="its own other form"),
        pytest.param(scores(-5, start=-3.5), None, id="enough for green only"),
        pytest.param(scores(-5, start=-2.5), Command.START_VIDEO, id="enough for yellow"),
        pytest.param(scores(-5, end=-2.5), None, id="enough for yellow only"),
        pytest.param(scores(-5, end=-1.5), Command.END_VIDEO, id="enough for red"),
        pytest.param(scores(-5, end=-1.5, mute=-3), None, id="red needs a longer lead"),
        pytest.param(scores(-5, mute=math.nan), None, id="not a number"),
        pytest.param(scores(math.nan, mute=-1), None, id="garbage is not a number"),
        pytest.param(scores(-math.inf, *[-math.inf] * 4), None, id="nothing at all"),
        pytest.param(scores(-math.inf, mute=-1), Command.MUTE, id="nothing but this"),
    ],
)
def test_a_command_needs_its_odds(given_scores: Scores, command: Command | None) -> None:
    assert decide(given_scores, GRAMMAR, THRESHOLDS).command is command


def test_no_phrases_no_command() -> None:
    assert decide(Scores({}, -1.0), GRAMMAR, THRESHOLDS) == NOTHING


def test_the_odds_are_those_of_a_softmax() -> None:
    likely = {"a": math.exp(-2.0), "b": math.exp(-1.5), "c": math.exp(-4.0), "d": math.exp(-3.0)}
    given_scores = scores(-3.0, mute=-2.0, mute_too=-1.5, start=-4.0, end=-9.0)
    rest = likely["c"] + likely["d"] + math.exp(-9.0)

    decision = decide(given_scores, GRAMMAR, THRESHOLDS)

    assert decision.best is Command.MUTE
    assert decision.log_odds == pytest.approx(math.log((likely["a"] + likely["b"]) / rest))


@given(*[st.floats(-9, 0)] * 5, st.floats(0, 9))
def test_more_garbage_never_makes_a_command(
    mute: float, mute_too: float, start: float, end: float, garbage: float, more: float
) -> None:
    quiet = decide(scores(garbage, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)
    loud = decide(scores(garbage + more, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)

    assert loud.command in (None, quiet.command)


@given(*[st.floats(-9, 0)] * 5, st.floats(-5, 5))
def test_only_differences_count(
    mute: float, mute_too: float, start: float, end: float, garbage: float, shift: float
) -> None:
    one = decide(scores(garbage, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)
    moved = [value + shift for value in (garbage, mute, mute_too, start, end)]
    other = decide(scores(*moved), GRAMMAR, THRESHOLDS)

    assert other.log_odds == pytest.approx(one.log_odds, abs=1e-9)


@given(*[st.floats(allow_nan=True, allow_infinity=True)] * 5)
def test_any_number_gives_a_decision(
    mute: float, mute_too: float, start: float, end: float, garbage: float
) -> None:
    decision = decide(scores(garbage, mute, mute_too, start, end), GRAMMAR, THRESHOLDS)

    assert not math.isnan(decision.log_odds)
    assert decision.command in (None, decision.best)

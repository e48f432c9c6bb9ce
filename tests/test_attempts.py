"""Tries in vain, told from talk."""

import math

import numpy as np
import pytest

from agent.frames import SAMPLE_RATE
from agent.messages import Command
from agent.voice.attempts import CALM_S, NEAR_MISS, TOGETHER_S, Attempts
from agent.voice.base import Utterance
from agent.voice.decision import NOTHING, Decision

NEAR = Decision(None, Command.STATUS, NEAR_MISS + 1)


def said(at: float, lasts: float = 1.0) -> Utterance:
    start, count = round(at * SAMPLE_RATE), round(lasts * SAMPLE_RATE)
    return Utterance(np.ones(count, np.int16), start, start + count)


def test_tries_in_a_row_are_counted() -> None:
    attempts = Attempts()

    assert [attempts.unknown(said(at), NEAR) for at in (2, 5, 9)] == [1, 2, 3]


def test_tries_far_apart_are_no_row() -> None:
    attempts = Attempts()
    attempts.unknown(said(2), NEAR)

    assert attempts.unknown(said(3 + TOGETHER_S + 0.1), NEAR) == 1


def test_understanding_ends_the_row() -> None:
    attempts = Attempts()
    attempts.unknown(said(2), NEAR)
    attempts.understood()

    assert attempts.unknown(said(5), NEAR) == 1


@pytest.mark.parametrize(
    ("utterance", "decision"),
    [
        (said(5, lasts=0.3), NEAR),
        (said(5, lasts=3.0), NEAR),
        (said(5), Decision(None, Command.STATUS, NEAR_MISS - 0.1)),
        (said(5), NOTHING),
        (said(5), Decision(None, Command.STATUS, math.nan)),
    ],
)
def test_what_does_not_look_like_a_command_is_talk(
    utterance: Utterance, decision: Decision
) -> None:
    attempts = Attempts()
    attempts.unknown(said(2), NEAR)

    assert attempts.unknown(utterance, decision) == 0
    assert attempts.unknown(said(utterance.end / SAMPLE_RATE + CALM_S), NEAR) == 1


def test_soon_after_talk_nothing_is_a_try() -> None:
    attempts = Attempts()
    attempts.talk(5 * SAMPLE_RATE)

    assert attempts.unknown(said(5 + CALM_S - 0.1), NEAR) == 0
    # It was talk itself: a pause has to come first.
    assert attempts.unknown(said(8), NEAR) == 0
    assert attempts.unknown(said(9 + CALM_S), NEAR) == 1

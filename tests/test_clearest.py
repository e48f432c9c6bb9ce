"""The recogniser gets the microphone's own sound where the echo in it is faint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Samples
from agent.voice.base import Utterance
from agent.voice.clearest import BEFORE, CLEAR_DB, TAKEN_DB, clearest

LENGTH = 8000
NURSE = 3000.0


def noise(level: float, count: int, seed: int = 0) -> Samples:
    sound = np.random.default_rng(seed).normal(0, level, count)
    return np.clip(sound, -32767, 32767).astype(np.int16)


def below(db: float) -> float:
    """A root mean square so much below the nurse's."""
    return float(NURSE * 10 ** (-db / 20))


@pytest.mark.parametrize(
    ("beside", "taken", "own"),
    [
        (below(26), 1.8, True),  # An earpiece.
        (below(16), 1.8, True),
        (below(CLEAR_DB - 2), 1.8, False),  # A loudspeaker on the table.
        (below(60), TAKEN_DB + 1, False),  # The clinic begins to talk: it is all echo.
        (0.0, 0.0, True),
    ],
)
def test_what_is_clear_is_left_as_it_is(beside: float, taken: float, own: bool) -> None:
    raw = noise(NURSE, LENGTH)
    cleaned = (raw * 10 ** (-taken / 20)).astype(np.int16)
    utterance = Utterance(cleaned, 20_000, 20_000 + LENGTH)

    best = clearest(utterance, raw, noise(beside, BEFORE, seed=1))

    assert np.array_equal(best.samples, raw if own else cleaned)
    assert (best.start, best.end) == (utterance.start, utterance.end)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 700), st.floats(0, 20_000))
def test_any_length_is_borne(own: int, cleaned: int, before: int, level: float) -> None:
    utterance = Utterance(noise(level, cleaned), 0, cleaned)

    best = clearest(utterance, noise(level, own), noise(level, before))

    assert len(best.samples) == cleaned


def test_what_was_said_before_it_is_beside_it() -> None:
    # Nothing is known of how much of it is echo, so it stays cleaned.
    raw = noise(NURSE, LENGTH)
    utterance = Utterance(raw // 2, 0, LENGTH)

    assert clearest(utterance, raw, noise(NURSE, BEFORE)) is utterance

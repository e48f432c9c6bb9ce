"""What `bench.vad` counts."""

import numpy as np
import pytest

from agent.frames import SAMPLE_RATE
from bench.vad import LEVEL, Candidate, EnergyDetector, errors_ms, material, measure, spans, trimmed

NAN = float("nan")


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], []),
        ([0.1, 0.4], []),
        ([0.1, 0.6, 0.4, 0.2, 0.4], [(1, 3)]),
        ([0.6, 0.9, 0.4, 0.9], [(0, 2), (3, 4)]),
        ([0.6, NAN, 0.6], [(0, 1), (2, 3)]),
        ([0.1, 0.9, 0.9], [(1, 3)]),
    ],
)
def test_speech_has_hysteresis(probabilities: list[float], expected: list[tuple[int, int]]) -> None:
    assert spans(probabilities, 0.5, 0.5) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], None),
        ([(0, 50)], None),
        ([(55, 90)], (100, -200)),
        ([(45, 70), (80, 105)], (-100, 100)),
        ([(100, 120)], None),
    ],
)
def test_how_late_a_word_is_found(
    found: list[tuple[int, int]], expected: tuple[float, float] | None
) -> None:
    assert errors_ms(found, SAMPLE_RATE, 2 * SAMPLE_RATE) == expected


def test_what_is_around_a_word_is_cut_off() -> None:
    word = (np.sin(np.arange(8000) * 0.3) * 9000).astype(np.int16)
    faint = np.resize(np.array([3, -3], np.int16), 16_000)

    found = trimmed(np.concatenate([faint, word, faint]))

    assert len(found) == pytest.approx(8000, abs=320)
    assert np.sqrt(np.mean(found**2)) == pytest.approx(LEVEL)
    assert not trimmed(np.zeros(8000, np.int16)).size


def test_loud_words_in_a_quiet_room_are_found_by_their_energy() -> None:
    words, noises = material(None, 6)

    found = measure(Candidate("energy", EnergyDetector, 0.5, 0.35), words, noises, None)

    assert found.words == len(found.onsets_ms) == 6
    assert found.false_s == 0
    assert np.abs(found.onsets_ms).max() <= 100
    assert found.line("energy").startswith("energy")

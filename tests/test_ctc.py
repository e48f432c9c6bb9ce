"""Connectionist temporal classification against every path, one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.voice.backends.ctc import IMPOSSIBLE, LogProbs, Sequences, best_path

CLASSES = 4


def frames_of(seed: int, count: int) -> LogProbs:
    odds = np.random.default_rng(seed).normal(0, 2, (count, CLASSES))
    logs = odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)
    return logs.astype(np.float32)


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sound for sound, _ in itertools.groupby(path) if sound)


def by_hand(frames: LogProbs, sequence: tuple[int, ...]) -> float:
    """The sum over all paths."""
    total = -np.inf
    for path in itertools.product(range(CLASSES), repeat=len(frames)):
        if collapsed(path) == sequence:
            total = np.logaddexp(total, sum(frames[t, c] for t, c in enumerate(path)))
    return float(total)


sequences = st.lists(st.integers(1, CLASSES - 1), min_size=1, max_size=4).map(tuple)


@given(st.integers(0, 1000), st.integers(1, 5), st.lists(sequences, min_size=1, max_size=4))
def test_it_is_the_sum_over_all_paths(
    seed: int, count: int, several: list[tuple[int, ...]]
) -> None:
    frames = frames_of(seed, count)

    found = Sequences(several).log_likelihoods(frames)

    for value, sequence in zip(found, several, strict=True):
        expected = by_hand(frames, sequence)
        if np.isinf(expected):
            assert value < IMPOSSIBLE / 2
        else:
            assert value == pytest.approx(expected, abs=1e-4)


@given(st.integers(0, 1000), st.integers(1, 6))
def test_the_best_path_is_the_likeliest(seed: int, count: int) -> None:
    frames = frames_of(seed, count)

    value, sounds = best_path(frames)

    paths = itertools.product(range(CLASSES), repeat=count)
    likeliest = max(paths, key=lambda path: sum(frames[t, c] for t, c in enumerate(path)))
    assert value == pytest.approx(sum(frames[t, c] for t, c in enumerate(likeliest)), abs=1e-4)
    assert sounds == len(collapsed(likeliest))

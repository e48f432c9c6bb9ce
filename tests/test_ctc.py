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


def best_by_hand(frames: LogProbs, sequence: tuple[int, ...]) -> float:
    """The likeliest path against the likeliest class of every frame; -inf when there is none."""
    against = frames - frames.max(axis=1, keepdims=True)
    paths = itertools.product(range(CLASSES), repeat=len(frames))
    fitting = [path for path in paths if collapsed(path) == sequence]
    return max(
        (float(sum(against[t, c] for t, c in enumerate(p))) for p in fitting), default=-np.inf
    )


def among_by_hand(frames: LogProbs, words: list[tuple[int, ...]]) -> float:
    """The words one after the other, whatever lies between and around them for nothing."""
    if not words:
        return 0.0
    count = len(frames)
    return max(
        (
            best_by_hand(frames[first:last], words[0]) + among_by_hand(frames[last:], words[1:])
            for first in range(count)
            for last in range(first + 1, count + 1)
        ),
        default=-np.inf,
    )


distinct = st.permutations(range(1, CLASSES)).map(tuple)
cuts = st.sets(st.integers(1, CLASSES - 2))


@given(st.integers(0, 1000), st.integers(1, 5), st.lists(st.tuples(distinct, cuts), min_size=1))
def test_excess_is_what_is_gained_when_anything_may_stand_around_and_between_words(
    seed: int, count: int, several: list[tuple[tuple[int, ...], set[int]]]
) -> None:
    frames = frames_of(seed, count)

    sounds, gaps = [each for each, _ in several], [sorted(places) for _, places in several]
    found = Sequences(sounds, gaps).excess(frames)

    for value, sequence, places in zip(found, sounds, gaps, strict=True):
        alone = best_by_hand(frames, sequence)
        words = [sequence[a:b] for a, b in itertools.pairwise((0, *places, len(sequence)))]
        expected = 0.0 if np.isinf(alone) else among_by_hand(frames, words) - alone
        assert value == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 1000), st.integers(1, 6))
def test_the_best_path_is_the_likeliest(seed: int, count: int) -> None:
    frames = frames_of(seed, count)

    value, sounds = best_path(frames)

    paths = itertools.product(range(CLASSES), repeat=count)
    likeliest = max(paths, key=lambda path: sum(frames[t, c] for t, c in enumerate(path)))
    assert value == pytest.approx(sum(frames[t, c] for t, c in enumerate(likeliest)), abs=1e-4)
    assert sounds == len(collapsed(likeliest))

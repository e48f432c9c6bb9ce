"""Two clocks and a buffer between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from agent.playout import Playout, Sound

PITCH, LEVEL = 440, 8000
NO_CLICK = 1.3 * LEVEL * 2 * np.pi * PITCH / SAMPLE_RATE
"""The tone's own steepest step, and a little."""


def tone(start: int, count: int = FRAME_SAMPLES, rate: float = SAMPLE_RATE) -> Samples:
    at = np.arange(start, start + count) / rate
    return (np.sin(2 * np.pi * PITCH * at) * LEVEL).astype(np.int16)


def playout() -> Playout:
    return Playout(FRAME_SAMPLES, target=2, highest=5, most=10)


def played(buffer: Playout, seconds: float, *, drift: float = 0.0, jitter_s: float = 0.0) -> Sound:
    """A tone through the buffer.

    drift: how much faster the sender's clock is. jitter_s: each piece is late by up to so much.
    """
    chance = np.random.default_rng(0)
    period = FRAME_SAMPLES / SAMPLE_RATE / (1 + drift)
    count = int(seconds / period)
    arrivals = np.sort(np.arange(count) * period + chance.uniform(0, jitter_s, count))
    heard, sent = [], 0
    for tick in range(int(seconds * SAMPLE_RATE / FRAME_SAMPLES) - 1):
        while sent < count and arrivals[sent] <= tick * FRAME_SAMPLES / SAMPLE_RATE:
            buffer.put(tone(sent * FRAME_SAMPLES))
            sent += 1
        heard.append(buffer.read(FRAME_SAMPLES))
    return np.concatenate(heard)


def test_nothing_is_heard_before_there_is_enough_in_hand() -> None:
    buffer = playout()
    buffer.put(tone(0))
    assert not buffer.read(FRAME_SAMPLES).any()

    buffer.put(tone(FRAME_SAMPLES))
    assert buffer.read(FRAME_SAMPLES).any()


@pytest.mark.parametrize("drift", [-300e-6, -100e-6, 0.0, 100e-6, 300e-6])
@pytest.mark.parametrize("jitter_s", [0.0, 0.02])
def test_clocks_that_differ_cost_nothing(drift: float, jitter_s: float) -> None:
    """300 ppm are 120 ms in 400 s: three times what is in hand."""
    buffer = playout()

    heard = played(buffer, 400, drift=drift, jitter_s=jitter_s)

    assert buffer.lost == 0
    assert buffer.gaps <= (3 if jitter_s else 0)
    settled = heard[300 * SAMPLE_RATE :]
    assert np.abs(np.diff(settled)).max() < NO_CLICK
    assert np.sqrt(np.mean(settled**2)) == pytest.approx(LEVEL / np.sqrt(2), rel=0.01)


def test_where_it_runs_dry_again_and_again_more_is_kept_in_hand() -> None:
    buffer = playout()
    played(buffer, 60, jitter_s=0.07)
    first = buffer.gaps

    played(buffer, 20, jitter_s=0.07)

    assert first <= 5
    assert buffer.gaps - first <= 2


def test_sound_that_breaks_off_fades_and_fades_in_again() -> None:
    buffer, heard, at = playout(), [], 0
    for tick in range(60):
        if tick not in range(20, 30):
            buffer.put(tone(at))
            at += FRAME_SAMPLES
        heard.append(buffer.read(FRAME_SAMPLES))
    sound = np.concatenate(heard)

    assert buffer.gaps == 1
    assert not heard[27].any()
    assert np.abs(np.diff(sound[FRAME_SAMPLES:])).max() < NO_CLICK


def test_when_nobody_reads_the_oldest_are_lost_and_counted() -> None:
    buffer = playout()
    for number in range(13):
        buffer.put(np.full(FRAME_SAMPLES, 100 * (number + 1), np.int16))

    assert buffer.lost == 3
    assert buffer.read(10 * FRAME_SAMPLES).max() > 1000


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1000)), max_size=40),
    st.sampled_from([-32768, -1, 0, 5, 32767]),
)
def test_any_rhythm_of_putting_and_reading(steps: list[tuple[int, int]], value: int) -> None:
    buffer = playout()
    for pieces, count in steps:
        for _ in range(pieces):
            buffer.put(np.full(FRAME_SAMPLES, value, np.int16))

        heard = buffer.read(count)

        assert heard.shape == (count,)
        assert np.isfinite(heard).all()
        assert np.abs(heard).max(initial=0) <= 1.3 * abs(value)

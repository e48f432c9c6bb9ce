"""The last seconds of a sound, by their place in the stream."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, AudioFrame
from agent.voice.recent import Recent


def recent(frames: int, first: int = 0) -> Recent:
    """A sound whose every sample is its place in the stream."""
    kept = Recent(seconds=0.1)
    for number in range(first, first + frames):
        start = number * FRAME_SAMPLES
        kept.add(AudioFrame(np.arange(start, start + FRAME_SAMPLES, dtype=np.int16), start))
    return kept


@given(frames=st.integers(0, 9), start=st.integers(0, 4000), length=st.integers(0, 3000))
def test_a_stretch_is_what_was_there_and_silence_where_nothing_is_kept(
    frames: int, start: int, length: int
) -> None:
    places = np.arange(start, start + length)
    kept = (places >= (frames - 5) * FRAME_SAMPLES) & (places < frames * FRAME_SAMPLES)

    found = recent(frames).between(start, start + length)

    np.testing.assert_array_equal(found, np.where(kept, places, 0))


def test_after_a_gap_what_was_before_is_forgotten() -> None:
    kept = recent(3)
    kept.add(AudioFrame(np.ones(FRAME_SAMPLES, np.int16), 5 * FRAME_SAMPLES))

    assert not kept.between(0, 5 * FRAME_SAMPLES).any()
    assert kept.between(5 * FRAME_SAMPLES, 6 * FRAME_SAMPLES).all()

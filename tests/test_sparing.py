"""A detector that sleeps while the room is quiet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, AudioFrame
from agent.voice.sparing import CALM_FRAMES, MEMORY_FRAMES, SparingDetector

SPEECH = 3000


class Counting:
    """Loud is speech; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.resets = 0

    def speech_probability(self, frame: AudioFrame) -> float:
        self.asked.append(frame.start // FRAME_SAMPLES)
        return 1.0 if np.abs(frame.samples).max() > 1000 else 0.05

    def reset(self) -> None:
        self.resets += 1


class Room:
    """Noise, and louder noise."""

    def __init__(self) -> None:
        self.network = Counting()
        self.detector = SparingDetector(self.network)
        self.now = 0
        self._rng = np.random.default_rng(0)

    def hear(self, level: float, count: int) -> list[float]:
        found = []
        for _ in range(count):
            noise = np.clip(self._rng.normal(0, level, FRAME_SAMPLES), -32767, 32767)
            frame = AudioFrame(noise.astype(np.int16), self.now * FRAME_SAMPLES)
            found.append(self.detector.speech_probability(frame))
            self.now += 1
        return found


@pytest.mark.parametrize("level", [0, 3, 100])
def test_in_a_quiet_room_the_network_sleeps(level: float) -> None:
    room = Room()
    room.hear(level, 500)

    assert len(room.network.asked) <= CALM_FRAMES + 5


def test_it_wakes_with_the_first_loud_frame_and_hears_what_was_before_it_first() -> None:
    room = Room()
    room.hear(5, 200)
    room.network.asked.clear()

    assert room.hear(SPEECH, 1) == [1.0]
    assert room.network.asked == list(range(200 - MEMORY_FRAMES, 201))
    assert room.network.resets == 1


def test_while_there_is_speech_it_is_never_asleep() -> None:
    room = Room()
    room.hear(5, 200)

    assert room.hear(SPEECH, 500) == [1.0] * 500


def test_a_room_that_becomes_louder_is_quiet_again_after_a_while() -> None:
    room = Room()
    room.hear(5, 200)
    room.hear(100, 1000)
    room.network.asked.clear()
    room.hear(100, 500)

    assert room.network.asked == []


def test_a_new_stream_is_heard_from_its_beginning() -> None:
    room = Room()
    room.hear(5, 200)
    room.detector.reset()
    room.network.asked.clear()
    room.hear(5, 3)

    assert room.network.asked == [200, 201, 202]


@given(st.lists(st.tuples(st.floats(0, 9000), st.integers(1, 60)), max_size=20))
def test_whatever_comes_the_answers_are_the_networks_or_nought(
    levels: list[tuple[float, int]],
) -> None:
    room = Room()
    for level, count in levels:
        assert set(room.hear(level, count)) <= {0.0, 0.05, 1.0}
    assert room.network.asked == sorted(set(room.network.asked))

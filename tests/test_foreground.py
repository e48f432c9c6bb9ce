"""The wearer's voice over people who talk in the background."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import Utterance
from agent.voice.foreground import PAUSE_S, Foreground
from agent.voice.segmenter import Segmenter, SegmenterSettings

SETTINGS = SegmenterSettings()
LONGEST_S = SETTINGS.longest_s
WEARER, FAR = 3000.0, 700.0
"""Root mean squares of 32767: the others are 13 dB fainter."""
QUIET = 3.0


class Sounds:
    """Noise in place of voices; whoever makes it is «speech» to the detector."""

    def __init__(self) -> None:
        self.chance = np.random.default_rng(0)
        self.heard: list[tuple[Samples, float]] = []

    def add(self, level: float, seconds: float, probability: float = 0.9) -> "Sounds":
        for _ in range(round(seconds * SAMPLE_RATE / FRAME_SAMPLES)):
            noise = np.clip(self.chance.normal(0, level, FRAME_SAMPLES), -32767, 32767)
            self.heard.append((noise.astype(np.int16), probability))
        return self

    def silence(self, seconds: float) -> "Sounds":
        return self.add(QUIET, seconds, 0.01)

    def near(self) -> list[float]:
        foreground = Foreground(LONGEST_S)
        return [foreground.near(*each) for each in self.heard]

    def cut(self) -> list[Utterance]:
        segmenter, found = Segmenter(SETTINGS), []
        for number, (samples, probability) in enumerate(self.heard):
            frame = AudioFrame(samples, number * FRAME_SAMPLES)
            if (utterance := segmenter.feed(frame, probability)) is not None:
                found.append(utterance)
        return found

    @property
    def now(self) -> int:
        return len(self.heard) * FRAME_SAMPLES


def test_a_command_over_a_television_is_cut_out_whole() -> None:
    sounds = Sounds().add(FAR, 6)
    begun = sounds.now
    sounds.add(WEARER, 1)
    ended = sounds.now
    sounds.add(FAR, 4)

    (command,) = sounds.cut()

    assert command.isolated
    assert command.start <= begun
    assert ended <= command.end <= ended + 0.4 * SAMPLE_RATE


def test_once_the_wearer_is_known_a_television_that_pauses_is_heard_past_too() -> None:
    sounds = Sounds().silence(1).add(WEARER, 1).silence(5)
    for _ in range(4):
        sounds.add(FAR, 2.5).silence(0.4)
    sounds.add(FAR, 0.5)
    begun = sounds.now
    sounds.add(WEARER, 1)
    ended = sounds.now
    sounds.add(FAR, 2)

    last = sounds.cut()[-1]

    assert last.isolated
    assert last.start <= begun
    assert ended <= last.end <= ended + 0.4 * SAMPLE_RATE


def test_a_television_alone_is_no_command_once_the_wearer_is_known() -> None:
    sounds = Sounds().silence(1).add(WEARER, 1).silence(5)
    for _ in range(10):
        sounds.add(FAR, 2.5).silence(0.4)

    assert len(sounds.cut()) <= 2  # The wearer, and what came before it was known for talk.


def test_the_wearers_own_talk_is_one_talk_and_says_so() -> None:
    sounds, segmenter = Sounds().silence(1).add(WEARER, 12), Segmenter(SETTINGS)
    talking = []
    for number, (samples, probability) in enumerate(sounds.heard):
        frame = AudioFrame(samples, number * FRAME_SAMPLES)
        assert segmenter.feed(frame, probability) is None
        talking.append(segmenter.talking)

    first = talking.index(True)
    assert first * FRAME_SAMPLES <= (1.1 + LONGEST_S) * SAMPLE_RATE
    assert all(talking[first:])


def test_a_command_after_the_wearers_own_talk_needs_no_more_than_a_pause() -> None:
    sounds = Sounds().silence(1).add(WEARER, 8).silence(PAUSE_S + 0.1)
    begun = sounds.now

    (command,) = sounds.add(WEARER, 0.8).silence(1).cut()

    assert command.isolated
    assert abs(command.start - begun) <= SETTINGS.pre_roll_s * SAMPLE_RATE


def test_a_knock_over_talk_is_not_the_wearer() -> None:
    sounds = Sounds().add(FAR, 6).add(20_000, 0.04).add(FAR, 3)

    assert sounds.cut() == []


def test_a_bang_does_not_make_the_wearers_talk_that_of_others() -> None:
    sounds = Sounds().silence(1).add(WEARER, 1).add(30_000, 0.06).add(WEARER, 3)

    assert sounds.silence(1).cut() == []


@given(st.lists(st.floats(0, 1), max_size=120), st.floats(0, 30_000))
def test_in_a_room_where_nobody_talks_nothing_is_changed(
    probabilities: list[float], level: float
) -> None:
    # Shorter than a talk, whatever it is.
    foreground, sound = Foreground(LONGEST_S), np.full(FRAME_SAMPLES, level, np.int16)

    speech = 0
    for probability in probabilities:
        speech += probability >= 0.3
        if speech < 70:
            assert foreground.near(sound, probability) == probability


@pytest.mark.parametrize("sound", [np.zeros(FRAME_SAMPLES, np.int16), np.zeros(0, np.int16)])
def test_digital_silence_and_no_sound_are_borne(sound: Samples) -> None:
    foreground = Foreground(LONGEST_S)

    assert [foreground.near(sound, 0.0) for _ in range(300)] == [0.0] * 300


@given(
    st.lists(
        st.tuples(st.sampled_from((QUIET, FAR, WEARER)), st.floats(0, 1)), min_size=1, max_size=300
    )
)
def test_speech_is_never_made_up(frames: list[tuple[float, float]]) -> None:
    foreground, chance = Foreground(LONGEST_S), np.random.default_rng(1)

    for level, probability in frames:
        samples = chance.normal(0, level, FRAME_SAMPLES).astype(np.int16)
        assert foreground.near(samples, probability) in (0.0, probability)

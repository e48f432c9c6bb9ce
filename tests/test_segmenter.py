"""Frames and probabilities -> utterances: counted in samples, bounded, and honest about gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import Utterance
from agent.voice.segmenter import Segmenter, SegmenterSettings

SETTINGS = SegmenterSettings()
FRAMES_A_SECOND = SAMPLE_RATE // FRAME_SAMPLES
PRE_ROLL = round(SETTINGS.pre_roll_s * SAMPLE_RATE)


def stream(count: int) -> Samples:
    """Sound in which every sample tells where it came from."""
    return (np.arange(count * FRAME_SAMPLES) % 30_000).astype(np.int16)


def feed(segmenter: Segmenter, probabilities: list[float], start: int = 0) -> list[Utterance]:
    sound = stream(len(probabilities))
    found = []
    for index, probability in enumerate(probabilities):
        place = index * FRAME_SAMPLES
        frame = AudioFrame(sound[place : place + FRAME_SAMPLES], start + place)
        utterance = segmenter.feed(frame, probability)
        if utterance is not None:
            found.append(utterance)
    return found


def seconds(spoken: float, probability: float = 0.9) -> list[float]:
    return [probability] * round(spoken * FRAMES_A_SECOND)


def silence(duration: float) -> list[float]:
    return seconds(duration, 0.05)


def test_a_phrase_between_silences_is_one_isolated_utterance() -> None:
    found = feed(Segmenter(SETTINGS), silence(1) + seconds(0.8) + silence(1))

    assert len(found) == 1
    assert found[0].isolated


def test_it_holds_the_speech_with_pre_roll_and_tail_and_nothing_more() -> None:
    (utterance,) = feed(Segmenter(SETTINGS), silence(1) + seconds(0.8) + silence(1))

    assert utterance.start == round((1 - SETTINGS.pre_roll_s) * SAMPLE_RATE)
    assert utterance.end == round((1.8 + SETTINGS.tail_s) * SAMPLE_RATE)


def test_it_comes_as_soon_as_the_hang_over_is_over() -> None:
    hang_over = round(SETTINGS.hang_over_s * FRAMES_A_SECOND)
    before = silence(1) + seconds(0.8) + silence(SETTINGS.hang_over_s)

    assert len(before) == round(1.8 * FRAMES_A_SECOND) + hang_over
    assert len(feed(Segmenter(SETTINGS), before)) == 1
    assert feed(Segmenter(SETTINGS), before[:-1]) == []


def test_the_pause_between_two_words_does_not_cut_a_phrase() -> None:
    assert (
        len(
            feed(
                Segmenter(SETTINGS),
                [*silence(1), *seconds(0.4), *silence(0.3), *seconds(0.4), *silence(1)],
            )
        )
        == 1
    )


def test_a_weak_middle_does_not_cut_a_phrase_and_does_not_begin_one() -> None:
    """A voice in a room that echoes: the detector is never sure of it."""
    unsure, weak = seconds(0.3, 0.5), seconds(0.6, 0.28)

    assert len(feed(Segmenter(SETTINGS), silence(1) + unsure + weak + unsure + silence(1))) == 1
    assert feed(Segmenter(SETTINGS), silence(1) + weak + silence(1)) == []


def test_doubt_after_a_clear_phrase_is_its_end() -> None:
    """In noise the detector comes down slowly."""
    (utterance,) = feed(Segmenter(SETTINGS), silence(1) + seconds(0.6) + seconds(0.5, 0.4))

    assert utterance.end == round((1 + 0.6 + SETTINGS.tail_s) * SAMPLE_RATE)


def test_a_click_is_not_an_utterance() -> None:
    assert feed(Segmenter(SETTINGS), silence(1) + seconds(0.08) + silence(1)) == []


def test_talk_is_dropped_while_it_is_spoken_and_the_next_phrase_is_heard() -> None:
    segmenter = Segmenter(SETTINGS)

    assert feed(segmenter, silence(1) + seconds(10)) == []
    assert segmenter.kept_samples <= PRE_ROLL
    end = 11 * SAMPLE_RATE
    assert len(feed(segmenter, silence(1) + seconds(0.8) + silence(1), start=end)) == 1


def test_a_jump_in_the_stream_drops_what_was_begun() -> None:
    segmenter = Segmenter(SETTINGS)
    feed(segmenter, silence(1) + seconds(0.5))

    assert feed(segmenter, silence(1), start=10 * SAMPLE_RATE) == []


def test_speech_without_known_silence_before_it_is_not_isolated() -> None:
    (utterance,) = feed(Segmenter(SETTINGS), silence(0.1) + seconds(0.5) + silence(1))

    assert not utterance.isolated


def test_the_onset_is_after_the_pre_roll() -> None:
    segmenter = Segmenter(SETTINGS)
    (utterance,) = feed(segmenter, silence(1) + seconds(0.5) + silence(1))

    assert segmenter.onset(utterance) == SAMPLE_RATE


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 60)), max_size=40),
    st.sampled_from([SETTINGS, SegmenterSettings(pre_roll_s=0, hang_over_s=0.1, longest_s=1)]),
)
def test_whatever_comes_memory_is_bounded_and_utterances_are_true_slices(
    runs: list[tuple[float, int]], settings: SegmenterSettings
) -> None:
    probabilities = [probability for probability, count in runs for _ in range(count)]
    sound = stream(len(probabilities))
    segmenter = Segmenter(settings)
    limit = round((settings.longest_s + settings.pre_roll_s) * SAMPLE_RATE)
    end = 0
    for index, probability in enumerate(probabilities):
        place = index * FRAME_SAMPLES
        utterance = segmenter.feed(
            AudioFrame(sound[place : place + FRAME_SAMPLES], place), probability
        )
        assert segmenter.kept_samples <= limit
        if utterance is None:
            continue
        assert 0 <= utterance.start < utterance.end <= place + FRAME_SAMPLES
        assert utterance.start >= end - round(settings.pre_roll_s * SAMPLE_RATE)
        assert np.array_equal(utterance.samples, sound[utterance.start : utterance.end])
        end = utterance.end


@pytest.mark.parametrize("probability", [float("nan"), -1.0])
def test_a_detector_that_makes_no_sense_is_silence(probability: float) -> None:
    assert feed(Segmenter(SETTINGS), silence(1) + [probability] * 50 + silence(1)) == []


def test_a_draft_is_what_comes_in_the_end_if_nothing_more_is_said() -> None:
    segmenter = Segmenter(SETTINGS)
    feed(segmenter, silence(1) + seconds(0.8) + silence(SETTINGS.draft_s))
    draft = segmenter.draft()

    (final,) = feed(segmenter, silence(1), start=round((1.8 + SETTINGS.draft_s) * SAMPLE_RATE))

    assert draft is not None
    assert (draft.start, draft.end, draft.isolated) == (final.start, final.end, final.isolated)


@pytest.mark.parametrize(
    ("heard", "silent"),
    [
        (silence(1), 0.0),
        (silence(1) + seconds(0.5), 0.0),
        (silence(1) + seconds(0.5) + silence(0.1), 0.1),
        (silence(1) + seconds(0.5) + silence(1), 0.0),
    ],
)
def test_the_silence_after_what_is_being_collected(heard: list[float], silent: float) -> None:
    segmenter = Segmenter(SETTINGS)
    feed(segmenter, heard)

    assert segmenter.silence == round(silent * SAMPLE_RATE)


@pytest.mark.parametrize("spoken", [0.0, 0.08, 5.0])
def test_there_is_no_draft_of_nothing_of_a_click_and_of_talk(spoken: float) -> None:
    segmenter = Segmenter(SETTINGS)
    feed(segmenter, silence(1) + seconds(spoken) + silence(0.2))

    assert segmenter.draft() is None


def test_ten_minutes_of_speech_take_no_memory() -> None:
    segmenter = Segmenter(SETTINGS)

    assert feed(segmenter, silence(1) + seconds(600)) == []
    assert segmenter.talking
    assert segmenter.kept_samples <= PRE_ROLL


def test_speech_soon_after_other_speech_is_talk() -> None:
    segmenter = Segmenter(SegmenterSettings(hang_over_s=0.2))
    feed(segmenter, silence(1) + seconds(0.5))
    assert not segmenter.talking

    feed(segmenter, silence(0.22) + seconds(0.2), start=round(1.5 * SAMPLE_RATE))
    assert segmenter.talking

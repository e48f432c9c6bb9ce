"""Whether what was heard is what was played."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import Utterance
from agent.voice.ear import ROOM_FRAMES
from agent.voice.echo import ECHO_SHARE, LONGEST_DELAY_S, RoomEcho, explained

DELAY = round(LONGEST_DELAY_S * SAMPLE_RATE)
COUNT = SAMPLE_RATE


def speechlike(
    seed: int, count: int = COUNT + DELAY
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Noise with the spectrum and the syllables of speech."""
    rng = np.random.default_rng(seed)
    syllables = np.repeat(rng.uniform(0, 1, count // 1600 + 1) ** 2, 1600)[:count]
    return np.convolve(rng.normal(0, 4000, count), (0.5, 0.3, 0.2), "same") * syllables


def through_the_air(played: np.ndarray[tuple[int], np.dtype[np.float64]], late_s: float) -> Samples:
    """Late, with early reflections, at a third of the level: what the microphone gets of it."""
    late = round(late_s * SAMPLE_RATE)
    rng = np.random.default_rng(9)
    way = rng.normal(0, 0.15, 600) * np.exp(-np.arange(600) / 150)
    way[0] = 1.0
    heard = np.convolve(np.concatenate([np.zeros(late), played]), way)[: len(played)]
    return (heard[DELAY:] / 3).astype(np.int16)


@pytest.mark.parametrize("late_s", [0.0, 0.01, 0.15, 0.4, 0.59])
def test_an_echo_is_explained_however_late_it_comes(late_s: float) -> None:
    played = speechlike(0)

    share = explained(through_the_air(played, late_s), played.astype(np.int16))

    assert share > 0.8


@pytest.mark.parametrize("seed", range(1, 6))
def test_another_sound_is_not(seed: int) -> None:
    other = speechlike(seed)[DELAY:].astype(np.int16)

    assert explained(other, speechlike(0).astype(np.int16)) < 0.25


@pytest.mark.parametrize(
    ("louder_db", "obeyed"), [(-10, False), (-3, False), (6, True), (12, True)]
)
def test_who_speaks_clearly_louder_than_the_echo_is_heard(louder_db: float, obeyed: bool) -> None:
    played = speechlike(0)
    echo = through_the_air(played, 0.1).astype(np.float64)
    nurse = speechlike(3)[DELAY:]
    nurse *= np.sqrt(np.mean(echo**2) / np.mean(nurse**2)) * 10 ** (louder_db / 20)

    share = explained((echo + nurse).astype(np.int16), played.astype(np.int16))

    assert (share < ECHO_SHARE) is obeyed


def test_with_silence_on_either_side_nothing_is_explained() -> None:
    sound, nothing = speechlike(0).astype(np.int16), np.zeros(COUNT + DELAY, np.int16)

    assert explained(sound[DELAY:], nothing) == 0
    assert explained(nothing[DELAY:], sound) == 0
    assert explained(sound[:0], sound[:DELAY]) == 0
    assert explained(np.full(COUNT, 9000, np.int16), sound) < 0.25


@settings(max_examples=25)
@given(hnp.arrays(np.int16, 3000), hnp.arrays(np.int16, 3000 + DELAY, fill=st.integers(-9, 9)))
def test_any_two_sounds_have_a_share(heard: Samples, played: Samples) -> None:
    assert 0 <= explained(heard, played) <= 1


def follow(echo: RoomEcho, played: Samples, start: int = 0) -> None:
    for place in range(0, len(played) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = AudioFrame(played[place : place + FRAME_SAMPLES], start + place)
        echo.hear_room(frame)
        echo.follow(frame)


def test_the_rooms_sound_is_found_again_in_the_stream() -> None:
    played, echo = speechlike(0, 3 * SAMPLE_RATE), RoomEcho()
    follow(echo, played.astype(np.int16))
    late = np.concatenate([np.zeros(1600), played])[: len(played)] / 2
    start, end = SAMPLE_RATE, 2 * SAMPLE_RATE

    heard = Utterance(late[start:end].astype(np.int16), start, end)

    assert echo.share(heard) > 0.8


@pytest.mark.parametrize("start", [0, 100, 40_000])
def test_an_utterance_at_the_edge_of_what_is_kept_is_compared_with_what_there_is(
    start: int,
) -> None:
    echo = RoomEcho()
    follow(echo, speechlike(0, 3 * SAMPLE_RATE).astype(np.int16))
    sound = speechlike(1)[:COUNT].astype(np.int16)

    assert 0 <= echo.share(Utterance(sound, start, start + COUNT)) < 0.25


def test_a_gap_in_the_microphones_stream_drops_what_was_before() -> None:
    echo = RoomEcho()
    follow(echo, speechlike(0, 2 * SAMPLE_RATE).astype(np.int16))
    echo.follow(AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), 10 * SAMPLE_RATE))

    heard = speechlike(0, 2 * SAMPLE_RATE)[:COUNT].astype(np.int16)
    assert echo.share(Utterance(heard, 0, COUNT)) == 0


def test_whether_the_room_can_be_heard_just_now() -> None:
    echo = RoomEcho()
    assert not echo.sounds
    follow(echo, np.resize(np.array([900, -900], np.int16), 10 * FRAME_SAMPLES))
    assert echo.sounds

    for number in range(10, 12 + ROOM_FRAMES):
        frame = AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), number * FRAME_SAMPLES)
        echo.follow(frame)
    assert not echo.sounds

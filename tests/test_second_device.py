"""An echo that comes from another device than ours."""

import numpy as np
import numpy.typing as npt
import pytest

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.second_device import LOOK_S, NEEDED, SecondDevice, delay

Sound = npt.NDArray[np.float64]

SECONDS = 20


def speechlike(seed: int) -> Sound:
    """Noise with the spectrum and the syllables of speech."""
    count, chance = SECONDS * SAMPLE_RATE, np.random.default_rng(seed)
    syllables = np.repeat(chance.uniform(0, 1, count // 1600) ** 2, 1600)
    return np.convolve(chance.normal(0, 4000, count), (0.5, 0.3, 0.2), "same") * syllables


def later(sound: Sound, seconds: float) -> Sound:
    return np.roll(sound, round(seconds * SAMPLE_RATE))


def told(heard: Sound, played: Sound) -> list[int]:
    """When a second device was told of, in seconds."""
    watch, found = SecondDevice(), []
    hiss = np.random.default_rng(9).normal(0, 5, len(heard))
    clean, given = (heard + hiss).astype(np.int16), played.astype(np.int16)
    for at in range(0, len(clean), FRAME_SAMPLES):
        part = slice(at, at + FRAME_SAMPLES)
        if watch.follow(AudioFrame(clean[part], at), AudioFrame(given[part], at)):
            found.append(at // SAMPLE_RATE)
    return found


@pytest.mark.parametrize("late_s", [-0.3, 0.2, 0.9])
def test_the_room_out_of_another_device_is_told_once(late_s: float) -> None:
    room = speechlike(0)

    times = told(later(room, late_s) / 4 + speechlike(1) / 4, room)

    assert len(times) == 1
    assert times[0] >= NEEDED * LOOK_S - 1


@pytest.mark.parametrize("late_s", [0.3, 0.5, 0.8])
def test_the_nurses_own_voice_out_of_another_device_is_told(late_s: float) -> None:
    nurse = speechlike(1)

    assert told(nurse + later(nurse, late_s) / 2, np.zeros_like(nurse))


@pytest.mark.parametrize("seed", range(3))
def test_two_who_talk_are_not_taken_for_it(seed: int) -> None:
    assert not told(speechlike(seed), speechlike(seed + 10))


@pytest.mark.parametrize("level", [0, 1])
def test_silence_is_nothing(level: int) -> None:
    nothing = np.zeros(SECONDS * SAMPLE_RATE)

    assert not told(nothing, speechlike(0) * level)


def test_a_gap_begins_anew() -> None:
    watch, room = SecondDevice(), speechlike(0).astype(np.int16)
    for at in range(0, len(room), FRAME_SAMPLES):
        frame = AudioFrame(room[at : at + FRAME_SAMPLES], 2 * at)  # Every other one was lost.
        assert not watch.follow(frame, frame)


@pytest.mark.parametrize("late", [0, 400, 16_000])
def test_the_delay_is_found(late: int) -> None:
    around: Samples = speechlike(0)[: 4 * SAMPLE_RATE].astype(np.int16)
    sound = around[2 * SAMPLE_RATE - late : 4 * SAMPLE_RATE - late]

    assert delay(sound, around) == pytest.approx(late, abs=4)
    assert delay(sound, around, first=24_000) is None

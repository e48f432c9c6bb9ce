"""What every SoundCleaner promises, with sounds that are made here."""

from pathlib import Path

import numpy as np
import pytest

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from agent.registry import BACKENDS, Kind, load
from agent.voice import wav
from agent.voice.base import SoundCleaner

NOISE = 5.0

SOUNDS = Path(__file__).parent / "sounds"


@pytest.fixture(params=sorted(BACKENDS[Kind.CLEANER]))
def cleaner(request: pytest.FixtureRequest) -> SoundCleaner:
    made: SoundCleaner = load(Kind.CLEANER, request.param)()
    return made


def voice(seed: int, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Syllables of noise with the spectrum of a voice."""
    chance, count = np.random.default_rng(seed), round(seconds * SAMPLE_RATE)
    syllables = np.repeat(chance.uniform(0, 1, count // 2400 + 1) ** 2, 2400)[:count]
    sound = np.convolve(chance.normal(0, 3000, count), (0.2, 0.4, 0.2), "same")
    sound -= np.convolve(sound, np.ones(32) / 32, "same")  # Nothing below 250 Hz.
    return np.asarray(sound * syllables)


def speech(pattern: str, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Synthetic speech, one sentence after the other."""
    clips = [wav.decode(path.read_bytes()) for path in sorted(SOUNDS.glob(pattern))]
    sound = np.resize(np.concatenate(clips), round(seconds * SAMPLE_RATE)).astype(np.float64)
    return sound * 2000 / np.std(sound)


def pcm(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Samples:
    hiss = np.random.default_rng(9).normal(0, NOISE, len(sound))
    return np.clip(sound + hiss, -32767, 32767).astype(np.int16)


def cancelled(cleaner: SoundCleaner, heard: Samples, played: Samples) -> Samples:
    frames = range(0, len(heard) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    return np.concatenate(
        [
            cleaner.cancel(heard[at : at + FRAME_SAMPLES], played[at : at + FRAME_SAMPLES])
            for at in frames
        ]
    )


def power_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-9))


def echo_of(played: Samples, late_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    late = round(late_s * SAMPLE_RATE)
    way = np.random.default_rng(3).normal(0, 0.2, 800) * np.exp(-np.arange(800) / 200)
    way[0] = 1
    return np.convolve(np.concatenate([np.zeros(late), played]), way)[: len(played)] / 2


@pytest.mark.parametrize("late_s", [0.005, 0.1, 0.3])
def test_what_is_played_is_gone_after_five_seconds(cleaner: SoundCleaner, late_s: float) -> None:
    played = pcm(voice(0, 8))
    heard = pcm(echo_of(played, late_s))

    clean = cancelled(cleaner, heard, played)

    last = slice(5 * SAMPLE_RATE, None)
    assert clean.shape == heard.shape
    assert clean.dtype == np.int16
    assert power_db(heard[last]) - power_db(clean[last]) > 30


def test_the_nurse_alone_stays_as_she_is(cleaner: SoundCleaner) -> None:
    heard = pcm(voice(1, 4))

    clean = cancelled(cleaner, heard, np.zeros_like(heard))

    assert power_db(clean[SAMPLE_RATE:]) == pytest.approx(power_db(heard[SAMPLE_RATE:]), abs=1)


def test_the_nurse_over_the_clinic_stays(cleaner: SoundCleaner) -> None:
    played = pcm(speech("v*.f1.wav", 12))
    nurse = speech("oov_*.m4.wav", 12)
    nurse[: 8 * SAMPLE_RATE] = 0
    heard = pcm(echo_of(played, 0.1) + nurse)

    clean = cancelled(cleaner, heard, played)

    both = slice(8 * SAMPLE_RATE, None)
    assert power_db(clean[both]) == pytest.approx(power_db(pcm(nurse)[both]), abs=3)


def test_noise_is_less_and_for_people_a_soft_voice_is_louder(cleaner: SoundCleaner) -> None:
    hiss = np.random.default_rng(0).normal(0, 30, 8 * SAMPLE_RATE)
    soft = voice(1, 8) / 8
    soft[: 4 * SAMPLE_RATE] = 0
    heard = np.clip(hiss + soft, -32767, 32767).astype(np.int16)

    clean = cancelled(cleaner, heard, np.zeros_like(heard))
    out = np.concatenate(
        [cleaner.polish(piece) for piece in np.split(clean, len(heard) // FRAME_SAMPLES)]
    )

    noise, speech = slice(2 * SAMPLE_RATE, 4 * SAMPLE_RATE), slice(6 * SAMPLE_RATE, None)
    assert out.shape == heard.shape
    gained = power_db(out[speech]) - power_db(heard[speech])
    assert gained > 2
    assert power_db(out[noise]) - power_db(heard[noise]) < gained - 6


@pytest.mark.parametrize("value", [0, 32767, -32768])
def test_nothing_and_full_scale_do_no_harm(cleaner: SoundCleaner, value: int) -> None:
    frame = np.full(FRAME_SAMPLES, value, np.int16)
    for _ in range(100):
        assert cleaner.cancel(frame, frame).shape == (FRAME_SAMPLES,)
        assert cleaner.polish(frame).shape == (FRAME_SAMPLES,)
    assert cleaner.cancel(frame[::-1], frame[::-1]).shape == (FRAME_SAMPLES,)

"""Every voice detector: speech is speech, silence is not, and a new stream starts afresh."""

from collections.abc import Callable

import numpy as np
import pytest

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.registry import BACKENDS, Kind, load
from agent.voice import wav
from agent.voice.base import VoiceDetector
from bench.hearing import SOUNDS


@pytest.fixture(params=sorted(BACKENDS[Kind.DETECTOR]))
def detector(request: pytest.FixtureRequest) -> VoiceDetector:
    make: Callable[[], VoiceDetector] = load(Kind.DETECTOR, request.param)
    return make()


def probabilities(detector: VoiceDetector, sound: Samples) -> list[float]:
    return [
        detector.speech_probability(AudioFrame(sound[start : start + FRAME_SAMPLES], start))
        for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]


def spoken() -> Samples:
    return wav.decode((SOUNDS / "start_video.f1.wav").read_bytes())


def test_speech_is_likely_speech(detector: VoiceDetector) -> None:
    found = probabilities(detector, spoken())

    assert max(found) > 0.9
    assert all(0 <= probability <= 1 for probability in found)


@pytest.mark.parametrize("level", [0, 5, 300])
def test_silence_and_noise_are_not_speech(detector: VoiceDetector, level: int) -> None:
    noise = np.random.default_rng(0).integers(-level, level + 1, 2 * SAMPLE_RATE)

    assert max(probabilities(detector, noise.astype(np.int16))[10:]) < 0.5


def test_after_a_reset_the_same_sound_gives_the_same_answer(detector: VoiceDetector) -> None:
    first = probabilities(detector, spoken())
    detector.reset()

    assert probabilities(detector, spoken()) == pytest.approx(first)

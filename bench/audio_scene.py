"""A nurse, a clinic out of a loudspeaker and a microphone that hears both: made from speech."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped, unused-ignore]  # it ships without py.typed

from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.sound import decode
from bench.conditions import FLOOR
from bench.made_up import room
from bench.sentences import EVERYDAY, sentences
from bench.voice_data import recordings
from bench.voices import TUNED, say

Sound = npt.NDArray[np.float64]

SECONDS = 30
DOUBLE_S = slice(15, 20)
"""Both speak."""
NEAR_S = slice(25, 30)
"""The nurse alone; before and between, the clinic alone."""

FAR_LEVEL, NEAR_LEVEL = 3000.0, 2500.0
"""Root mean square of 32767, of what is played and of the nurse at the microphone."""

ECHO_GAIN = 0.5
"""Echo at the microphone over what is played: a loudspeaker on the table, not an earpiece."""

NOISE = FLOOR
"""Root mean square of the microphone's own noise."""

BENT = 12_000.0
"""A small loudspeaker bends what is louder: tanh with this knee."""

RUMBLE_HZ = 150.0

SILENT, PAUSE = 200.0, 15
"""Blocks of 10 ms quieter than this are cut from the speech, unless fewer than 15 in a row."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All of it shape (n,), int16, 16 kHz, on the microphone's time."""

    heard: Samples
    played: Samples
    """What the loudspeaker was given, on its own time."""
    near: Samples
    """The nurse's part of `heard`."""


def voices(data: Path | None) -> tuple[Sound, Sound]:
    """The clinic's speech and the nurse's, level 1: of people, or synthetic without data."""
    if data is not None:
        people = [each.path for each in recordings(data) if each.human and each.language == "sv"]
        clips = [decode(path) for path in people]
    else:
        text = list(sentences(EVERYDAY))[:40]
        clips = [say(each, TUNED[at // 20]) for at, each in enumerate(text)]
    half = len(clips) // 2
    return _running(clips[:half]), _running(clips[half:])


def scene(
    far: Sound, near: Sound, delay_s: float, *, drift_ppm: float = 0.0, seed: int = 1
) -> Scene:
    """delay_s: from when a sound is given to the loudspeaker until it is in the microphone.

    drift_ppm: how much slower the microphone's clock is than the loudspeaker's.
    """
    chance = np.random.default_rng(seed)
    count = SECONDS * SAMPLE_RATE
    played = FAR_LEVEL * np.resize(far, count)
    played[NEAR_S.start * SAMPLE_RATE :] = 0
    nurse = np.zeros(count)
    for part in (DOUBLE_S, NEAR_S):
        at = slice(part.start * SAMPLE_RATE, part.stop * SAMPLE_RATE)
        nurse[at] = NEAR_LEVEL * np.resize(near, count)[at]
    echo = ECHO_GAIN * through_loudspeaker(played, delay_s)
    if drift_ppm:
        rate = SAMPLE_RATE * (1 - drift_ppm * 1e-6)
        echo = np.resize(soxr.resample(echo, SAMPLE_RATE, rate, quality="VHQ"), count)
    heard = echo + nurse + chance.normal(scale=NOISE, size=count)
    return Scene(pcm(heard), pcm(played), pcm(nurse))


def through_loudspeaker(played: npt.NDArray[Any], delay_s: float) -> Sound:
    """What comes of it to a microphone in the same room, as loud as it is played on average."""
    response = room(0.25, -3.0, np.random.default_rng(3))
    response /= np.sqrt(np.sum(response**2))
    bent = BENT * np.tanh(played / BENT)
    late = np.zeros(round(delay_s * SAMPLE_RATE))
    return np.concatenate([late, _convolved(bent, response)])[: len(played)]


def seconds(samples: Samples, part: slice) -> Samples:
    """A stretch of a sound."""
    return samples[part.start * SAMPLE_RATE : part.stop * SAMPLE_RATE]


def level(samples: Samples) -> float:
    """Mean power in dB, above one step of 32767."""
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-9))


def _running(clips: Sequence[Samples]) -> Sound:
    sound = _without_rumble(np.concatenate(clips).astype(np.float64))
    blocks = sound[: sound.size // 160 * 160].reshape(-1, 160)
    loud = np.sqrt(np.mean(blocks**2, axis=1)) > SILENT
    kept = blocks[np.convolve(loud, np.ones(PAUSE), "same") > 0].ravel()
    return np.asarray(kept / np.std(kept), np.float64)


def _without_rumble(sound: Sound) -> Sound:
    """Every canceller takes away what is below the voice; that is no loss of speech."""
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE) < RUMBLE_HZ] = 0
    return np.fft.irfft(spectrum, sound.size)


def _convolved(sound: Sound, response: Sound) -> Sound:
    size = sound.size + response.size
    both = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(both, size)[: sound.size])


def pcm(sound: Sound) -> Samples:
    """As a sound card gives it."""
    return np.clip(np.round(sound), -32767, 32767).astype(np.int16)

"""PURE: a tone for trying a loudspeaker and a microphone, and what the microphone made of it."""

from dataclasses import dataclass

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.level import Level, measure
from agent.voice.second_device import delay

TONE_S, TONES = 1.0, 5
LOWEST_HZ, HIGHEST_HZ = 300.0, 3400.0
"""Each tone rises through what a telephone carries: any loudspeaker plays that."""

LOUDNESS = 0.25
"""Of full scale: -12 dBFS."""

FADE_S = 0.02

LOOK_S, LATEST_S = 2.0, 0.6
"""The last 2 s are looked for in what was played; an echo is later by at most so much."""


def rising_tones() -> Samples:
    """Shape (n,), int16, 16 kHz."""
    at = np.arange(round(TONE_S * SAMPLE_RATE)) / SAMPLE_RATE
    rise = np.log(HIGHEST_HZ / LOWEST_HZ) / TONE_S
    wave = np.sin(2 * np.pi * LOWEST_HZ * np.expm1(at * rise) / rise)
    edge = np.clip(np.minimum(at, TONE_S - at) / FADE_S, 0, 1)
    return np.tile((wave * edge * LOUDNESS * 32767).astype(np.int16), TONES)


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """What a microphone heard of the tones."""

    level: Level
    delay_s: float | None
    """From when they were given to the loudspeaker until they are here; None: not heard."""
    cancelled_db: float
    """How much of it the echo canceller takes away."""


def heard(raw: Samples, clean: Samples, played: Samples) -> ToneHeard:
    """What is made of the end of the tones.

    raw, clean: of the microphone and after the canceller; played: what was given to the
    loudspeaker. All int16, 16 kHz, ending at the same time; at least `LOOK_S` + `LATEST_S` long.
    """
    look, around = round(LOOK_S * SAMPLE_RATE), round((LOOK_S + LATEST_S) * SAMPLE_RATE)
    found = delay(raw[-look:], played[-around:])
    left = power_db(raw[-look:]) - power_db(clean[-look:])
    return ToneHeard(measure(raw[-look:]), None if found is None else found / SAMPLE_RATE, left)


def power_db(samples: Samples) -> float:
    """Mean power in dB above one step; 0 for silence."""
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1))

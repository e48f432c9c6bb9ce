"""PURE: which sound of an utterance the recogniser gets: as the microphone gave it, or cleaned.

An echo canceller takes a little of the nurse with the echo. What little echo an earpiece leaves at
the microphone does less harm than that. Beside a clinic that talks without pause, its echo 26 dB
below the nurse, 105 of 106 synthetic commands were understood as they were, 97 to 103 cleaned;
16 dB below 46 and 96 (`python -m bench.audio`).
"""

from dataclasses import replace

import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from agent.voice.base import Utterance

BEFORE = SAMPLE_RATE
"""So many samples before an utterance tell what is beside it."""

LOUD_SHARE = 0.95
"""How loud that is: this quantile of its frames' levels."""

CLEAR_DB = 12.0
"""An utterance so much louder than what was before it is clear enough as it is,"""

TAKEN_DB = 3.0
"""unless the canceller took more of it than this: then most of it was echo."""


def clearest(utterance: Utterance, raw: Samples, before: Samples) -> Utterance:
    """The utterance as it is, or with the microphone's own sound.

    utterance: cut from the cleaned sound. raw: the same stretch of the microphone's, shape (n,).
    before: what the microphone gave before it, shape (`BEFORE`,).
    """
    if len(raw) != len(utterance.samples):
        return utterance
    level = _level(raw)
    taken = level - _level(utterance.samples)
    if taken > TAKEN_DB or level - _loudest(before) < CLEAR_DB:
        return utterance
    return replace(utterance, samples=raw)


def _loudest(sound: Samples) -> float:
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    levels = [_level(frame) for frame in frames]
    return float(np.quantile(levels, LOUD_SHARE)) if levels else 0.0


def _level(sound: Samples) -> float:
    """In dB above one step of 32767; 0 for silence."""
    power = float(np.mean(sound.astype(np.float64) ** 2)) if sound.size else 0.0
    return 10 * float(np.log10(power + 1))

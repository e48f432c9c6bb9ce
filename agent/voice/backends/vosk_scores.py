"""PURE: an utterance made ready for libvosk, and its path scores made into calibrated scores."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.vosk_folder import UNKNOWN, Calibration
from agent.voice.base import Scores

LOWEST = -50.0
"""The score of a phrase that was not heard at all, or cannot be; natural log."""

LONGEST_S = 3.0
"""A longer utterance is no command. It also bounds what libvosk's lattices can cost."""

SHORTEST_S = 0.06
"""There are no words in less."""

FAR_BEHIND = 8.0
"""What was not among the alternatives is at least so far behind the best one: the lattice beam of
our own models, and about that of all of Vosk's."""

SILENT = 8
"""Amplitudes below this, of 32767, are silence."""

LEVEL = 2000.0
"""Every utterance is brought to this root mean square."""

QUIET_DB = 35.0
"""Ends that are so much quieter than the loudest 10 ms are cut,"""
KEPT = SAMPLE_RATE // 10
"""but for so many samples."""


def speech_in(samples: Samples) -> Samples | None:
    """The utterance without silent ends, at the usual level; None when it cannot be a command.

    samples: shape (n,), int16; anything else is made so, and what is not a number is silence.
    """
    values = np.nan_to_num(np.asarray(samples, np.float64).ravel(), posinf=0.0, neginf=0.0)
    values = np.clip(values, -32768, 32767)
    if values.size:
        values = values - values.mean()
    block = SAMPLE_RATE // 100
    blocks = len(values) // block
    if blocks == 0 or np.abs(values).max() < SILENT:
        return None
    power = (values[: blocks * block].reshape(blocks, block) ** 2).mean(axis=1)
    audible = np.flatnonzero(power >= power.max() * 10 ** (-QUIET_DB / 10))
    speech = values[max(0, audible[0] * block - KEPT) : (audible[-1] + 1) * block + KEPT]
    if not SHORTEST_S * SAMPLE_RATE <= len(speech) <= LONGEST_S * SAMPLE_RATE:
        return None
    louder = speech * (LEVEL / max(1.0, float(np.sqrt(np.mean(speech**2)))))
    return np.clip(np.rint(louder), -32767, 32767).astype(np.int16)


def nothing_heard(grammar: Sequence[str]) -> Scores:
    """None of these, for certain."""
    return Scores(dict.fromkeys(grammar, LOWEST), 0.0)


def calibrated(
    heard: Mapping[str, float], texts: Mapping[str, str], calibration: Calibration
) -> Scores:
    """Path scores -> scores whose softmax is meant to be a probability.

    heard: text -> path score. texts: phrase of the grammar -> its text. Every path but the
    phrases' is garbage: unknown speech, silence, phrases that are not valid now.
    """
    if not heard:
        return nothing_heard(tuple(texts))
    best = max(heard.values())
    unknown = heard.get(UNKNOWN, min(*heard.values(), best - FAR_BEHIND))

    def log_odds(score: float) -> float:
        return max(LOWEST, calibration.scale * (score - unknown) + calibration.offset)

    phrases = {
        phrase: log_odds(heard[text]) if text in heard else LOWEST for phrase, text in texts.items()
    }
    valid = {UNKNOWN, *texts.values()}
    others = [log_odds(score) for text, score in heard.items() if text not in valid]
    return Scores(phrases, _log_sum([0.0, *others]))


def _log_sum(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + math.log(sum(math.exp(value - top) for value in logs))

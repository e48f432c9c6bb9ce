"""PURE: a gate against other people: a command is the nurse's when it comes from near by.

A mouth a hand's breadth from the microphone is louder than one across the bed, and its sound stops
at once where a far one's lingers in the room. Both are compared with the commands that were obeyed
lately. A person who is both clearly fainter and more blurred has to say a command twice.

It can shut nobody out: it begins open, learns from obeyed commands alone, forgets them, and what
is said twice is obeyed. From then on *that* voice is the measure: the microphone has moved.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.messages import Command

FAINTER_DB = 9.0
"""How much fainter than the nurse a voice is that comes from elsewhere,"""
BLURRED_DB = 3.0
"""and by how much less its level falls in `FALL_S`. Chosen on simulated rooms: of a nurse's own
commands, whose loudness varied by 4 dB, at most 2 % were held back the first time; of voices 1 to
2.5 m away 75 to 90 % in a quiet room, 60 to 80 % with household noise 10 dB below the nurse."""

FALL_S = 0.06

KNOWN = 3
"""Commands that the nurse is known by; with fewer the gate is open,"""
REMEMBERED = 8
"""with more the oldest go,"""
FORGOTTEN_S = 900.0
"""and so do those that are older than this."""

REPEAT_S = 20.0
"""A command that is said again within this time is obeyed."""

_HOP = SAMPLE_RATE // 100


@dataclass(frozen=True, slots=True)
class Voice:
    """What an utterance tells of how far away it was said, both in dB."""

    level: float
    """Of the loudest tenth, above one step of 32767."""
    fall: float
    """How much the level falls within `FALL_S` where it falls most steeply."""


def voice_of(samples: Samples) -> Voice:
    """Measure an utterance: shape (n,), int16; of less than 100 ms nothing is known: 0 dB."""
    frames = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP).astype(np.float64)
    steps = round(FALL_S * SAMPLE_RATE / _HOP)
    if len(frames) < steps + 4:
        return Voice(0.0, 0.0)
    power = np.mean((frames - frames.mean(axis=1, keepdims=True)) ** 2, axis=1) + 1
    levels = 10 * np.log10(np.convolve(power, (0.5, 0.5), "same"))
    change = levels[steps:] - levels[:-steps]
    return Voice(float(np.quantile(levels, 0.9)), -float(np.quantile(change, 0.05)))


class NearGate:
    """Knows the nurse's voice from the commands that were obeyed. Time is counted in samples."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, Voice]] = deque(maxlen=REMEMBERED)
        self._held: tuple[int, Command] | None = None
        """The command that was held back last, and when."""

    def admit(self, command: Command, voice: Voice, at: int) -> bool:
        """Whether a recognised command may be obeyed; it is then learnt from.

        at: where in the microphone's stream it ended, in samples.
        """
        if self.is_far(voice, at):
            if not self._again(command, at):
                self._held = at, command
                return False
            self._known.clear()
        self._held = None
        self._known.append((at, voice))
        return True

    def is_far(self, voice: Voice, at: int) -> bool:
        """The voice is fainter and more blurred than the nurse's has been lately."""
        recent = [known for then, known in self._known if at - then < FORGOTTEN_S * SAMPLE_RATE]
        if len(recent) < KNOWN:
            return False
        level = float(np.median([known.level for known in recent]))
        fall = float(np.median([known.fall for known in recent]))
        return voice.level < level - FAINTER_DB and voice.fall < fall - BLURRED_DB

    def _again(self, command: Command, at: int) -> bool:
        if self._held is None:
            return False
        then, held = self._held
        return held is command and at - then <= REPEAT_S * SAMPLE_RATE

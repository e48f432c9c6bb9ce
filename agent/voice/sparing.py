"""PURE: a voice detector that lets its network sleep while the room is quiet.

The network is most of what listening costs. A frame that is hardly louder than the quietest that
was heard lately cannot hold the beginning of a command at a head microphone; the network is then
not asked. When it gets louder, the network hears the last moments first, as a new stream, so that
it judges the onset with what it needs to know before it.
"""

from collections import deque

import numpy as np

from agent.frames import FRAME_SECONDS, AudioFrame, Samples
from agent.voice.base import VoiceDetector

RISE_DB = 3.0
"""A frame this much above the floor may be speech. With `python -m bench.vad` one word of 60 was
lost by it at 5 dB of signal-to-noise ratio, none at 10 dB."""

FALL = 0.2
"""Part of the way down to a quieter frame that the floor takes at once."""

CLIMB_DB = 3.0 * FRAME_SECONDS
"""The floor rises by 3 dB a second towards a room that has become louder."""

FLOOR_DB = 6.0
"""The floor is never below this: 2 steps of 32767, which is no sound."""

CALM_FRAMES = round(0.5 / FRAME_SECONDS)
"""So long a quiet lets the network sleep."""

MEMORY_FRAMES = 16
"""So much sound is kept for it while it sleeps: 0.32 s, ten whole chunks of Silero's, so that the
loud frame begins a new one."""

SURELY_NOT = 0.2
"""Below this probability the network itself takes a frame for quiet."""


class SparingDetector:
    """A VoiceDetector around another one; asleep it answers 0."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._missed: deque[AudioFrame] = deque(maxlen=MEMORY_FRAMES)
        self._floor: float | None = None
        self._calm = 0

    def speech_probability(self, frame: AudioFrame) -> float:
        """See `VoiceDetector`."""
        quiet = self._is_quiet(_level(frame.samples))
        if self._calm >= CALM_FRAMES:
            if quiet:
                self._missed.append(frame)
                return 0.0
            self._wake()
        probability = self._detector.speech_probability(frame)
        self._calm = self._calm + 1 if quiet and probability < SURELY_NOT else 0
        return probability

    def _is_quiet(self, level: float) -> bool:
        floor = level if self._floor is None else self._floor
        quiet = level < floor + RISE_DB
        step = FALL * (level - floor) if level < floor else CLIMB_DB
        self._floor = max(FLOOR_DB, min(floor + step, max(level, floor)))
        return quiet

    def _wake(self) -> None:
        self._calm = 0
        self._detector.reset()
        for frame in self._missed:
            self._detector.speech_probability(frame)
        self._missed.clear()

    def reset(self) -> None:
        """See `VoiceDetector`."""
        self._detector.reset()
        self._missed.clear()
        self._floor = None
        self._calm = 0


def _level(samples: Samples) -> float:
    """Level in dB above one step. Differences of neighbours: without DC, and with less rumble."""
    change = np.diff(samples.astype(np.float32))
    return float(10 * np.log10(np.dot(change, change) / len(change) + 1))

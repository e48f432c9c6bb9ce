"""PURE: sound from several people, evened out and added up."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from agent.frames import FRAME_SAMPLES, Samples

AHEAD = 3
"""Frames that are collected before somebody is played, 60 ms: what the network comes late by."""

MOST = 10
"""Frames that wait at most, 200 ms; then the oldest go until `AHEAD` are left."""

LOUDEST = 32767

SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.int16)


class Playout:
    """One speaker's sound for one listener: arrives unevenly, is taken every 20 ms."""

    def __init__(self) -> None:
        self._frames: deque[Samples] = deque(maxlen=MOST)
        self._playing = False

    def put(self, samples: Samples) -> None:
        """The next 20 ms have arrived."""
        if len(self._frames) == MOST:
            while len(self._frames) >= AHEAD:
                self._frames.popleft()
        self._frames.append(samples)

    def take(self) -> Samples | None:
        """The 20 ms that are due; None: nothing yet, or it has run dry and collects again."""
        if not self._frames or not (self._playing or len(self._frames) >= AHEAD):
            self._playing = False
            return None
        self._playing = True
        return self._frames.popleft()


def mix(voices: Sequence[Samples]) -> Samples:
    """The sum of these, each of shape (320,) int16, kept within the range of int16."""
    if len(voices) < 2:
        return voices[0] if voices else SILENCE
    total = np.sum(voices, axis=0, dtype=np.int32)
    return np.clip(total, -LOUDEST, LOUDEST).astype(np.int16)

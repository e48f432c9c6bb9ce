"""PURE: the last seconds of a sound, in memory only: looked at again when speech has ended."""

from collections import deque

import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples

KEPT_S = 5.0
"""The longest utterance, its pre-roll and the longest delay of an echo."""


class Recent:
    """Frames by their place in the microphone's stream."""

    def __init__(self, seconds: float = KEPT_S) -> None:
        self._kept: deque[Samples] = deque(maxlen=round(seconds * SAMPLE_RATE / FRAME_SAMPLES))
        self._end = 0

    def add(self, frame: AudioFrame) -> None:
        """The next frame; after a gap what was before is forgotten."""
        if frame.start != self._end:
            self._kept.clear()
        self._kept.append(frame.samples)
        self._end = frame.start + len(frame.samples)

    def between(self, start: int, end: int) -> Samples:
        """A stretch of the stream: shape (end - start,), int16; silence where nothing is kept."""
        kept = np.concatenate([np.zeros(0, np.int16), *self._kept])
        begin = self._end - len(kept)
        before, after = max(0, begin - start), max(0, end - self._end)
        inside = kept[max(0, start - begin) : max(0, end - begin)]
        whole = np.pad(inside, (before, after))
        # A stretch that lies wholly outside is padded on one side too much.
        return np.asarray(whole[: end - start], np.int16)

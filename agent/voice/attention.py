"""Whether somebody is speaking just now, so that the agent's warnings can wait for a pause."""

from agent.frames import SAMPLE_RATE, AudioFrame
from agent.voice.base import VoiceDetector

SPEECH = 0.5
"""From this probability on a frame counts as speech."""

PAUSE_S = 0.7
"""So long a silence is a pause that one may speak into."""


class AttentiveDetector:
    """A VoiceDetector that remembers when it last heard speech."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._silence = 0

    @property
    def quiet(self) -> bool:
        """Nobody has spoken for `PAUSE_S`."""
        return self._silence >= PAUSE_S * SAMPLE_RATE

    def speech_probability(self, frame: AudioFrame) -> float:
        """See `VoiceDetector`."""
        probability = self._detector.speech_probability(frame)
        self._silence = 0 if probability >= SPEECH else self._silence + len(frame.samples)
        return probability

    def reset(self) -> None:
        """See `VoiceDetector`."""
        self._detector.reset()
        self._silence = 0

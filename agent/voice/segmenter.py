"""PURE: frames and the probability of speech in each -> utterances, counted in samples.

Only the wearer's speech is cut; people who talk in the background are heard past (`foreground`).

There is no clock: a gap in the sound shows as a jump in `AudioFrame.start`, and what was being
collected is then forgotten. What is being collected can be looked at before the silence after it
is long enough (`draft`), so that the recogniser may begin while the agent still waits.

Speech that goes on for longer than any command is talk; it is dropped while it is still being
spoken, so that no conversation is ever kept.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from agent.frames import SAMPLE_RATE, AudioFrame
from agent.voice.base import Utterance
from agent.voice.foreground import Foreground


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Times in seconds of sound, probabilities 0 to 1."""

    enter_probability: float = 0.3
    """Speech begins at this probability,"""
    leave_share: float = 0.5
    """and lasts while it stays above this part of the greatest since (hysteresis). In a room that
    echoes a detector is less sure of all speech; in noise it doubts for long after the end."""
    pre_roll_s: float = 0.3
    """Sound kept from before the speech began: soft consonants come before the detector."""
    tail_s: float = 0.1
    """Silence kept after the speech."""
    draft_s: float = 0.12
    """Silence after which it is worth beginning to score; at least `tail_s`."""
    early_s: float = 0.26
    """Silence that ends a command of little risk that was heard clearly."""
    hang_over_s: float = 0.4
    """Silence that ends an utterance; longer than the pause between two words of a command."""
    silence_before_s: float = 0.3
    """Silence that makes an utterance isolated."""
    shortest_s: float = 0.12
    """Less speech than this is a click or a cough."""
    longest_s: float = 3.4
    """More sound than this, from the first speech to the silence that ends it, is talk."""


class Segmenter:
    """Cuts the stream into utterances. Keeps at most `longest_s` + `pre_roll_s` of sound."""

    def __init__(self, settings: SegmenterSettings) -> None:
        self.settings = settings
        self._expected = -1
        self._foreground = Foreground(settings.longest_s)
        self.reset()

    def reset(self) -> None:
        """Forget all sound. What was before is unknown and does not count as silence."""
        self._foreground.reset()
        self._frames: deque[AudioFrame] = deque()
        self._kept = 0
        self._speaking = False
        self._talk = False
        self._above = False
        self._isolated = False
        self._surest = 0.0
        self._speech = 0
        self._silence = 0

    @property
    def kept_samples(self) -> int:
        """How much sound is in memory now."""
        return self._kept

    @property
    def silence(self) -> int:
        """Samples of silence after the speech that is being collected; 0 while it goes on."""
        return self._silence if self._speaking else 0

    @property
    def talking(self) -> bool:
        """Somebody speaks, for too long or too soon after other speech for it to be a command."""
        if self._foreground.talk:
            return True
        return self._speaking and (self._talk or not self._isolated)

    def draft(self) -> Utterance | None:
        """What comes out if nothing more is said; None: nothing is being collected, or nothing
        that is as long as a command and as short.

        When the silence has lasted `tail_s` it is the very utterance that comes in the end.
        """
        if not self._speaking or self._talk:
            return None
        if self._speech < _samples(self.settings.shortest_s):
            return None
        surplus = self._silence - _samples(self.settings.tail_s)
        sound = np.concatenate([frame.samples for frame in self._frames])
        sound = sound[: len(sound) - max(0, surplus)]
        start = self._frames[0].start
        return Utterance(sound, start, start + len(sound), self._isolated)

    def onset(self, utterance: Utterance) -> int:
        """About where the speech in an utterance of this segmenter begins, in the stream's samples.

        Early by a pre-roll, or by what there was of it, never late.
        """
        return utterance.start + min(_samples(self.settings.pre_roll_s), len(utterance.samples))

    def feed(self, frame: AudioFrame, probability: float) -> Utterance | None:
        """Take the next frame; the utterance that has just ended, if one has."""
        if frame.start != self._expected:
            self.reset()
        self._expected = frame.start + len(frame.samples)
        settings = self.settings
        near = self._foreground.near(frame.samples, probability)
        if self._speaking and not self._above and near < probability:
            self._drop()  # Somebody in the background has talked all the while.
        probability = near
        leave = settings.leave_share * self._surest
        if probability >= (leave if self._speaking else settings.enter_probability):
            self._take_speech(len(frame.samples), probability)
        else:
            self._silence += len(frame.samples)
        self._keep(frame)
        if self._speaking and self._silence >= _samples(settings.hang_over_s):
            return self._end()
        return None

    def _take_speech(self, count: int, probability: float) -> None:
        if not self._speaking:
            self._speaking = True
            self._above = self._foreground.risen
            self._isolated = self._silence >= _samples(self.settings.silence_before_s)
            self._surest = 0.0
            self._speech = 0
        self._surest = max(self._surest, probability)
        self._silence = 0
        self._speech += count

    def _keep(self, frame: AudioFrame) -> None:
        if self._talk:
            return
        self._frames.append(frame)
        self._kept += len(frame.samples)
        pre_roll = _samples(self.settings.pre_roll_s)
        if not self._speaking:
            self._forget_down_to(pre_roll)
        elif self._kept > pre_roll + _samples(self.settings.longest_s):
            self._drop()

    def _drop(self) -> None:
        self._talk = True
        self._forget_down_to(0)

    def _forget_down_to(self, samples: int) -> None:
        while self._kept > samples:
            self._kept -= len(self._frames.popleft().samples)

    def _end(self) -> Utterance | None:
        utterance = self.draft()
        self._speaking = self._talk = False
        self._forget_down_to(_samples(self.settings.pre_roll_s))
        return utterance


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)

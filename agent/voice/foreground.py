"""PURE: the wearer's voice over people who talk in the background: a television, a visitor.

A detector of speech says «speech» for as long as anybody talks, so that a command over it would
never begin nor end. The mouth at a head microphone is louder than all others. Where somebody has
talked for a while, only what rises clearly above that talk counts as speech; in a room where nobody
talks nothing is changed.
"""

import math
from collections import deque

import numpy as np

from agent.frames import FRAME_SECONDS, Samples

SPEECH = 0.3
"""From this probability on a frame is somebody's speech."""

HEARD_S = 3.0
"""The talk of so long is looked back on;"""
TALKED_SHARE = 0.5
"""it is talk when so much of it was speech."""
LOUD_SHARE = 0.95
"""How loud it is: this quantile of its frames' levels."""

RISE_DB, FALL_DB = 6.0, 2.0
"""The wearer's voice begins so much above the talk, and lasts while it stays so much above it. With
talkers all around, 10 dB below the wearer, 39 of 50 synthetic commands arrive whole so, and none
without; 5 dB below 8 of 16."""

BRIDGED_S = 0.16
"""Syllables that are softer than that are bridged."""

OWN_DB = 9.0
"""Talk that is fainter than the wearer by less may be the wearer's own: it has to last longer than
any command before it is talk."""
PAUSE_S = 0.3
"""Silence that ends such talk: a command may follow it."""

LEARNT_DB, FORGOTTEN_DB = 3.0, 6.0 / 60 * FRAME_SECONDS
"""How loud the wearer is, follows the loudest speech by so much a frame, so that a bang over speech
is none; and is forgotten by 6 dB a minute."""

SMOOTHED = 5
"""A level is the median of so many frames': a knock on the table is no syllable."""


class Foreground:
    """Follows the stream frame by frame."""

    def __init__(self, longest_s: float) -> None:
        """longest_s: speech of so long is no command."""
        self._longest_s = longest_s
        self._heard: deque[float] = deque(maxlen=round(HEARD_S / FRAME_SECONDS))
        self._wearer = 0.0
        """How loud the wearer is, dB."""
        self.reset()

    def reset(self) -> None:
        """Another stream begins; how loud the wearer is, is still known."""
        self._heard.clear()
        self._levels: deque[float] = deque(maxlen=SMOOTHED)
        self._lasted = self._silent = 0
        self._bridged = 0
        self.risen = False
        """The wearer is louder than others who talk."""
        self.talk = False
        """Somebody talks for so long that it is no command, and as loud as the wearer."""

    def near(self, samples: Samples, probability: float) -> float:
        """The probability that the wearer speaks, given that of anybody's speech; 0 to 1.

        samples: the frame, shape (n,), int16.
        """
        speech, level = probability >= SPEECH, self._level(samples)
        self._wearer -= FORGOTTEN_DB
        if speech and level > self._wearer:
            self._wearer = min(level, max(0.0, self._wearer) + LEARNT_DB)
        self._silent = 0 if speech else self._silent + 1
        self._lasted = 0 if self._silent * FRAME_SECONDS >= PAUSE_S else self._lasted + 1
        talk = self._talk()
        own = talk is not None and talk >= self._wearer - OWN_DB
        self.talk = own and self._lasted * FRAME_SECONDS > self._longest_s
        if talk is None or (own and not self.talk):
            self.risen = False
        else:
            self._follow(speech, level - talk)
            if not self.risen:
                probability = 0.0
        if not self.risen:
            self._heard.append(level if speech else -math.inf)
        return probability

    def _level(self, samples: Samples) -> float:
        """In dB above one step; of differences: without DC, and with less rumble."""
        change = np.diff(samples.astype(np.float32))
        power = float(np.dot(change, change)) / max(1, len(change))
        self._levels.append(10 * math.log10(power + 1))
        return sorted(self._levels)[len(self._levels) // 2]

    def _talk(self) -> float | None:
        """How loud people have talked for a while, in dB; None: they have not."""
        levels = sorted(level for level in self._heard if level > -math.inf)
        assert self._heard.maxlen is not None
        if len(levels) < TALKED_SHARE * self._heard.maxlen:
            return None
        return levels[int(LOUD_SHARE * (len(levels) - 1))]

    def _follow(self, speech: bool, above: float) -> None:
        """above: by how many dB a frame is louder than the talk."""
        if speech and above >= (FALL_DB if self.risen else RISE_DB):
            self.risen = True
            self._bridged = round(BRIDGED_S / FRAME_SECONDS)
        elif self._bridged:
            self._bridged -= 1
        else:
            self.risen = False

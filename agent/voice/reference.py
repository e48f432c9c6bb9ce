"""PURE: what the loudspeaker plays, beside what the microphone hears at that time.

Both are counted in samples, so that it does not matter how late a frame is looked at. The two
devices' clocks differ a little. An echo canceller follows an echo that drifts away slowly, better
than one that is brought back a sample at a time (`python -m bench.audio`); so what is in hand is
set right in steps of 5 ms, every few minutes with usual devices, never with one that does both.

`put` is called in the loudspeaker's thread, the rest on the event loop; see `agent.playout`.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples

PIECE = SAMPLE_RATE // 100
"""The loudspeaker takes 10 ms at a time."""

KEPT_PIECES = 250
"""As much as a microphone's frames may be late, and a little."""

START_PIECES, MOST_START_PIECES = 5, 12
"""In hand before each frame; more where it runs dry again and again. The devices take and give
20 ms at once, so it has to be more than 20 ms; an echo is never back before twice that."""

SMOOTHING_S = 5.0
"""What is in hand swings with every hiccup; only its average over this time tells of the clocks."""

SLACK = SAMPLE_RATE // 200
"""So far the average may be off before it is set right, all at once."""

HICCUP_S = 0.2
"""A loudspeaker that has taken nothing for so long stands still."""


class Reference:
    """The loudspeaker's sound on the microphone's time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """clock: seconds, monotonic; asked in both threads."""
        self._clock = clock
        self._taken_at = clock()
        self._pieces: deque[Samples] = deque(maxlen=KEPT_PIECES)
        self._rest: Samples = np.zeros(0, np.int16)
        self._expected = 0
        self._start = START_PIECES
        self._flows = False
        self._average = 0.0
        self._flowed = 0
        self.gaps = 0
        """How often it ran dry: the loudspeaker was closed, or took its sound unevenly."""

    def put(self, piece: Samples) -> None:
        """10 ms were handed to the device: shape (160,), int16, 16 kHz. Never waits."""
        self._pieces.append(piece)
        self._taken_at = self._clock()

    def beside(self, frame: AudioFrame) -> Samples:
        """What was handed over while the next frame was recorded: as long as the frame, int16."""
        lost = frame.start - self._expected
        self._expected = frame.start + len(frame.samples)
        if not 0 <= lost <= KEPT_PIECES * PIECE:
            self._flows = False  # Another stream of the microphone's: begin with what is newest.
        elif self._flows and lost:
            self._take(lost)
        if not self._flows:
            if len(self._pieces) < self._start:
                return np.zeros(len(frame.samples), np.int16)
            self._flows = True
            self._average = 0.0
            self._flowed = 0
            self._take(max(0, round(self._surplus)))
        self._set_right(len(frame.samples))
        return self._take(len(frame.samples))

    @property
    def _surplus(self) -> float:
        """By how many samples more is in hand than should be. What the device has played since it
        last took some counts as well: it takes much at once.
        """
        since = min(self._clock() - self._taken_at, HICCUP_S) * SAMPLE_RATE
        return len(self._pieces) * PIECE + len(self._rest) + since - self._start * PIECE

    def _set_right(self, count: int) -> None:
        """Skip what is too much in hand on average, or put silence before what is too little."""
        # At first over what there is, so that a wrong beginning is found out within a second.
        self._flowed = min(self._flowed + count, round(SMOOTHING_S * SAMPLE_RATE))
        self._average += (self._surplus - self._average) * count / self._flowed
        if self._flowed < SAMPLE_RATE or abs(self._average) <= SLACK:
            return
        off, self._average = round(self._average), 0.0
        if off > 0:
            self._take(off)
        else:
            self._rest = np.concatenate([np.zeros(-off, np.int16), self._rest])

    def _take(self, count: int) -> Samples:
        """The next samples, silence where there are none any more."""
        while len(self._rest) < count and self._pieces:
            self._rest = np.concatenate([self._rest, self._pieces.popleft()])
        taken, self._rest = self._rest[:count], self._rest[count:]
        if len(taken) < count:
            self._flows = False
            self._start = min(MOST_START_PIECES, self._start + 1)
            self.gaps += 1
            taken = np.pad(taken, (0, count - len(taken)))
        return taken


assert FRAME_SAMPLES % PIECE == 0

"""PURE: what the loudspeaker plays, beside what the microphone hears at that time.

Both are counted in samples, so that it does not matter how late a frame is looked at. The two
devices' clocks differ a little. An echo canceller follows an echo that drifts away slowly, better
than one that is brought back a sample at a time (`python -m bench.audio`); so what is in hand is
set right in steps of 5 ms, every few minutes with usual devices, never with one that does both.
For the same reason a hiccup of either device moves nothing: what comes too late is silence beside
its frame, and left out when it is there.

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

AGAIN_S = 10.0
"""Twice within this time is «again and again»."""

SMOOTHING_S = 5.0
"""What is in hand swings with every hiccup; only its average over this time tells of the clocks."""

SLACK = SAMPLE_RATE // 200
"""So far the average may be off before it is set right, all at once."""

HICCUP_S = 0.2
"""What comes so much later than it should does not come any more: all begins anew."""


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
        self._owed = 0
        self._dry_at = self._dry_since = -round(HICCUP_S * SAMPLE_RATE)
        self._given_up_at = -round(AGAIN_S * SAMPLE_RATE)
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
            self._begin()
        self._set_right(len(frame.samples))
        return self._take(len(frame.samples))

    def _begin(self) -> None:
        self._flows = True
        self._owed = 0
        self._average = 0.0
        self._flowed = 0
        self._take(max(0, round(self._surplus)))

    @property
    def _surplus(self) -> float:
        """By how many samples more is in hand than should be. What the device has played since it
        last took some counts as well: it takes much at once.
        """
        since = min(self._clock() - self._taken_at, HICCUP_S) * SAMPLE_RATE
        here = len(self._pieces) * PIECE + len(self._rest) - self._owed
        return here + since - self._start * PIECE

    def _set_right(self, count: int) -> None:
        """Skip what is too much in hand on average, or put silence before what is too little."""
        # At first over what there is, so that a wrong beginning is found out within a second.
        self._flowed = min(self._flowed + count, round(SMOOTHING_S * SAMPLE_RATE))
        self._average += (self._surplus - self._average) * count / self._flowed
        if self._flowed < SAMPLE_RATE or abs(self._average) <= SLACK:
            return
        off, self._average, self._flowed = round(self._average), 0.0, 0
        if off > 0:
            self._take(off)
        else:
            self._rest = np.concatenate([np.zeros(-off, np.int16), self._rest])

    def _take(self, count: int) -> Samples:
        """The next samples, silence in place of those that are not there yet."""
        wanted = self._owed + count
        while len(self._rest) < wanted and self._pieces:
            self._rest = np.concatenate([self._rest, self._pieces.popleft()])
        late = min(self._owed, len(self._rest))
        taken, self._rest = self._rest[late : late + count], self._rest[late + count :]
        self._owed -= late
        if len(taken) < count:
            self._run_dry(count - len(taken))
            taken = np.pad(taken, (0, count - len(taken)))
        return taken

    def _run_dry(self, missing: int) -> None:
        """A hiccup, at first. Still dry after a while, the loudspeaker keeps less in hand now, or
        stands still.
        """
        self._owed += missing
        now, reach = self._expected, round(HICCUP_S * SAMPLE_RATE)
        if now - self._dry_at > reach:
            self.gaps += 1
            self._dry_since = now
        self._dry_at = now
        if now - self._dry_since > reach:
            self._flows = False
            if now - self._given_up_at < AGAIN_S * SAMPLE_RATE:
                self._start = min(MOST_START_PIECES, self._start + 1)
            self._given_up_at = now


assert FRAME_SAMPLES % PIECE == 0

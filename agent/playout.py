"""PURE: sound that comes in by one clock and in jerks, and goes out evenly by another.

Two sound cards, or a sound card and the network, never run equally fast: 0.01 % is usual, and
makes 20 ms in three minutes. What is in hand is kept at a target by resampling (soxr, variable
rate), so that nothing has to be dropped or repeated. When it runs dry all the same, the sound fades
out instead of breaking off, and more is kept in hand from then on.

`put` may be called from one thread and `read` from another; there is no lock that either could
wait for: the pieces travel in a `deque`, whose `append` and `popleft` are atomic.
"""

from collections import deque

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped, unused-ignore]  # it ships without py.typed

from agent.frames import SAMPLE_RATE, Samples

FADE_SAMPLES = SAMPLE_RATE // 100
"""Sound that breaks off is faded out by 10 ms of its own mirror image; what comes, in."""

KEPT_BACK = 320
"""At least as many samples as the resampler takes before it gives any: it looks 15 ms ahead."""

CALM_S = 120.0
"""After so long without running dry, a piece less is kept in hand."""

STEERING_S, SMOOTHING_S = 4.0, 1.0
"""What is too much or too little, on the average of a second, is made good in about 4 s,"""
FASTEST = 0.01
"""with the speed changed by at most 1 %: a sixth of a semitone."""

SLOWEST_TURN = 1e-5
"""A change of speed that is smaller than this is not worth it."""

Sound = npt.NDArray[np.float32]


class Playout:
    """A jitter buffer for pieces of one length: mono, 16 kHz."""

    def __init__(
        self,
        piece: int,
        *,
        target: int,
        highest: int,
        most: int,
    ) -> None:
        """piece: samples in each piece. All the others that count, count pieces.

        target: in hand when it begins to flow; up to `highest` where it runs dry again and again.
        most: kept when nobody reads; the oldest are lost.
        """
        self._piece = piece
        self._least, self._highest = target, highest
        self._target = target
        self._pieces: deque[Samples] = deque(maxlen=most)
        self._resampler = soxr.ResampleStream(1 + FASTEST, 1, 1, dtype="float32", vr=True)
        self._ready: Sound = np.zeros(0, np.float32)
        self._flows = False
        self._speed = 0.0
        self._in_hand = 0.0
        self._calm = 0
        self._last: Sound = np.zeros(FADE_SAMPLES, np.float32)
        self._tail: Sound = np.zeros(0, np.float32)
        self._risen = 0
        self.lost = 0
        """Pieces that were dropped because nobody read them in time."""
        self.gaps = 0
        """How often it ran dry."""

    def put(self, samples: Samples) -> None:
        """Take a piece: shape (piece,), int16. Never waits."""
        if len(self._pieces) == self._pieces.maxlen:
            self.lost += 1
        self._pieces.append(samples)

    @property
    def speed(self) -> float:
        """How much faster than it comes in the sound goes out just now; 0.001 is 0.1 %."""
        return self._speed

    def read(self, count: int) -> Sound:
        """The next samples, silence where there is nothing: shape (count,), scale of int16."""
        out = self._tail[:count]
        self._tail = self._tail[count:]
        out = np.pad(out, (0, count - len(out)))
        if not self._flows and len(self._pieces) >= self._target:
            self._begin(count)
        if self._flows:
            out += self._flow(count)
        return out

    def _begin(self, count: int) -> None:
        """Flow, after the silence that the resampler looks ahead into: 15 ms of it are heard."""
        self._resampler.clear()
        self._resampler.set_io_ratio(1 + self._speed, 1)
        self._resampler.resample_chunk(np.zeros(KEPT_BACK, np.float32))
        self._ready = np.zeros(0, np.float32)
        self._in_hand = self._wanted(count)
        self._risen = 0
        self._flows = True

    def _flow(self, count: int) -> Sound:
        self._steer(count)
        while len(self._ready) < count and self._pieces:
            piece = self._pieces.popleft().astype(np.float32)
            self._ready = np.concatenate([self._ready, self._resampler.resample_chunk(piece)])
        out, self._ready = self._ready[:count], self._ready[count:]
        out = self._rising(out)
        self._last = np.concatenate([self._last, out])[-FADE_SAMPLES:]
        return out if len(out) == count else self._run_dry(out, count)

    def _wanted(self, count: int) -> float:
        """How many samples should be in hand before a read of so many: whole pieces, of which
        the first is half used up on average.
        """
        return self._target * self._piece - (self._piece - count) / 2

    def _steer(self, count: int) -> None:
        """Play a little faster when there is more in hand than wanted, slower when less."""
        now = len(self._pieces) * self._piece + len(self._ready)
        share = min(1.0, count / SAMPLE_RATE / SMOOTHING_S)
        self._in_hand += (now - self._in_hand) * share
        surplus = (self._in_hand - self._wanted(count)) / SAMPLE_RATE / STEERING_S
        speed = min(FASTEST, max(-FASTEST, surplus))
        if abs(speed - self._speed) > SLOWEST_TURN:
            self._speed = speed
            self._resampler.set_io_ratio(1 + speed, 1, count)
        self._calm += count
        if self._calm >= CALM_S * SAMPLE_RATE and self._target > self._least:
            self._target -= 1
            self._calm = 0

    def _rising(self, out: Sound) -> Sound:
        """What begins, begins softly."""
        if self._risen >= FADE_SAMPLES:
            return out
        rise = np.arange(self._risen, self._risen + len(out), dtype=np.float32) / FADE_SAMPLES
        self._risen += len(out)
        return out * np.minimum(rise, 1)

    def _run_dry(self, left: Sound, count: int) -> Sound:
        """What is left, and its fading; then wait until enough is in hand, more than before."""
        self._flows = False
        self._target = min(self._highest, self._target + 1)
        self._calm = 0
        self.gaps += 1
        fall = np.linspace(1, 0, FADE_SAMPLES, dtype=np.float32)
        rest = np.concatenate([left, self._last[::-1] * fall])
        self._last = np.zeros(FADE_SAMPLES, np.float32)
        self._tail = rest[count:]
        return np.pad(rest[:count], (0, max(0, count - len(rest))))

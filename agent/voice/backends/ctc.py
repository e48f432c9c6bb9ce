"""PURE: how likely sequences of sounds are, given what a network makes of each frame.

Connectionist temporal classification (Graves et al., 2006), the forward pass, over many sequences
at once, in numpy. Class 0 is the blank.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LogProbs = npt.NDArray[np.float32]
"""Shape (t, c): the natural log of the probability of each class in each frame."""

Numbers = npt.NDArray[np.float64]

BLANK = 0
IMPOSSIBLE = -1e9
"""A log-probability that stays a number in sums."""


class Sequences:
    """Sequences to score, padded to one length so that all are advanced in one sweep."""

    def __init__(
        self, sequences: Sequence[Sequence[int]], gaps: Sequence[Sequence[int]] = ()
    ) -> None:
        """sequences: at least one; classes of at least 1, none empty. gaps: for each, the places of
        the sounds before which others may stand, as between words; for `excess` only.
        """
        self._counts = np.array([len(sequence) for sequence in sequences])
        width = 2 * int(self._counts.max()) + 1
        self._states = np.full((len(sequences), width), BLANK)
        for row, sequence in enumerate(sequences):
            self._states[row, 1 : 2 * len(sequence) : 2] = sequence
        # A blank may be passed over between two different sounds.
        self._passable = np.zeros(self._states.shape, bool)
        self._passable[:, 3::2] = self._states[:, 3::2] != self._states[:, 1:-2:2]
        self._gaps = np.zeros(self._states.shape, bool)
        self._gaps[:, 0] = self._gaps[np.arange(len(sequences)), 2 * self._counts] = True
        for row, places in enumerate(gaps):
            self._gaps[row, [2 * place for place in places]] = True

    def log_likelihoods(self, frames: LogProbs) -> Numbers:
        """The log-probability of each sequence, all ways to lie in the frames summed; shape (n,).

        frames: at least one. A sequence that is longer than the frames gets about `IMPOSSIBLE`.
        """
        emissions = frames.astype(np.float64)[:, self._states]
        now = np.full(self._states.shape, IMPOSSIBLE)
        now[:, :2] = emissions[0, :, :2]
        for emission in emissions[1:]:
            now = self._advance(now) + emission
        rows, last = np.arange(len(self._counts)), 2 * self._counts
        return np.asarray(np.logaddexp(now[rows, last], now[rows, last - 1]))

    def excess(self, frames: LogProbs) -> Numbers:
        """How much likelier the best way of each to lie in the frames becomes when any other sounds
        may stand before it, after it and in its gaps: about 0 where nothing else was said, natural
        log, shape (n,).

        frames: at least one. 0 for a sequence that is longer than the frames.
        """
        # Against the likeliest class of each frame, so that what is outside costs nothing.
        emissions = (frames - frames.max(axis=1, keepdims=True)).astype(np.float64)[:, self._states]
        alone = self._likeliest(emissions)
        among = self._likeliest(np.where(self._gaps, 0.0, emissions))
        return np.where(alone > IMPOSSIBLE / 2, among - alone, 0.0)

    def _likeliest(self, emissions: Numbers) -> Numbers:
        """Along the best way only; shape (n,)."""
        now = np.full(self._states.shape, IMPOSSIBLE)
        now[:, :2] = emissions[0, :, :2]
        for emission in emissions[1:]:
            best = now.copy()
            best[:, 1:] = np.maximum(best[:, 1:], now[:, :-1])
            leap = np.where(self._passable[:, 2:], now[:, :-2], IMPOSSIBLE)
            best[:, 2:] = np.maximum(best[:, 2:], leap)
            now = best + emission
        rows, last = np.arange(len(self._counts)), 2 * self._counts
        return np.asarray(np.maximum(now[rows, last], now[rows, last - 1]))

    def _advance(self, now: Numbers) -> Numbers:
        """One frame on: stay, take the next state, or pass over a blank."""
        step, leap = np.full_like(now, IMPOSSIBLE), np.full_like(now, IMPOSSIBLE)
        step[:, 1:] = now[:, :-1]
        leap[:, 2:] = np.where(self._passable[:, 2:], now[:, :-2], IMPOSSIBLE)
        top = np.maximum(np.maximum(now, step), leap)
        total = np.exp(now - top) + np.exp(step - top) + np.exp(leap - top)
        return np.asarray(top + np.log(total))


def best_path(frames: LogProbs) -> tuple[float, int]:
    """The log-probability of the likeliest path of any sounds, and how many sounds it holds."""
    path = frames.argmax(axis=1)
    begins = np.diff(path, prepend=BLANK) != 0
    return float(frames.max(axis=1).sum()), int((begins & (path != BLANK)).sum())

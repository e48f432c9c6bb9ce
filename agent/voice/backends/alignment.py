"""How far one sequence of vectors is from many templates at once, in numpy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Shape (t, d): t vectors of length 1."""

Numbers = npt.NDArray[np.float32]

STRETCH = 4
"""Vectors (of 80 ms) in a stretch."""

STRETCH_WEIGHT = 0.3
"""How much the worst stretch counts beside the mean along the path."""


class Templates:
    """Sequences to compare with, padded to one length so that all are aligned in one sweep."""

    def __init__(self, sequences: Sequence[Vectors]) -> None:
        """sequences: at least one; shapes (t, d) with t at least 1 and the same d."""
        self._lengths = np.array([len(sequence) for sequence in sequences])
        shape = (len(sequences), self._lengths.max(), sequences[0].shape[1])
        self._padded = np.zeros(shape, np.float32)
        for index, sequence in enumerate(sequences):
            self._padded[index, : len(sequence)] = sequence
        self._is_padding = np.arange(shape[1])[:, np.newaxis] >= self._lengths

    def distances(self, sequence: Vectors) -> Numbers:
        """How far `sequence` is from each of the n templates: shape (n,), 0 (same) to 2.

        The mean alone would forgive a phrase that stands inside a longer sentence: most of it
        fits. So the stretch of `sequence` that fits nowhere in the template counts as well.
        """
        # One small product for each template: a large one would wake numpy's threads, which then
        # spin for milliseconds on the cores that the video encoder needs.
        likeness = self._padded @ sequence.T
        # Shape (vectors of the sequence, longest template, n): cosine distances.
        apart = np.ascontiguousarray(np.float32(1) - likeness.transpose(2, 1, 0))
        path = self._along_path(apart)
        worst = _worst_stretch(np.where(self._is_padding, 2, apart).min(axis=1))
        return np.asarray((1 - STRETCH_WEIGHT) * path + STRETCH_WEIGHT * worst, np.float32)

    def _along_path(self, apart: Numbers) -> Numbers:
        """Dynamic time warping: the mean along the best path, both ends fixed, shape (n,).

        Symmetric: a diagonal step counts twice. Every operation runs over all templates.
        """
        before = np.full((apart.shape[1] + 1, len(self._lengths)), np.inf, np.float32)
        before[0] = 0
        for costs in apart:
            row = np.full_like(before, np.inf)
            for place, cost in enumerate(costs, start=1):
                straight = np.minimum(before[place], row[place - 1])
                row[place] = np.minimum(straight, before[place - 1] + cost) + cost
            before = row
        total = before[self._lengths, np.arange(len(self._lengths))]
        return np.asarray(total / (len(apart) + self._lengths), np.float32)


def _worst_stretch(nearest: Numbers) -> Numbers:
    """The highest mean over `STRETCH` vectors in a row; nearest: shape (t, n); result (n,)."""
    width = min(STRETCH, len(nearest))
    stretches = np.lib.stride_tricks.sliding_window_view(nearest, width, axis=0)
    return np.asarray(stretches.mean(axis=2).max(axis=0), np.float32)

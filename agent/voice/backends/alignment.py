"""Dynamic time warping (DTW) of one sequence against many at once, in numpy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Shape (t, d): t vectors of length 1."""

Numbers = npt.NDArray[np.float32]


class Templates:
    """Sequences to compare with, padded to one length so that all are aligned in one sweep."""

    def __init__(self, sequences: Sequence[Vectors]) -> None:
        """sequences: at least one; shapes (t, d) with t at least 1 and the same d."""
        self.lengths = np.array([len(sequence) for sequence in sequences])
        shape = (self.lengths.max(), len(sequences), sequences[0].shape[1])
        self._padded = np.zeros(shape, np.float32)
        for index, sequence in enumerate(sequences):
            self._padded[: len(sequence), index] = sequence

    def distances(self, sequence: Vectors) -> Numbers:
        """How far `sequence` is from each of the n templates: shape (n,), 0 to 2.

        Mean cosine distance along the best path, symmetric (a diagonal step counts twice), both
        ends fixed.
        """
        # Shape (longest template, n, frames of the sequence): the loops below then run over the
        # frames, and every operation over all templates.
        apart = np.float32(1) - self._padded @ sequence.T
        before = np.full((len(apart) + 1, len(self.lengths)), np.inf, np.float32)
        before[0, :] = 0
        for costs in np.moveaxis(apart, 2, 0).copy():
            row = np.full_like(before, np.inf)
            for place, cost in enumerate(costs, start=1):
                straight = np.minimum(before[place], row[place - 1])
                row[place] = np.minimum(straight, before[place - 1] + cost) + cost
            before = row
        total = before[self.lengths, np.arange(len(self.lengths))]
        return np.asarray(total / (len(sequence) + self.lengths), np.float32)

"""CTC in numpy: the best alignment of phones to frames, and how well it fits.

With it the recipe chooses among pronunciations, leaves out recordings that do not say what their
transcript says, and cuts long recordings into phrases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
"""Shape (t, phones): natural-log posteriors; phone 0 is the blank."""

BLANK = 0


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best path through the frames."""

    score: float
    """Its log probability; -inf when there are more phones than frames."""
    spans: tuple[tuple[int, int], ...]
    """First frame and one past the last, for every phone."""

    @property
    def per_phone(self) -> float:
        """Log probability for each phone: near 0 when the recording says it."""
        return self.score / max(1, len(self.spans))


NOTHING = Alignment(-np.inf, ())


def align(scores: Scores, phones: Sequence[int]) -> Alignment:
    """Viterbi over blank, phone, blank, phone … blank; blanks between different phones may go."""
    states = np.full(2 * len(phones) + 1, BLANK)
    states[1::2] = phones
    skips = np.zeros(len(states), bool)
    skips[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    if len(scores) == 0:
        return NOTHING
    emitted = scores[:, states].astype(np.float64)
    best = np.full(len(states), -np.inf)
    best[:2] = emitted[0, :2]
    came = np.zeros(emitted.shape, np.int8)
    for frame in range(1, len(emitted)):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], best[:-2]])[: len(best)], -np.inf)
        choices = np.stack([best, one, two])
        came[frame] = choices.argmax(axis=0)
        best = choices.max(axis=0) + emitted[frame]
    state = max(range(max(0, len(states) - 2), len(states)), key=best.__getitem__)
    if np.isneginf(best[state]):
        return NOTHING
    return Alignment(float(best[state]), _spans(came, state))


def _spans(came: npt.NDArray[np.int8], state: int) -> tuple[tuple[int, int], ...]:
    path = [state]
    for step in came[:0:-1]:
        path.append(path[-1] - int(step[path[-1]]))
    frames = np.array(path[::-1])
    return tuple(
        (int(np.argmax(frames == at)), int(len(frames) - np.argmax(frames[::-1] == at)))
        for at in range(1, came.shape[1], 2)
    )

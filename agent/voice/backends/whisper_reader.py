"""Whisper's decoder, loaded: how likely token sequences are, given what the encoder heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agent.voice.backends.onnx_run import Network
from agent.voice.backends.whisper_tree import Tokens, Tree, tree_of

ROWS = 32
"""States that are compared with the whole vocabulary at once: 7 MB."""

Logs = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Memory:
    """One utterance as the decoder looks at it: keys and values of each of its blocks."""

    arrays: Mapping[str, Any]


class Reader:
    """The decoder, and what tells its tokens apart."""

    def __init__(
        self,
        decoder: Network,
        head: Network,
        embedding: npt.NDArray[np.float16],
        positions: npt.NDArray[np.float16],
        prompt: Tokens,
        ends: Tokens,
    ) -> None:
        """decoder, head: of `whisper_graphs`; embedding: (vocabulary, d), positions: (448, d);
        prompt, ends: of the `Tokeniser`.
        """
        self._decoder, self._head = decoder, head
        self._embedding, self._positions = embedding, positions
        self._prompt, self._ends = prompt, np.array(ends, np.int64)

    def score(self, memory: Memory, sequences: Sequence[Tokens]) -> Logs:
        """log P(sequence, then an end | sound) of each, natural logarithms, shape (n,).

        Raises PartError(RECOGNISER_FAILED).
        """
        tree = tree_of(self._prompt, sequences)
        tokens = np.unique(np.concatenate([tree.tokens, self._ends]))
        logs = self._logs(self._states(memory, tree), tokens)
        place = {int(token): column for column, token in enumerate(tokens)}
        ends = [place[int(end)] for end in self._ends]
        finished = np.logaddexp.reduce(logs[:, ends], axis=1)
        return np.array(
            [
                sum(logs[node, place[token]] for node, token in tree.steps(number))
                + finished[tree.last(number)]
                for number in range(len(sequences))
            ]
        )

    def next(self, memory: Memory, before: Tokens, among: npt.NDArray[np.int64]) -> int:
        """The likeliest of the tokens `among` after the prompt and `before`."""
        states = self._states(memory, tree_of(self._prompt + before, ()))
        return int(among[self._logs(states[-1:], among).argmax()])

    def _states(self, memory: Memory, tree: Tree) -> Any:
        x = self._embedding[tree.tokens].astype(np.float32)
        x += self._positions[tree.depths]
        return self._decoder({"x": x, "mask": tree.mask, **memory.arrays})["states"]

    def _logs(self, states: Any, tokens: npt.NDArray[np.int64]) -> Logs:
        pieces = [states[at : at + ROWS] for at in range(0, len(states), ROWS)]
        found = [self._head({"states": each, "tokens": tokens})["logs"] for each in pieces]
        return np.concatenate(found).astype(np.float64)

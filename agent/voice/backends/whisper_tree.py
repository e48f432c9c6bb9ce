"""PURE: token sequences -> one tree in which what they have in common stands once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UNSEEN = np.float32(-1e9)
"""Added to the attention of a token that is not on the way from the root."""

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """The prompt, and below it the sequences; node 0 is the prompt's first token."""

    tokens: npt.NDArray[np.int64]
    """Shape (n,)."""
    depths: npt.NDArray[np.int64]
    """Shape (n,): positions of the tokens, from 0."""
    mask: npt.NDArray[np.float32]
    """Shape (n, n): 0 where node i may look at node j (itself and what it follows), else UNSEEN."""
    root: int
    """The prompt's last node, after which every sequence begins."""
    paths: tuple[tuple[int, ...], ...]
    """For each sequence, the nodes of its tokens."""

    def steps(self, number: int) -> Iterator[tuple[int, int]]:
        """The (node, next token) pairs whose probabilities make up a sequence's."""
        path = self.paths[number]
        yield from zip((self.root, *path[:-1]), self.tokens[list(path)].tolist(), strict=bool(path))

    def last(self, number: int) -> int:
        """The node after which a sequence ends."""
        return (self.root, *self.paths[number])[-1]


def tree_of(prompt: Tokens, sequences: Iterable[Tokens]) -> Tree:
    """prompt: at least one token. Sequences may be empty or equal."""
    nodes: dict[Tokens, int] = {}
    parents: list[int] = []

    def walk(tokens: Tokens) -> list[int]:
        found, parent = [], -1
        for length in range(1, len(tokens) + 1):
            known = nodes.setdefault(tokens[:length], len(parents))
            if known == len(parents):
                parents.append(parent)
            found.append(known)
            parent = known
        return found

    root = walk(prompt)[-1]
    paths = tuple(tuple(walk(prompt + each)[len(prompt) :]) for each in sequences)
    mask = np.full((len(parents), len(parents)), UNSEEN)
    for node, parent in enumerate(parents):
        if parent >= 0:
            mask[node] = mask[parent]
        mask[node, node] = 0
    return Tree(
        tokens=np.array([tokens[-1] for tokens in nodes], np.int64),
        depths=np.array([len(tokens) - 1 for tokens in nodes], np.int64),
        mask=mask,
        root=root,
        paths=paths,
    )

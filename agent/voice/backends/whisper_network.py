"""A whole Whisper, loaded: sound -> what the decoder looks at -> likelihoods of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.onnx_run import Network
from agent.voice.backends.whisper_mel import MEL_RATE, log_mel
from agent.voice.backends.whisper_reader import Logs, Memory, Reader
from agent.voice.backends.whisper_tree import Tokens

SHORTEST_S = 3
"""Whisper was trained on 30 s; on so few it still hears as well."""

AFTER_S = 1.5
"""Silence that it needs after the speech."""

LONGEST_FREE = 24
"""Tokens of the free hypothesis; about 7 s of speech."""

Graph = bytes | str


@dataclass(frozen=True, slots=True)
class Graphs:
    """A model in the form that is run; see `whisper_graphs`.

    A graph is a path, or its bytes, which take twice the memory.
    """

    encoder: Graph
    decoder: Graph
    head: Graph
    embedding: npt.NDArray[np.float16]
    """Shape (vocabulary, d)."""
    positions: npt.NDArray[np.float16]
    """Shape (448, d)."""
    mel_bands: int


class WhisperNetwork:
    """The network."""

    def __init__(self, graphs: Graphs, prompt: Tokens, ends: Tokens, end: int) -> None:
        """prompt, ends and end: of the `Tokeniser`. Raises PartError(RECOGNISER_FAILED)."""
        decoder, head = Network(graphs.decoder), Network(graphs.head)
        self._encoder, self._bands = Network(graphs.encoder), graphs.mel_bands
        self.reader = Reader(decoder, head, graphs.embedding, graphs.positions, prompt, ends)
        self._ends = ends
        self._words = np.arange(end + 1, dtype=np.int64)  # What is above the end is no word.

    def hear(self, sound: Samples) -> Memory:
        """sound: shape (n,), int16, 16 kHz. About 25 ms of CPU for a second and a half of it.

        Raises PartError(RECOGNISER_FAILED).
        """
        seconds = max(SHORTEST_S, int(np.ceil(len(sound) / SAMPLE_RATE + AFTER_S)))
        return Memory(self._encoder({"mel": log_mel(sound, seconds * MEL_RATE, self._bands)}))

    def score(self, memory: Memory, sequences: Sequence[Tokens]) -> Logs:
        """As `Reader.score`."""
        return self.reader.score(memory, sequences)

    def free(self, memory: Memory) -> Tokens:
        """What it would have written, each token the likeliest after those before it.

        Not longer than `LONGEST_FREE`. Only to be scored and forgotten, never turned into text.
        """
        found: Tokens = ()
        while len(found) < LONGEST_FREE:
            token = self.reader.next(memory, found, self._words)
            if token in self._ends:
                break
            found += (token,)
        return found

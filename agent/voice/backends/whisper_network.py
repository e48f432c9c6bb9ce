"""Whisper's three graphs, loaded: sound -> what the decoder looks at -> likelihoods of tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.whisper_mel import MEL_RATE, log_mel
from agent.voice.backends.whisper_tree import Tokens, Tree, tree_of

SHORTEST_S = 3
"""Whisper was trained on 30 s; on so few it still hears as well, on fewer it does not."""

AFTER_S = 1.5
"""Silence that it needs after the speech."""

ROWS = 32
"""States that are compared with the whole vocabulary at once: 7 MB."""

LONGEST_FREE = 24
"""Tokens of the free hypothesis; about 7 s of speech."""

SILENT_LOG = 4  # onnxruntime's «fatal»: its other messages go to stderr past our log

Logs = npt.NDArray[np.float64]
Graph = bytes | str


@dataclass(frozen=True, slots=True)
class Memory:
    """One utterance as the decoder looks at it: keys and values of each of its blocks."""

    arrays: Mapping[str, Any]


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
    """The network. One thread: the video encoder needs the other cores."""

    def __init__(self, graphs: Graphs, prompt: Tokens, ends: Tokens, end: int) -> None:
        """prompt, ends and end: of the `Tokeniser`. Raises PartError(RECOGNISER_FAILED)."""
        self._encoder, self._decoder, self._head = (
            _session(each) for each in (graphs.encoder, graphs.decoder, graphs.head)
        )
        self._names = [each.name for each in self._encoder.get_outputs()]
        self._embedding, self._positions = graphs.embedding, graphs.positions
        self._bands = graphs.mel_bands
        self._prompt = prompt
        self._ends = np.array(ends, np.int64)
        self._words = np.arange(end + 1, dtype=np.int64)  # What is above the end is no word.

    def hear(self, sound: Samples) -> Memory:
        """sound: shape (n,), int16, 16 kHz. About 25 ms of CPU for a second and a half of it.

        Raises PartError(RECOGNISER_FAILED).
        """
        seconds = max(SHORTEST_S, int(np.ceil(len(sound) / SAMPLE_RATE + AFTER_S)))
        mel = log_mel(sound, seconds * MEL_RATE, self._bands)
        return Memory(dict(zip(self._names, _run(self._encoder, {"mel": mel}), strict=True)))

    def score(self, memory: Memory, sequences: Sequence[Tokens]) -> Logs:
        """log P(sequence, then an end | sound) of each, natural logarithms, shape (n,)."""
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

    def free(self, memory: Memory) -> Tokens:
        """What it would have written, each token the likeliest after those before it.

        Not longer than `LONGEST_FREE`. Only to be scored and forgotten, never turned into text.
        """
        found: Tokens = ()
        while len(found) < LONGEST_FREE:
            states = self._states(memory, tree_of(self._prompt + found, ()))
            token = int(self._logs(states[-1:], self._words).argmax())
            if token in self._ends:
                break
            found += (token,)
        return found

    def _states(self, memory: Memory, tree: Tree) -> Any:
        x = self._embedding[tree.tokens].astype(np.float32)
        x += self._positions[tree.depths]
        return _run(self._decoder, {"x": x, "mask": tree.mask, **memory.arrays})[0]

    def _logs(self, states: Any, tokens: npt.NDArray[np.int64]) -> Logs:
        pieces = [states[at : at + ROWS] for at in range(0, len(states), ROWS)]
        found = [_run(self._head, {"states": each, "tokens": tokens})[0] for each in pieces]
        return np.concatenate(found).astype(np.float64)


def _session(graph: Graph) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = SILENT_LOG
    options.enable_cpu_mem_arena = False  # It would keep the most that was ever needed.
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
        raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error


def _run(session: Any, inputs: Mapping[str, Any]) -> list[Any]:
    try:
        result: list[Any] = session.run(None, dict(inputs))
    except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
        raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error
    return result

"""A whole Whisper model that scores phrases, and the best that it could think of itself."""

from pathlib import Path

from agent.faults import Fault, PartError
from agent.frames import Samples
from agent.voice.backends.whisper_network import WhisperNetwork
from agent.voice.backends.whisper_phrases import PhraseScorer, near_silence
from agent.voice.backends.whisper_reader import Memory
from agent.voice.backends.whisper_store import check_tokens, load_graphs
from agent.voice.backends.whisper_tokens import Tokeniser

TOKEN_WORTH = 0.5
"""What each token of the free hypothesis is given back instead of its prior: taking that off would
reward spellings that nobody uses. Tried from 0 to 2."""


class WhisperScorer:
    """`hear` once, then `phrases.score` and `free`."""

    def __init__(self, folder: Path) -> None:
        """folder: the model's, with its manifest.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT, MANIFEST_INVALID, MODEL_NOT_PINNED,
        RECOGNISER_FAILED).
        """
        tokens = Tokeniser(check_tokens(folder))
        graphs = load_graphs(folder)
        if len(graphs.embedding) <= max(tokens.prompt):
            raise PartError(Fault.MODEL_CORRUPT, file=str(folder))
        self._network = WhisperNetwork(graphs, tokens.prompt, tokens.ends, tokens.end)
        silence = self._network.hear(near_silence())
        self.phrases = PhraseScorer(tokens, self._network.reader, silence)

    def hear(self, sound: Samples) -> Memory:
        """sound: shape (n,), int16, 16 kHz, at most some seconds. Raises PartError."""
        return self._network.hear(sound)

    def free(self, memory: Memory) -> float:
        """A score for the best that it could think of itself, whatever that may be.

        Natural log as well, but lower than a phrase's for the same words: nothing is taken off.
        It is token numbers within this call and gone after it. About 40 ms of CPU.
        """
        tokens = self._network.free(memory)
        (heard,) = self._network.score(memory, [tokens])
        return float(heard + TOKEN_WORTH * len(tokens))

"""A second opinion on a few phrases: the rest of the Whisper whose first layers tell the sounds.

The recogniser of sounds hears what was said sound by sound; Whisper's decoder knows which words
sound so. It is only ever asked how likely a valid phrase is, never what was said.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.faults import Fault, PartError
from agent.models.manifest import read_manifest
from agent.models.pins import checked
from agent.voice.backends.onnx_run import Network
from agent.voice.backends.whisper_phrases import PhraseScorer
from agent.voice.backends.whisper_reader import Memory, Reader
from agent.voice.backends.whisper_tokens import Tokeniser

UPPER, DECODER, HEAD = "upper.onnx", "decoder.onnx", "head.onnx"
EMBEDDING, POSITIONS, TOKENS = "embedding.npy", "positions.npy", "tokens.json"
FILES = (UPPER, DECODER, HEAD, EMBEDDING, POSITIONS, TOKENS)

States = npt.NDArray[np.float32]
"""Shape (t, 512): what the recogniser of sounds makes of a sound on the way; 20 ms a state."""


class WordScorer:
    """Scores phrases by the states that another network has made already."""

    def __init__(self, folder: Path, silence: States) -> None:
        """folder: the model's, with its manifest; silence: the states of `near_silence`.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT, MANIFEST_INVALID).
        """
        _check(folder)
        tokens = Tokeniser(folder / TOKENS)
        self._upper, decoder, head = (
            Network(str(folder / name), folder / name) for name in (UPPER, DECODER, HEAD)
        )
        # The tables stay on disk: a phrase needs few of their rows.
        embedding, positions = (
            np.load(folder / name, mmap_mode="r") for name in (EMBEDDING, POSITIONS)
        )
        reader = Reader(decoder, head, embedding, positions, tokens.prompt, tokens.ends)
        self._phrases = PhraseScorer(tokens, reader, self._memory(silence))

    def score(self, states: States, phrases: Sequence[str]) -> Mapping[str, float]:
        """Natural-log score of each phrase that has letters: about 10 when it was said, below -10
        when it was not. 8 ms of CPU, 2 ms for each phrase, 5 ms more the first time.

        Raises PartError(RECOGNISER_FAILED).
        """
        return self._phrases.score(self._memory(states), phrases)

    def _memory(self, states: States) -> Memory:
        return Memory(self._upper({"states": states}))


def _check(folder: Path) -> None:
    """Every file is the manifest's."""
    files = {file.name: file for file in read_manifest(folder).files}
    for name in FILES:
        if name not in files:
            raise PartError(Fault.MODEL_CORRUPT, file=str(folder))
        try:
            checked(folder / name, files[name], files[name].sha256)
        except PartError as error:
            if error.fault is Fault.MODEL_MISSING:
                raise
            raise PartError(Fault.MODEL_CORRUPT, file=str(folder / name)) from error

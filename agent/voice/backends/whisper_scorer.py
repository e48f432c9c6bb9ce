"""How much better a phrase explains a sound than near-silence does, by a Whisper model.

Whisper finds short common words likely whatever it hears. What it would say of next to nothing is
therefore taken off again: log P(phrase, end | sound) - 0.7 log P(phrase, end | near-silence).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.whisper_network import Memory, WhisperNetwork
from agent.voice.backends.whisper_store import check_tokens, load_graphs
from agent.voice.backends.whisper_tokens import Tokeniser
from agent.voice.backends.whisper_tree import Tokens

PRIOR_WEIGHT = 0.7
"""How much of what it would say anyway is taken off; tried on people's words from 0 to 1."""

TOKEN_WORTH = 0.5
"""What each token of the free hypothesis is given back instead: taking off its prior would reward
spellings that nobody uses. Tried from 0 to 2."""

NEAR_SILENCE = 3
"""Root mean square of the noise that stands for near-silence; full scale is 32767."""


class WhisperScorer:
    """A Whisper model that scores phrases. For `WhisperRecogniser`, and for any engine that wants
    a second opinion on a few phrases: `hear` once, then `phrases` for each shortlist."""

    def __init__(self, folder: Path) -> None:
        """folder: the model's, with its manifest.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT, MANIFEST_INVALID, MODEL_NOT_PINNED,
        RECOGNISER_FAILED).
        """
        self._tokeniser = Tokeniser(check_tokens(folder))
        graphs = load_graphs(folder)
        if len(graphs.embedding) <= max(self._tokeniser.prompt):
            raise PartError(Fault.MODEL_CORRUPT, file=str(folder))
        tokens = self._tokeniser
        self._network = WhisperNetwork(graphs, tokens.prompt, tokens.ends, tokens.end)
        noise = np.random.default_rng(0).normal(0, NEAR_SILENCE, SAMPLE_RATE)
        self._silence = self._network.hear(noise.astype(np.int16))
        self._forms: dict[str, tuple[Tokens, ...]] = {}
        self._priors: dict[Tokens, float] = {}

    def prepare(self, phrases: Iterable[str]) -> None:
        """Ask once what it would say of near-silence. About 5 ms of CPU for a new phrase."""
        fresh = {phrase: self._tokeniser.forms(phrase) for phrase in {*phrases} - {*self._forms}}
        forms = [form for forms in fresh.values() for form in forms]
        if forms:
            self._priors.update(zip(forms, self._network.score(self._silence, forms), strict=True))
        self._forms.update(fresh)

    def hear(self, sound: Samples) -> Memory:
        """sound: shape (n,), int16, 16 kHz, at most some seconds. Raises PartError."""
        return self._network.hear(sound)

    def phrases(self, memory: Memory, phrases: Sequence[str]) -> Mapping[str, float]:
        """Natural-log score of each phrase that has letters; its written forms together.

        About 2 ms of CPU a phrase. Raises KeyError for one that was not prepared, PartError.
        """
        forms = [form for phrase in phrases for form in self._forms[phrase]]
        if not forms:
            return {}
        heard = dict(zip(forms, self._network.score(memory, forms), strict=True))
        return {
            phrase: float(np.logaddexp.reduce([self._score(heard[form], form) for form in known]))
            for phrase in phrases
            if (known := self._forms[phrase])
        }

    def free(self, memory: Memory) -> float:
        """A score for the best that it could think of itself, whatever that may be.

        Natural log as well, but lower than a phrase's for the same words: nothing is taken off.
        It is token numbers within this call and gone after it. About 40 ms of CPU.
        """
        tokens = self._network.free(memory)
        (heard,) = self._network.score(memory, [tokens])
        return float(heard + TOKEN_WORTH * len(tokens))

    def _score(self, heard: float, form: Tokens) -> float:
        return heard - PRIOR_WEIGHT * self._priors[form]

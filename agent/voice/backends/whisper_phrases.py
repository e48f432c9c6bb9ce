"""How much better a phrase explains a sound than near-silence does, by Whisper's decoder.

Whisper finds short common words likely whatever it hears. What it would say of next to nothing is
therefore taken off again: log P(phrase, end | sound) - 0.7 log P(phrase, end | near-silence).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.whisper_reader import Memory, Reader
from agent.voice.backends.whisper_tokens import Tokeniser
from agent.voice.backends.whisper_tree import Tokens

PRIOR_WEIGHT = 0.7
"""How much of what it would say anyway is taken off; tried on people's words from 0 to 1."""

NEAR_SILENCE = 3
"""Root mean square of the noise that stands for near-silence; full scale is 32767."""


def near_silence() -> Samples:
    """A second of it; always the same."""
    noise = np.random.default_rng(0).normal(0, NEAR_SILENCE, SAMPLE_RATE)
    return noise.astype(np.int16)


class PhraseScorer:
    """Scores phrases; what near-silence makes of each is asked once and kept."""

    def __init__(self, tokeniser: Tokeniser, reader: Reader, silence: Memory) -> None:
        """silence: what the encoder makes of `near_silence`."""
        self._tokeniser, self._reader, self._silence = tokeniser, reader, silence
        self._forms: dict[str, tuple[Tokens, ...]] = {}
        self._priors: dict[Tokens, float] = {}

    def prepare(self, phrases: Iterable[str]) -> None:
        """Ask once what it would say of near-silence. About 5 ms of CPU for a new phrase.

        Raises PartError(RECOGNISER_FAILED).
        """
        fresh = {phrase: self._tokeniser.forms(phrase) for phrase in {*phrases} - {*self._forms}}
        forms = [form for forms in fresh.values() for form in forms]
        if forms:
            self._priors.update(zip(forms, self._reader.score(self._silence, forms), strict=True))
        self._forms.update(fresh)

    def score(self, memory: Memory, phrases: Sequence[str]) -> Mapping[str, float]:
        """Natural-log score of each phrase that has letters; its written forms together.

        About 2 ms of CPU a phrase that is prepared. Raises PartError(RECOGNISER_FAILED).
        """
        self.prepare(phrases)
        forms = [form for phrase in phrases for form in self._forms[phrase]]
        if not forms:
            return {}
        heard = dict(zip(forms, self._reader.score(memory, forms), strict=True))
        return {
            phrase: float(np.logaddexp.reduce([self._score(heard[form], form) for form in known]))
            for phrase in phrases
            if (known := self._forms[phrase])
        }

    def _score(self, heard: float, form: Tokens) -> float:
        return heard - PRIOR_WEIGHT * self._priors[form]

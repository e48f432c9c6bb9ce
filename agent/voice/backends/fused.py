"""The default recogniser: sounds, likeness to synthetic templates, and words for the likeliest few.

Three opinions from frozen networks that were trained on real speech. Two are cheap and are asked
about every phrase: the sounds of the utterance, and its likeness to templates of whole phrases. The
third, Whisper's decoder, is dear and is asked about a shortlist. They err on different utterances;
their opinions are added with weights from `python -m bench.calibrate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agent.voice.backends.alignment import Vectors
from agent.voice.backends.phone_table import Weights, read_table
from agent.voice.backends.phones import Heard, PhoneRecogniser
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.backends.whisper_phrases import near_silence
from agent.voice.backends.words import WordScorer
from agent.voice.base import NO_CHANCE, Scores, Utterance
from agent.voice.spelling import Speller

SHORTLIST = 6
"""Phrases that the third is asked about."""

MOST = 20.0
"""The third hardly ever thinks better of a phrase."""

HOPELESS = -12.0
"""When no opinion of the third could bring the log-odds above this, it is not asked: most talk
costs no more than the first two."""


class Opinions(NamedTuple):
    """What the three make of one phrase."""

    fit: float
    """`Fit.phrases`."""
    excess: float
    """`PhoneRecogniser.excess`."""
    lead: float
    """Of the templates over their fillers."""
    words: float
    """`WordScorer.score`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the three make of an utterance."""

    phrases: Mapping[str, Opinions]
    """Of those on the shortlist."""
    sounds: int
    clarity: float
    """Both as in `Fit`."""


class FusedRecogniser:
    """A Recogniser made of `PhoneRecogniser`, `TemplateRecogniser` and `WordScorer`."""

    def __init__(
        self,
        model: str,
        exceptions: Mapping[str, str] | None = None,
        personal: Mapping[str, Sequence[Vectors]] | None = None,
        *,
        templates: str,
        words: str,
        speller: Speller | None = None,
        language: str = "nb",
    ) -> None:
        """model: path of `PhoneRecogniser`'s model, templates: of `TemplateRecogniser`'s, words: of
        `WordScorer`'s folder; exceptions, personal, language: as for the templates, speller: as for
        the sounds.
        """
        self._model = Path(model)
        self._phones = PhoneRecogniser(model, speller=speller)
        self._templates = TemplateRecogniser(templates, exceptions, personal, language=language)
        self._folder = Path(words)
        self._words: WordScorer | None = None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Raises PartError as its parts do."""
        self._weights = read_table(self._model).fused
        self._phones.prepare(phrases)
        if self._words is None:
            silence = self._phones.hear(near_silence()).states
            self._words = WordScorer(self._folder, silence)
        self._templates.prepare(phrases)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises as its parts do."""
        evidence, weights = self.evidence(utterance, grammar), self._weights
        scores = dict.fromkeys(grammar, NO_CHANCE)
        for phrase, found in evidence.phrases.items():
            together = _cheap(weights, found.fit, found.lead) + weights.words * found.words
            scores[phrase] = max(NO_CHANCE, together - weights.excess * found.excess)
        return Scores(scores, weights.none_of_these(evidence.sounds, evidence.clarity))

    def evidence(self, utterance: Utterance, grammar: Sequence[str]) -> Evidence:
        """What `score` is made of. Raises as its parts do."""
        heard = self._phones.hear(utterance.samples)
        fit = self._phones.fit(heard, grammar)
        alike = self._templates.score(utterance, grammar)
        leads = {phrase: score - alike.garbage for phrase, score in alike.phrases.items()}
        cheap = {
            phrase: _cheap(self._weights, value, leads[phrase])
            for phrase, value in fit.phrases.items()
        }
        none_of_these = self._weights.none_of_these(fit.sounds, fit.clarity)
        words = self._second_opinion(heard, cheap, none_of_these)
        excess = self._phones.excess(heard, list(words))
        found = {
            phrase: Opinions(fit.phrases[phrase], excess[phrase], leads[phrase], score)
            for phrase, score in words.items()
        }
        return Evidence(found, fit.sounds, fit.clarity)

    def _second_opinion(
        self, heard: Heard, cheap: Mapping[str, float], none_of_these: float
    ) -> Mapping[str, float]:
        assert self._words is not None
        enough = none_of_these + HOPELESS - self._weights.words * MOST
        shortlist = sorted(cheap, key=cheap.__getitem__, reverse=True)[:SHORTLIST]
        asked = [phrase for phrase in shortlist if cheap[phrase] > enough]
        return self._words.score(heard.states, asked) if asked else {}


def _cheap(weights: Weights, fit: float, lead: float) -> float:
    return weights.fit * fit + weights.templates * lead

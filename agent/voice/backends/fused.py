"""The default recogniser: the sounds of the utterance and its likeness to synthetic templates.

Two frozen networks that were trained on real speech, one for sounds and one for whole words, err on
different utterances; their opinions are added with weights from `python -m bench.calibrate`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.voice.backends.alignment import Vectors
from agent.voice.backends.phone_table import read_table
from agent.voice.backends.phones import PhoneRecogniser
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.base import NO_CHANCE, Scores, Utterance


class FusedRecogniser:
    """A Recogniser made of `PhoneRecogniser` and `TemplateRecogniser`."""

    def __init__(
        self,
        model: str,
        exceptions: Mapping[str, str] | None = None,
        personal: Mapping[str, Sequence[Vectors]] | None = None,
        *,
        templates: str,
    ) -> None:
        """model: path of `PhoneRecogniser`'s model, templates: of `TemplateRecogniser`'s;
        exceptions, personal: as for the templates.
        """
        self._model = Path(model)
        self._phones = PhoneRecogniser(model)
        self._templates = TemplateRecogniser(templates, exceptions, personal)

    def prepare(self, phrases: Sequence[str]) -> None:
        """Raises PartError as its parts do."""
        self._weights = read_table(self._model).fused
        self._phones.prepare(phrases)
        self._templates.prepare(phrases)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises as its parts do."""
        fit = self._phones.fit(utterance, grammar)
        alike = self._templates.score(utterance, grammar)
        weights = self._weights
        leads = {phrase: score - alike.garbage for phrase, score in alike.phrases.items()}
        scores = {
            phrase: max(NO_CHANCE, weights.fit * value + weights.templates * leads[phrase])
            for phrase, value in fit.phrases.items()
        }
        return Scores(scores, weights.doubt - weights.sound * fit.sounds)

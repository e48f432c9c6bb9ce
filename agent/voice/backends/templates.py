"""A recogniser without training: the utterance is compared with the same phrases by espeak-ng.

Both go through Google's frozen speech embedding, which turns every 80 ms of sound into a vector,
and are aligned by dynamic time warping. Provisional: measured on few human voices; `bench.voice`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from agent.faults import Fault, PartError
from agent.frames import Samples
from agent.voice.backends.alignment import Numbers, Templates
from agent.voice.backends.espeak import respell
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.backends.speech_embedding import SpeechEmbedding, Whitening
from agent.voice.base import Scores, Utterance

FILLERS = "fillers.txt"
"""Beside the model: the words that stand for «none of these»."""

VOICES = (
    ("m1", 50, 150),
    ("f2", 60, 160),
    ("m3", 40, 170),
    ("f4", 55, 140),
    ("m7", 50, 185),
    ("f5", 65, 130),
)
"""espeak-ng's variant, pitch and words a minute of each template of a phrase."""

FILLER_VOICES = VOICES[:2]

BEST_TEMPLATES = 2
"""A phrase is as near as the mean of its two nearest templates,"""
BEST_FILLERS = 3
"""and «none of these» as the mean of the three nearest fillers."""


STEEPNESS = 20.0
"""Natural-log units for a cosine distance of 1: makes scores of distances,"""
DOUBT = 1.0
"""and what «none of these» has in advance. Both chosen with `python -m bench.voice`."""


class TemplateRecogniser:
    """A Recogniser. A phrase is likelier the smaller the mean cosine distance to its templates.

    What was prepared but is not valid now counts as «none of these», like the fillers.
    """

    def __init__(self, model: str, exceptions: Mapping[str, str] | None = None) -> None:
        """model: path of the embedding's ONNX file, with its manifest and `fillers.txt` beside it.
        exceptions: word -> spelling or `[[phonemes]]` that espeak-ng says right, as for the voice.
        """
        self._model = Path(model)
        self._exceptions = dict(exceptions or {})
        self._phrases: frozenset[str] = frozenset()

    def prepare(self, phrases: Sequence[str]) -> None:
        """About 5 ms of CPU for each of a phrase's six templates; nothing the second time.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT, RECOGNISER_FAILED, or the synthesiser's).
        """
        if self._phrases and self._phrases == frozenset(phrases):
            return
        self._embedding = SpeechEmbedding(self._model)
        wanted = sorted(set(phrases))
        fillers = [filler for filler in _fillers(self._model) if filler not in phrases]
        spoken = [(phrase, voice) for phrase in wanted for voice in VOICES]
        spoken += [(filler, voice) for filler in fillers for voice in FILLER_VOICES]
        vectors = [self._embedding.vectors(self._say(text, *voice)) for text, voice in spoken]
        self._whiten = Whitening(np.concatenate(vectors))
        self._templates = Templates([self._whiten(each) for each in vectors])
        self._owned = {
            phrase: slice(index * len(VOICES), (index + 1) * len(VOICES))
            for index, phrase in enumerate(wanted)
        }
        self._phrases = frozenset(wanted)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises ValueError for a phrase that was not prepared, PartError(RECOGNISER_FAILED)."""
        valid = frozenset(grammar)
        if not self._phrases or not self._phrases >= valid:
            raise ValueError("a phrase of the grammar was not prepared")
        vectors = self._whiten(self._embedding.vectors(utterance.samples))
        distances = self._templates.distances(vectors)
        near = {
            phrase: _mean_of_nearest(distances[owned], BEST_TEMPLATES)
            for phrase, owned in self._owned.items()
        }
        fillers = _mean_of_nearest(distances[len(self._owned) * len(VOICES) :], BEST_FILLERS)
        none_of_these = min([fillers, *(near[phrase] for phrase in self._phrases - valid)])
        likely = {phrase: -STEEPNESS * near[phrase] for phrase in grammar}
        return Scores(likely, DOUBT - STEEPNESS * none_of_these)

    def _say(self, text: str, variant: str, pitch: int, rate: int) -> Samples:
        spelt = respell(text, self._exceptions)
        return EspeakLibrary().speak(spelt, variant=variant, pitch=pitch, rate_wpm=rate)


def _mean_of_nearest(distances: Numbers, count: int) -> float:
    return float(np.sort(distances)[:count].mean())


def _fillers(model: Path) -> list[str]:
    path = model.with_name(FILLERS)
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error
    fillers = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if len(fillers) < BEST_FILLERS:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path))
    return fillers

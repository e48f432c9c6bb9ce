"""A recogniser without training: the utterance is compared with the same phrases by espeak-ng.

Both go through Google's frozen speech embedding, which turns every 80 ms of sound into a vector,
and are aligned by dynamic time warping. Provisional: measured on few human voices; `bench.voice`.
A person's own recordings, as vectors, may join the synthetic ones: `agent.voice.profile`.
"""

import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE
from agent.voice.backends.alignment import Numbers, Templates, Vectors
from agent.voice.backends.espeak import respell
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.backends.speech_embedding import PREPARATION, SpeechEmbedding, Whitening
from agent.voice.backends.template_cache import TemplateCache, cache_folder
from agent.voice.base import LONGEST_S, NO_CHANCE, Scores, Utterance

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

BEST_PERSONAL = 2
"""Of a person's own templates of a phrase the two nearest count, too."""

PERSONAL_HANDICAP = 0.2
"""Added to the distance to a person's own templates: two recordings of one voice are nearer than
those of two, whatever is said, by 0.14 for the 148 words of the one real Norwegian voice there is.
With less than this more of that voice's other words are taken for commands (`bench.personal`)."""

STEEPNESS = 20.0
"""Natural-log units for a cosine distance of 1: makes scores of distances,"""
DOUBT = 2.0
"""and what «none of these» has in advance. Both chosen with `python -m bench.voice`."""


class TemplateRecogniser:
    """A Recogniser. A phrase is likelier the smaller the mean cosine distance to its templates.

    What was prepared but is not valid now counts as «none of these», like the fillers. A person's
    own templates bring a phrase nearer and never farther, so they do not stand in another's way.
    """

    def __init__(
        self,
        model: str,
        exceptions: Mapping[str, str] | None = None,
        personal: Mapping[str, Sequence[Vectors]] | None = None,
        *,
        language: str = "nb",
    ) -> None:
        """model: path of the embedding's ONNX file, with its manifest and `fillers.txt` beside it.
        exceptions: word -> spelling or `[[phonemes]]` that espeak-ng says right, as for the voice.
        personal: phrase -> what `embed` made of somebody's recordings of it; phrases that are not
            prepared are left out.
        language: espeak-ng's name of the one in which phrases are said.
        """
        self._model = Path(model)
        self._language = language
        self._exceptions = dict(exceptions or {})
        self._personal = dict(personal or {})
        self._phrases: frozenset[str] = frozenset()

    def prepare(self, phrases: Sequence[str]) -> None:
        """About 5 ms of CPU for each of a phrase's six templates, unless they are in the cache.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT, RECOGNISER_FAILED, PROFILE_CORRUPT when
        personal templates do not fit the model, or the synthesiser's).
        """
        if self._phrases and self._phrases == frozenset(phrases):
            return
        self._embedding = SpeechEmbedding(self._model)
        wanted = sorted(set(phrases))
        fillers = [filler for filler in _fillers(self._model) if filler not in phrases]
        spoken = [(phrase, voice) for phrase in wanted for voice in VOICES]
        spoken += [(filler, voice) for filler in fillers for voice in FILLER_VOICES]
        spoken = [(respell(text, self._exceptions), voice) for text, voice in spoken]
        vectors = self._synthetic_vectors(spoken)
        self._whiten = Whitening(np.concatenate(vectors))
        self._templates = Templates([self._whiten(each) for each in vectors])
        self._owned = {
            phrase: slice(index * len(VOICES), (index + 1) * len(VOICES))
            for index, phrase in enumerate(wanted)
        }
        own = {phrase: self._personal[phrase] for phrase in wanted if phrase in self._personal}
        self._own = _Own(own, self._whiten)
        self._phrases = frozenset(wanted)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises ValueError for a phrase that was not prepared, PartError(RECOGNISER_FAILED)."""
        valid = frozenset(grammar)
        if not self._phrases or not self._phrases >= valid:
            raise ValueError("a phrase of the grammar was not prepared")
        if len(utterance.samples) > LONGEST_S * SAMPLE_RATE:
            return Scores(dict.fromkeys(grammar, NO_CHANCE), 0.0)
        vectors = self._whiten(self._embedding.vectors(utterance.samples))
        near, fillers = self._synthetic(vectors)
        for phrase, distance in self._own.distances(vectors).items():
            near[phrase] = min(near[phrase], distance + PERSONAL_HANDICAP)
        none_of_these = min([fillers, *(near[phrase] for phrase in self._phrases - valid)])
        likely = {phrase: -STEEPNESS * near[phrase] for phrase in grammar}
        return Scores(likely, DOUBT - STEEPNESS * none_of_these)

    def embed(self, utterance: Utterance) -> Vectors:
        """What a template of this utterance is: shape (t, 96). Not sound, but whose voice it was
        may be told from it.

        Raises PartError(RECOGNISER_FAILED).
        """
        return self._embedding.vectors(utterance.samples)

    def compare(
        self, take: Vectors, own: Mapping[str, Sequence[Vectors]]
    ) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """How far a recording that was embedded is from every prepared phrase as espeak-ng says
        it, and from every phrase in `own` as its speaker does: cosine distances, 0 to 2.
        """
        vectors = self._whiten(take)
        return self._synthetic(vectors)[0], _Own(own, self._whiten).distances(vectors)

    def _synthetic(self, vectors: Vectors) -> tuple[dict[str, float], float]:
        """How far it is to each phrase by espeak-ng, and to the fillers."""
        distances = self._templates.distances(vectors)
        near = {
            phrase: _mean_of_nearest(distances[owned], BEST_TEMPLATES)
            for phrase, owned in self._owned.items()
        }
        fillers = distances[len(self._owned) * len(VOICES) :]
        return near, _mean_of_nearest(fillers, BEST_FILLERS)

    def _synthetic_vectors(
        self, spoken: Sequence[tuple[str, tuple[str, int, int]]]
    ) -> list[Vectors]:
        """From the cache, or made and put there."""
        engines = onnxruntime.__version__, metadata.version("espeakng-loader")
        key = json.dumps([self._embedding.sha256, PREPARATION, engines, self._language, spoken])
        cache = TemplateCache(cache_folder(), key)
        vectors = cache.load(len(spoken))
        if vectors is None:
            speak, embed = EspeakLibrary().speak, self._embedding.vectors
            vectors = [
                embed(speak(text, self._language, variant, pitch=pitch, rate_wpm=rate))
                for text, (variant, pitch, rate) in spoken
            ]
            cache.save(vectors)
        return vectors


class _Own:
    """A person's own templates."""

    def __init__(self, own: Mapping[str, Sequence[Vectors]], whiten: Whitening) -> None:
        """Raises PartError(PROFILE_CORRUPT) when they are of another size than the model's."""
        self._spoken = [phrase for phrase, takes in own.items() for _ in takes]
        vectors = [take for takes in own.values() for take in takes]
        if any(take.ndim != 2 or take.shape[1] != whiten.size or not len(take) for take in vectors):
            raise PartError(Fault.PROFILE_CORRUPT, detail="shape")
        self._templates = Templates([whiten(take) for take in vectors]) if vectors else None

    def distances(self, vectors: Vectors) -> dict[str, float]:
        """Phrase -> how far its nearest templates are; empty without any."""
        if self._templates is None:
            return {}
        found: dict[str, list[float]] = {}
        distances = self._templates.distances(vectors)
        for phrase, distance in zip(self._spoken, distances, strict=True):
            found.setdefault(phrase, []).append(float(distance))
        return {
            phrase: _mean_of_nearest(np.array(each, np.float32), BEST_PERSONAL)
            for phrase, each in found.items()
        }


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

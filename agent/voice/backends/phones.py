"""A recogniser of sounds: a network tells the sounds of each 20 ms, phrases are scored by them.

The first four layers of Whisper's encoder, frozen, and a small head of our own that was trained on
synthetic speech of several kinds; see `models/speech-phones`. No phrase needs any training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.ctc import IMPOSSIBLE, LogProbs, Sequences, best_path
from agent.voice.backends.model_file import read_model
from agent.voice.backends.onnx_run import Network
from agent.voice.backends.phone_table import PhoneTable, read_table
from agent.voice.backends.whisper_mel import HOP, log_mel
from agent.voice.base import LONGEST_S, NO_CHANCE, SHORTEST_S, Scores, Utterance
from agent.voice.spelling import Speller

BANDS = 80

LOOK_AHEAD_S = 1.5
"""Silence put after an utterance: the encoder was made for sound that ends in silence."""

GRAIN = 50
"""The number of spectra is a multiple of this, so that few lengths occur."""

FRAME_S = 0.02
"""What one frame of the network stands for,"""
TAIL = 4
"""and how many are heeded after the end of the utterance."""

MOST_EXCESS = 30.0
"""More of it than this says no more."""

WAYS = 24
"""Ways to say one phrase that are scored at most."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance as the network hears it."""

    frames: LogProbs
    """Of the utterance alone; shape (0, c) for one that is no command by its length."""
    states: npt.NDArray[np.float32]
    """Shape (t, d): of the frozen layers, the silence after the utterance included."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How the phrases of a grammar fit an utterance."""

    phrases: dict[str, float]
    """Natural log of P(the phrase's sounds) / P(the likeliest sounds of all), in all about 0 or
    less; `IMPOSSIBLE` for a phrase without letters."""
    sounds: int
    """How many sounds the likeliest path holds,"""
    clarity: float
    """and the natural log of its probability, 0 or less: what an echo or noise blurs is lower."""


class PhoneRecogniser:
    """A Recogniser. Every sound of a phrase may cost a little; then something else was said."""

    def __init__(
        self,
        model: str,
        exceptions: Mapping[str, str] | None = None,
        *,
        speller: Speller | None = None,
    ) -> None:
        """model: path of the ONNX file, with its manifest and `norwegian.yaml` beside it.
        exceptions: as the other recognisers get them; this one has its own spelling.
        speller: of another language than Norwegian.
        """
        self._model = Path(model)
        self._speller = speller
        self._network: Network | None = None
        self._prepared: frozenset[str] = frozenset()

    def prepare(self, phrases: Sequence[str]) -> None:
        """Load the model; phrases cost nothing until they are scored.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT).
        """
        if self._network is None:
            self._table: PhoneTable = read_table(self._model)
            self._speller = self._speller or self._table.spelling
            self._network = Network(read_model(self._model), self._model)
            self._sequences: dict[tuple[str, ...], tuple[list[str], Sequences]] = {}
            self._run(np.zeros(SAMPLE_RATE, np.int16))  # The first run sets things up.
        self._prepared = frozenset(phrases)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises ValueError for a phrase that was not prepared, PartError(RECOGNISER_FAILED)."""
        heard = self.hear(utterance.samples)
        fit, excess = self.fit(heard, grammar), self.excess(heard, grammar)
        weights = self._table.weights
        scores = {
            phrase: max(NO_CHANCE, weights.fit * value - weights.excess * excess[phrase])
            for phrase, value in fit.phrases.items()
        }
        return Scores(scores, weights.none_of_these(fit.sounds, fit.clarity))

    def hear(self, sound: Samples) -> Heard:
        """What `fit` needs, and what another network can go on from.

        sound: shape (n,), int16, 16 kHz. Raises ValueError before `prepare`,
        PartError(RECOGNISER_FAILED).
        """
        if self._network is None:
            raise ValueError("not prepared")
        if SHORTEST_S <= len(sound) / SAMPLE_RATE <= LONGEST_S:
            return self._run(sound)
        nothing = np.zeros((0, 0), np.float32)
        return Heard(nothing, nothing)

    def fit(self, heard: Heard, grammar: Sequence[str]) -> Fit:
        """What `score` is made of, for an engine that adds to it. Raises as `score` does."""
        if not self._prepared >= frozenset(grammar):
            raise ValueError("a phrase of the grammar was not prepared")
        phrases = dict.fromkeys(grammar, IMPOSSIBLE)
        if not len(heard.frames):
            return Fit(phrases, 0, 0.0)
        likeliest, sounds = best_path(heard.frames)
        owners, sequences = self._sequences_of(tuple(grammar))
        if owners:
            for phrase, value in zip(owners, sequences.log_likelihoods(heard.frames), strict=True):
                phrases[phrase] = max(phrases[phrase], float(value) - likeliest)
        return Fit(phrases, sounds, likeliest)

    def excess(self, heard: Heard, phrases: Sequence[str]) -> dict[str, float]:
        """How much better each phrase would fit if other words stood around it or between its own:
        natural log, about 0 when there are none, `MOST_EXCESS` in the midst of a sentence.

        Of the way to say it that would fit best then. 0 for a phrase without letters.
        """
        found = dict.fromkeys(phrases, 0.0)
        owners, sequences = self._compiled(phrases)
        if owners and len(heard.frames):
            fits, more = sequences.log_likelihoods(heard.frames), sequences.excess(heard.frames)
            inside = dict.fromkeys(phrases, -np.inf)
            for phrase, value, extra in zip(owners, fits, more, strict=True):
                if value + extra > inside[phrase]:
                    inside[phrase] = value + extra
                    found[phrase] = min(float(extra), MOST_EXCESS)
        return found

    def _sequences_of(self, grammar: tuple[str, ...]) -> tuple[list[str], Sequences]:
        if grammar not in self._sequences:
            self._sequences[grammar] = self._compiled(grammar)
        return self._sequences[grammar]

    def _compiled(self, phrases: Sequence[str]) -> tuple[list[str], Sequences]:
        """Every way to say each phrase, and the phrase that each is a way to say."""
        assert self._speller is not None
        ways = [
            (phrase, way)
            for phrase in phrases
            for way in self._speller.pronunciations(phrase, WAYS)
        ]
        sounds = [self._table.indices(way.sounds) for _, way in ways]
        sequences = Sequences(sounds or [[1]], [way.words for _, way in ways])
        return [phrase for phrase, _ in ways], sequences

    def _run(self, sound: Samples) -> Heard:
        assert self._network is not None
        spectra = len(sound) / HOP + LOOK_AHEAD_S * SAMPLE_RATE / HOP
        mel = log_mel(sound, int(np.ceil(spectra / GRAIN)) * GRAIN, BANDS)
        out = self._network({"mel": mel})
        heeded = int(np.ceil(len(sound) / SAMPLE_RATE / FRAME_S)) + TAIL
        return Heard(out["log_probs"][:heeded], out["states"])

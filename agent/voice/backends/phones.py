"""A recogniser of sounds: a network tells the sounds of each 20 ms, phrases are scored by them.

The first four layers of Whisper's encoder, frozen, and a small head of our own that was trained on
synthetic speech of several kinds; see `models/speech-phones`. No phrase needs any training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.ctc import IMPOSSIBLE, LogProbs, Sequences, best_path
from agent.voice.backends.model_file import read_model
from agent.voice.backends.phone_table import PhoneTable, read_table
from agent.voice.backends.whisper_mel import HOP, log_mel
from agent.voice.base import NO_CHANCE, Scores, Utterance

BANDS = 80

LOOK_AHEAD_S = 1.5
"""Silence put after an utterance: the encoder was made for sound that ends in silence."""

GRAIN = 50
"""The number of spectra is a multiple of this, so that few lengths occur."""

FRAME_S = 0.02
"""What one frame of the network stands for,"""
TAIL = 4
"""and how many are heeded after the end of the utterance."""

SHORTEST_S, LONGEST_S = 0.1, 6.0
"""Sound that is shorter or longer than this is no command and is not looked at."""

WAYS = 24
"""Ways to say one phrase that are scored at most."""

SILENT_LOG = 4  # onnxruntime's «fatal»: its other messages go to stderr past our log


@dataclass(frozen=True, slots=True)
class Fit:
    """How the phrases of a grammar fit an utterance."""

    phrases: dict[str, float]
    """Natural log of P(the phrase's sounds) / P(the likeliest sounds of all), in all about 0 or
    less; `IMPOSSIBLE` for a phrase without letters."""
    sounds: int
    """How many sounds the likeliest path holds."""


class PhoneRecogniser:
    """A Recogniser. Every sound of a phrase may cost a little; then something else was said."""

    def __init__(self, model: str, exceptions: Mapping[str, str] | None = None) -> None:
        """model: path of the ONNX file, with its manifest and `norwegian.yaml` beside it.
        exceptions: as the other recognisers get them; this one has its own spelling.
        """
        self._model = Path(model)
        self._session: onnxruntime.InferenceSession | None = None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Load the model; phrases cost nothing until they are scored.

        Raises PartError (MODEL_MISSING, MODEL_CORRUPT).
        """
        if self._session is None:
            self._table: PhoneTable = read_table(self._model)
            self._session = _load(self._model)
            self._sequences: dict[tuple[str, ...], tuple[list[str], Sequences]] = {}
            self._frames(np.zeros(SAMPLE_RATE, np.int16))  # The first run sets things up.
        self._prepared = frozenset(phrases)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises ValueError for a phrase that was not prepared, PartError(RECOGNISER_FAILED)."""
        fit = self.fit(utterance, grammar)
        weights = self._table.weights
        scores = {
            phrase: max(NO_CHANCE, weights.fit * value) for phrase, value in fit.phrases.items()
        }
        return Scores(scores, weights.doubt - weights.sound * fit.sounds)

    def fit(self, utterance: Utterance, grammar: Sequence[str]) -> Fit:
        """What `score` is made of, for an engine that adds to it. Raises as `score` does."""
        if self._session is None or not self._prepared >= frozenset(grammar):
            raise ValueError("a phrase of the grammar was not prepared")
        seconds = len(utterance.samples) / SAMPLE_RATE
        phrases = dict.fromkeys(grammar, IMPOSSIBLE)
        if not SHORTEST_S <= seconds <= LONGEST_S:
            return Fit(phrases, 0)
        frames = self._frames(utterance.samples)
        likeliest, sounds = best_path(frames)
        owners, sequences = self._sequences_of(tuple(grammar))
        if owners:
            for phrase, value in zip(owners, sequences.log_likelihoods(frames), strict=True):
                phrases[phrase] = max(phrases[phrase], float(value) - likeliest)
        return Fit(phrases, sounds)

    def _sequences_of(self, grammar: tuple[str, ...]) -> tuple[list[str], Sequences]:
        if grammar not in self._sequences:
            ways = [
                (phrase, self._table.indices(way))
                for phrase in grammar
                for way in self._table.spelling.pronunciations(phrase, WAYS)
            ]
            sequences = Sequences([indices for _, indices in ways] or [[1]])
            self._sequences[grammar] = [phrase for phrase, _ in ways], sequences
        return self._sequences[grammar]

    def _frames(self, sound: Samples) -> LogProbs:
        assert self._session is not None
        spectra = len(sound) / HOP + LOOK_AHEAD_S * SAMPLE_RATE / HOP
        mel = log_mel(sound, int(np.ceil(spectra / GRAIN)) * GRAIN, BANDS)
        try:
            out = self._session.run(None, {"mel": mel[np.newaxis]})[0]
        except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
            raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error
        heeded = int(np.ceil(len(sound) / SAMPLE_RATE / FRAME_S)) + TAIL
        return np.asarray(out[0, :heeded], np.float32)


def _load(model: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = SILENT_LOG
    data = read_model(model)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
        raise PartError(Fault.MODEL_CORRUPT, file=str(model)) from error

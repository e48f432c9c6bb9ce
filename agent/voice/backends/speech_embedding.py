"""Google's frozen speech embedding: sound -> vectors that tell words apart (ONNX, one thread)."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.alignment import Vectors
from agent.voice.backends.model_file import read_model

BEFORE, AFTER = 8000, 4000
"""Samples of silence put around the trimmed speech: a vector looks back over 775 ms."""

SHORTEST = 12400 - BEFORE - AFTER
"""The network takes no fewer than 12400 samples."""

LEVEL = 2000.0
"""Every utterance is brought to this root mean square; full scale is 32767."""

TRIM_DB = 35.0
"""Ends that are so much quieter than the loudest 10 ms are silence,"""
KEPT = 800
"""but for so many samples."""

PREPARATION = (BEFORE, AFTER, LEVEL, TRIM_DB, KEPT)
"""All that is done to sound before the network hears it; other numbers give other vectors."""

SILENT_LOG = 4  # onnxruntime's «fatal»: its other messages go to stderr past our log


class SpeechEmbedding:
    """The network, loaded."""

    def __init__(self, model: Path) -> None:
        """Raises PartError (MODEL_MISSING, MODEL_CORRUPT)."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = SILENT_LOG
        data = read_model(model)
        self.sha256 = hashlib.sha256(data).hexdigest()
        """Of the network: vectors of two networks cannot be compared."""
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
            self._input = self._session.get_inputs()[0].name
        except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
            raise PartError(Fault.MODEL_CORRUPT, file=str(model)) from error

    def vectors(self, sound: Samples) -> Vectors:
        """Shape (t, 96), one vector for 80 ms; silence at the ends is cut, the level evened out.

        sound: shape (n,), int16, 16 kHz. Raises PartError(RECOGNISER_FAILED).
        """
        speech = _level(_trim(sound))
        missing = max(0, SHORTEST - len(speech))
        padded = np.pad(speech, (BEFORE, AFTER + missing))
        try:
            out = self._session.run(None, {self._input: padded[np.newaxis]})[0]
        except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
            raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error
        return np.asarray(out[0, :, 0, :], np.float32)


class Whitening:
    """Gives the dimensions about equal weight, from the spread of the vectors it was made of.

    The raw vectors have a large part in common, which hides what tells words apart.
    """

    def __init__(self, vectors: Vectors, flatten: float = 1.0) -> None:
        """vectors: shape (n, d). flatten: how much of the mean variance is added to each."""
        self._mean = vectors.mean(axis=0)
        self.size = len(self._mean)
        """d: how many numbers a vector has."""
        variances, directions = np.linalg.eigh(np.cov(vectors - self._mean, rowvar=False))
        variances = np.maximum(variances, 0)
        self._turn = (directions / np.sqrt(variances + flatten * variances.mean())).astype(
            np.float32
        )

    def __call__(self, vectors: Vectors) -> Vectors:
        """The same vectors, turned, weighted, and of length 1."""
        # Not a matrix product of numpy's, which would wake its threads: see `Templates`.
        turned = np.einsum("td,de->te", vectors - self._mean, self._turn)
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        return np.asarray(turned / np.maximum(lengths, 1e-9), np.float32)


def _trim(sound: Samples) -> Samples:
    block = SAMPLE_RATE // 100
    blocks = len(sound) // block
    if blocks == 0:
        return sound
    power = (sound[: blocks * block].reshape(blocks, block).astype(np.float64) ** 2).mean(axis=1)
    audible = np.flatnonzero(power >= power.max() * 10 ** (-TRIM_DB / 10))
    first, last = audible[0] * block, (audible[-1] + 1) * block
    return sound[max(0, first - KEPT) : last + KEPT]


def _level(sound: Samples) -> npt.NDArray[np.float32]:
    level = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) if sound.size else 0.0
    louder = np.clip(sound * (LEVEL / max(level, 1.0)), -32767, 32767)
    return np.asarray(louder / 32768, np.float32)

"""Piper: a neural voice, for those who install it (`pip install piper-tts`) and fetch a model.

The Norwegian model `no_NO-talesyntese-medium` is downloaded by the administrator, with its
`.onnx.json` beside it. Untried with a real model: none could be had where this was written.
What was tried: the missing package, the missing model and the corrupt model.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from agent.faults import Fault, PartError
from agent.voice.base import Speech
from agent.voice.resample import to_mono_16k


class PiperSynthesiser:
    """A Synthesiser on a Piper model. Loads it with the first sentence."""

    def __init__(self, model: str) -> None:
        """model: path of the `.onnx` file."""
        self._model = Path(model)
        self._voice: Any = None

    def speak(self, text: str, rate: float = 1.0) -> Speech:
        """Raises PartError (SYNTHESISER_MISSING, SYNTHESISER_FAILED, MODEL_MISSING,
        MODEL_CORRUPT).
        """
        piper = _library()
        if self._voice is None:
            self._voice = self._load(piper)
        try:
            options = piper.SynthesisConfig(length_scale=1 / rate)
            pieces = list(self._voice.synthesize(text, options))
        except Exception as error:  # The back-end's edge.
            raise PartError(Fault.SYNTHESISER_FAILED, detail=type(error).__name__) from error
        if not pieces:
            return Speech(np.zeros(0, np.int16))
        samples = np.concatenate([np.asarray(piece.audio_int16_array) for piece in pieces])
        return Speech(to_mono_16k(samples, pieces[0].sample_rate, 1))

    def _load(self, piper: Any) -> Any:
        description = Path(f"{self._model}.json")
        for file in (self._model, description):
            if not file.is_file():
                raise PartError(Fault.MODEL_MISSING, file=str(file))
        try:
            return piper.PiperVoice.load(self._model, config_path=description)
        except Exception as error:  # The back-end's edge: bad JSON, bad ONNX, ...
            raise PartError(Fault.MODEL_CORRUPT, file=str(self._model)) from error


def _library() -> Any:
    """The package is optional, so it is imported with the first sentence and not before."""
    try:
        return import_module("piper")
    except ImportError as error:
        raise PartError(Fault.SYNTHESISER_MISSING, name="piper-tts") from error

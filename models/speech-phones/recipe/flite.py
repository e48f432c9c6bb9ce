"""flite: English in three voices of CMU's, with exact phones."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from agent.voice import wav

from .festival_phones import of_phones
from .speech import Say, Spoken, common_words, some_words, trimmed

VOICES = ("rms", "awb", "slt")

DEBIAN = "flite"

LIMIT_S = 60
"""Longest that one utterance may take."""


def is_there() -> bool:
    """Whether flite is installed."""
    return shutil.which("flite") is not None


def speak(count: int, generator: np.random.Generator, say: Say) -> Iterator[Spoken]:
    """The voices in turn; see `Family.speak`."""
    words = common_words("en", 6000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        for number in range(count):
            stretch = f"duration_stretch={generator.uniform(0.75, 1.25):.2f}"
            text = " ".join(some_words(words, generator))
            voice = VOICES[number % len(VOICES)]
            done = subprocess.run(
                ["flite", "-voice", voice, "--setf", stretch, "-ps", "-t", text, "-o", str(path)],
                capture_output=True,
                timeout=LIMIT_S,
                check=False,
            )
            if done.returncode:
                say(f"flite: left out, no voice {voice}")
                continue
            sounds = of_phones(done.stdout.decode().split(), "en")
            samples = trimmed(wav.decode(path.read_bytes()))
            if sounds is not None and samples is not None:
                yield Spoken(samples, sounds)

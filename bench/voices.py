"""Synthetic speakers, kept apart: what is trained on, what is tuned on, what is tested on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.espeak import respell
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.resample import to_mono_16k
from bench.make_sounds import LEVEL, pronunciation

DIALECTS = Path(__file__).with_name("dialects.tsv")

AUDIBLE = 100
"""Below this amplitude (of 32767) the synthesiser's own silence at both ends is cut."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One of espeak-ng's variants with a pitch, a pace and a size of its own."""

    variant: str
    pitch: int
    """0 to 100; 50 is the variant's own, before it is made smaller or larger."""
    words_per_minute: int
    size: float = 1.0
    """Length of the vocal tract; formants and pitch are divided by it. Women's are about 0.85."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.variant} x{self.size:g}"


TUNED = (
    Speaker("klatt", 45, 150),
    Speaker("klatt2", 55, 165, 0.9),
    Speaker("klatt3", 50, 140, 1.05),
    Speaker("klatt4", 60, 175, 0.95),
)
"""Thresholds and calibrations may be chosen on these, never on `TESTED`."""

TESTED = (
    Speaker("klatt5", 45, 155),
    Speaker("klatt6", 50, 145, 0.86),
    Speaker("klatt6", 45, 170, 1.0),
    Speaker("klatt5", 55, 150, 0.84),
    Speaker("klatt5", 40, 165, 1.08),
    Speaker("klatt6", 55, 185, 0.92),
    Speaker("klatt6", 40, 125, 1.1),
    Speaker("klatt5", 50, 160, 0.93),
)
"""Another synthesiser than those of the templates and of all training: cascade formant synthesis
after Klatt. Nothing else of the project uses these two variants."""


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """A way to say a phrase."""

    phrase: str
    form: str
    """Whose way it is: an area, or another mother tongue."""
    spoken: str
    """What espeak-ng reads."""
    voice: str = "nb"
    """espeak-ng's language: its sounds are those of the speaker's mother tongue."""


def dialects() -> Iterator[Pronunciation]:
    """The rows of `dialects.tsv`, and the accents: Norwegian read with foreign sounds."""
    for line in DIALECTS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            phrase, form, spoken = line.split("\t")
            yield Pronunciation(phrase, form, spoken)


ACCENTS = {"Swedish accent": "sv", "Danish accent": "da", "German accent": "de"}
"""Mother tongue of many nurses in Norway, as espeak-ng speaks it."""


def accented(phrases: tuple[str, ...]) -> Iterator[Pronunciation]:
    """Every phrase in one of the accents, in turn."""
    for number, phrase in enumerate(phrases):
        form = list(ACCENTS)[number % len(ACCENTS)]
        yield Pronunciation(phrase, form, phrase, ACCENTS[form])


def say(text: str, speaker: Speaker, voice: str = "nb") -> Samples:
    """Speech alone, without silence around it, root mean square `LEVEL`. Shape (n,), 16 kHz."""
    spelt = respell(text, pronunciation()) if voice == "nb" else text
    # A smaller speaker is the same sound played faster, so it has to be said slower.
    pace = round(speaker.words_per_minute * speaker.size)
    played = round(SAMPLE_RATE / speaker.size)
    speech = EspeakLibrary().speak(
        spelt, voice, speaker.variant, pitch=speaker.pitch, rate_wpm=pace
    )
    speech = to_mono_16k(speech, played, 1)
    (loud,) = np.nonzero(np.abs(speech) > AUDIBLE)
    speech = speech[loud[0] : loud[-1] + 1] if loud.size else speech
    return at_level(speech.astype(np.float64), LEVEL)


def at_level(sound: np.ndarray[tuple[int, ...], np.dtype[np.float64]], level: float) -> Samples:
    """A sound with another root mean square, clipped to 16 bits."""
    own = float(np.sqrt(np.mean(sound**2))) if sound.size else 0.0
    louder = sound * (level / own) if own > 0 else sound
    return np.clip(np.round(louder), -32767, 32767).astype(np.int16)

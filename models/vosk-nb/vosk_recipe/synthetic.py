"""Speech by espeak-ng: commands and random Norwegian words, in many voices and five dialects.

Voices are kept apart: those that train are not those that tune, nor those that test.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.frames import Samples
from agent.voice.backends.espeak_library import EspeakLibrary

from .dialects import AREAS
from .pronounce import Pronouncer, words_of

TESTED = ("f1", "m4", "m2", "f3", "m6", "steph", "michel", "linda", "m8", "anika")
"""Those of the project's sound files, and those that its benches test on."""

TUNED = ("klatt", "klatt2", "klatt3", "klatt4")
"""Another synthesiser (Klatt's): the calibration is made on it."""

_TRAINED = (
    "m1 m3 m5 m7 f2 f4 f5 Andrea Alicia Michael edward david Annie rob shelby zac Diogo paul adam "
    "boris caleb ed Henrique Hugo Jacky Lee Marco Mario Mike antonio aunty belinda benjamin "
    "grandma grandpa gustave ian iven iven2 john marcelo max miguel norbert pablo pedro quincy "
    "robert sandro travis victor"
)
TRAINED = tuple(_TRAINED.split())


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance whose phones are known."""

    words: tuple[str, ...]
    phones: tuple[str, ...]
    samples: Samples


def utterances(
    pronouncer: Pronouncer,
    voices: Sequence[str],
    texts: Iterator[str],
    generator: np.random.Generator,
) -> Iterator[Spoken]:
    """Each text, in a voice, a dialect, a speed and a pitch by chance."""
    library, areas = EspeakLibrary(), tuple(AREAS)
    for text in texts:
        words = tuple(words_of(text))
        area = areas[int(generator.integers(len(areas)))]
        said = pronouncer.phones(words, area)
        if not said:
            continue
        sound = library.speak(
            pronouncer.sound(words, area),
            variant=voices[int(generator.integers(len(voices)))],
            pitch=int(generator.integers(20, 80)),
            pitch_range=int(generator.integers(20, 80)),
            rate_wpm=int(generator.integers(115, 210)),
        )
        yield Spoken(words, said, sound)


def texts(
    phrases: Sequence[str],
    vocabulary: Sequence[str],
    count: int,
    generator: np.random.Generator,
    share_of_phrases: float = 0.35,
) -> Iterator[str]:
    """Commands, and one to five words of the vocabulary in a row: any phone in any surroundings."""
    for _ in range(count):
        if generator.random() < share_of_phrases:
            yield phrases[int(generator.integers(len(phrases)))]
        else:
            size = int(generator.integers(1, 6))
            yield " ".join(vocabulary[at] for at in generator.integers(len(vocabulary), size=size))

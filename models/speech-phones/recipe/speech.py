"""What the families of synthesisers have in common: words by chance, and trimmed sound."""

import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.spelling import Sounds, Spelling

Say = Callable[[str], None]
"""Tells the person who waits."""

_WORD = re.compile(r"[^\W\d_]{2,15}")

_SILENCE = 0.01
"""Below this share of the loudest sample there is silence,"""
_BEFORE, _AFTER = 400, 600
"""of which so many samples are left."""

SHORTEST_S, LONGEST_S = 0.1, 2.8
"""Of an utterance, in seconds; others are not learnt from."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance whose sounds are known."""

    samples: Samples
    """Shape (n,), int16, 16 kHz, without silence around it."""
    sounds: Sounds
    """Classes of training."""


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of synthesiser."""

    name: str
    needs: str
    """What brings it, for the person who has not got it."""
    is_there: Callable[[], bool]
    speak: Callable[[int, np.random.Generator, Say], Iterator[Spoken]]
    """At most so many utterances; some are lost, because a sound has no class."""
    count: int
    """Utterances of a full run."""
    copies: int = 1
    """How often each is learnt from, spoilt in another way."""
    crowd: bool = False
    """Whether the noise behind it is now and then the family's own speech."""


@cache
def common_words(language: str, count: int) -> tuple[str, ...]:
    """The commonest words of a language, from the package `wordfreq` (extra `train`)."""
    from wordfreq import top_n_list

    return tuple(word for word in top_n_list(language, count) if _WORD.fullmatch(word))


def some_words(words: Sequence[str], generator: np.random.Generator) -> list[str]:
    """One to three of them, any as likely as the next."""
    return [words[int(place)] for place in generator.integers(len(words), size=_size(generator))]


def common_first(words: Sequence[str], generator: np.random.Generator) -> list[str]:
    """One to three of them, the first ones of the list more often."""
    places = len(words) * generator.random(_size(generator)) ** 1.5
    return [words[int(place)] for place in places]


def _size(generator: np.random.Generator) -> int:
    return int(generator.choice([1, 1, 2, 2, 3]))


def said(spelling: Spelling, word: str, generator: np.random.Generator) -> Sounds:
    """One way to say a word: the commonest alternative in each place, or any of them."""
    sounds: list[str] = []
    for slot in spelling.slots(word):
        usual = generator.random() < 0.6
        sounds += slot[0] if usual else slot[int(generator.integers(len(slot)))]
    return tuple(sounds)


def trimmed(samples: Samples) -> Samples | None:
    """Without the silence around it; None when what is left is too short or too long."""
    loud = np.abs(samples.astype(np.int32))
    places = np.flatnonzero(loud > _SILENCE * loud.max(initial=0))
    if not len(places):
        return None
    found = samples[max(0, int(places[0]) - _BEFORE) : int(places[-1]) + _AFTER]
    return found if SHORTEST_S <= len(found) / SAMPLE_RATE <= LONGEST_S else None


def to_int16(wave: npt.NDArray[np.float32]) -> Samples:
    """Full scale ±1 -> int16; what is louder is clipped."""
    return np.asarray(np.clip(wave * 32767.0, -32767, 32767), np.int16)


def package(name: str) -> Path | None:
    """The folder of an installed Python package, which is not imported."""
    found = importlib.util.find_spec(name)
    places = found.submodule_search_locations if found else None
    return Path(places[0]) if places else None

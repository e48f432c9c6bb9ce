"""espeak-ng: Norwegian words as `norwegian.yaml` says them, and words of related languages."""

import ctypes
from collections.abc import Iterator
from functools import cache
from typing import Any

import espeakng_loader
import numpy as np

from agent.faults import PartError
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.spelling import Spelling

from .sounds import ESPEAK, of_ipa, of_norwegian, written
from .speech import Say, Spoken, common_first, common_words, said, trimmed

_VOICES = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 "
    "Henrique Hugo Jacky Lee Marco Mario Michael Mike Reed RicishayMax RicishayMax2 Storm Tweaky "
    "adam anika antonio aunty belinda benjamin boris caleb david ed edward edward2 grandma grandpa "
    "gustave ian iven iven2 john kaukovalta linda marcelo max michel miguel mike2 norbert pablo "
    "paul pedro quincy rob robert sandro shelby steph steph2 travis victor zac"
)
VOICES = tuple(_VOICES.split())
"""Every voice that is neither a whisper nor a croak nor one of Klatt's synthesiser."""

RELATED = ("sv", "de", "da", "nl", "fi")
"""Languages whose words are said by espeak-ng's own rules: other accents, other surroundings."""

_NORWEGIAN_SHARE = 0.78
_PLAIN_SHARE = 0.07
"""How often Norwegian is said, and how often in the language's own voice."""

_IPA_MODE = 0x02 | ord("_") << 8
"""espeakPHONEMES_IPA, with «_» between them."""


def speak(
    count: int, generator: np.random.Generator, say: Say, spelling: Spelling
) -> Iterator[Spoken]:
    """Any voice, speed and pitch; see `Family.speak`."""
    library = EspeakLibrary()
    norwegian = common_words("nb", 25000)
    for _ in range(count):
        if generator.random() < _NORWEGIAN_SHARE:
            language = "nb"
            words = [said(spelling, word, generator) for word in common_first(norwegian, generator)]
            text = "[[" + written(words, ESPEAK, "'") + "]]"
            sounds = of_norwegian([sound for word in words for sound in word])
        else:
            language = str(generator.choice(RELATED))
            text = " ".join(common_first(common_words(language, 4000), generator))
            sounds = of_ipa(ipa(text, language)) or ()
        plain = generator.random() < _PLAIN_SHARE
        if not sounds:
            continue
        try:
            sound = library.speak(
                text,
                language,
                None if plain else str(generator.choice(VOICES)),
                pitch=int(generator.integers(15, 85)),
                pitch_range=int(generator.integers(20, 90)),
                rate_wpm=int(generator.integers(105, 230)),
            )
        except PartError as error:
            say(f"espeak-ng: {error}")
            continue
        if (samples := trimmed(sound)) is not None:
            yield Spoken(samples, sounds)


def ipa(text: str, language: str) -> str:
    """What espeak-ng would say, in IPA."""
    library, place = _library(), ctypes.c_char_p(text.encode())
    library.espeak_SetVoiceByName(language.encode())
    pieces = []
    while place.value:
        piece = library.espeak_TextToPhonemes(ctypes.byref(place), 1, _IPA_MODE)
        pieces.append(piece.decode())
    return " ".join(pieces)


@cache
def _library() -> Any:
    # Initialised a second time when the synthesiser has it already; the library allows that.
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0x8000)
    return library

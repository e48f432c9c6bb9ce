"""PURE: the sounds told apart in training, and what synthesisers and IPA call them.

In training «ə» is a sound of its own; the network that ships joins it to «e» (`export`), as
`agent.voice.spelling` does.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from agent.voice.spelling import Sounds, classes

SCHWA, JOINED = "ə", "e"

_APART = "@"
"""Stands for «ə» while the other sounds become classes; no sound is written so."""

_SAME = {letter: letter for letter in "bdfhjklmnpstv"}

ESPEAK: Mapping[str, str] = _SAME | {
    "ɑː": "A:",
    "ɑ": "A",
    "eː": "e:",
    "ɛ": "E",
    "ə": "@",
    "iː": "i:",
    "ɪ": "I",
    "uː": "u:",
    "ʊ": "U",
    "ʉː": "u-:",
    "ʉ": "u-",
    "yː": "y:",
    "ʏ": "y",
    "øː": "Y:",
    "œ": "W",
    "æː": "a:",
    "æ": "a",
    "oː": "o:",
    "ɔ": "O",
    "æɪ": "aI",
    "ɛɪ": "aI",
    "œʏ": "Yy",
    "æʉ": "aU",
    "ɑɪ": "AI",
    "ɔʏ": "OI",
    "ʃ": "S",
    "ç": "C",
    "ŋ": "N",
    "r": "R",
    "ɡ": "g",
    "tː": "t:",
}
"""Sounds of `norwegian.yaml` -> phoneme names of espeak-ng's Norwegian voice."""

_KOKORO_OWN = {"ʉː": "ɯː", "ʉ": "ɯ", "ʏ": "y", "œʏ": "œy", "ɔʏ": "ɔy", "æʉ": "æʊ", "r": "ɾ"}
KOKORO: Mapping[str, str] = {sound: sound for sound in ESPEAK} | _KOKORO_OWN | {"tː": "t"}
"""Sounds of `norwegian.yaml` -> symbols that Kokoro was trained on, or the nearest to them."""

_VOWELS = frozenset("ɑeɛəiɪuʊʉyʏøœæoɔ")

_IPA = {
    "a": "aɑɐʌ",
    "æ": "æ",
    "e": "eɛɜε",
    "i": "iɪɨ",
    "y": "yʏ",
    "ø": "øœɶ",
    "o": "oɔɒ",
    "u": "uʊɯ",
    "ʉ": "ʉɵ",
    "ə": "ə",
    "p": "p",
    "b": "b",
    "t": "tʈθ",
    "d": "dɖð",
    "k": "kq",
    "g": "gɡɣ",
    "f": "fɸ",
    "v": "vʋwβ",
    "s": "sz",
    "ʂ": "ʂʃʒʐɧ",
    "ç": "çɕʑ",
    "h": "hɦxχ",
    "m": "mɱ",
    "n": "nɳɲ",
    "ŋ": "ŋɴ",
    "l": "lɭɫʎɽɬ",
    "r": "rɾɹʁʀɻʐɚɝ",
    "j": "jʝ",
}
_CLASS_OF = {sign: sound for sound, signs in _IPA.items() for sign in signs}

TRAINED = tuple(sorted(_IPA))
"""The classes of training, in order; class 0 is the blank, so the first has number 1."""

_SWITCH = re.compile(r"\([a-z-]+\)")
"""espeak-ng's mark for «here begins another language»."""


def numbers(sounds: Iterable[str]) -> list[int]:
    """The class of each sound. Raises ValueError for one that is none of `TRAINED`."""
    return [TRAINED.index(sound) + 1 for sound in sounds]


def joined(classes: Mapping[str, int]) -> list[int]:
    """For the blank and every class of training, the class of the network that ships.

    classes: sound -> the network's class, from 1; without «ə», which counts as «e».
    Raises KeyError for a sound that the network does not know.
    """
    return [0, *(classes[JOINED if sound == SCHWA else sound] for sound in TRAINED)]


def once(sounds: Iterable[str]) -> Sounds:
    """No sound twice in a row."""
    return tuple(sound for sound, _ in itertools.groupby(sounds))


def of_norwegian(sounds: Sequence[str]) -> Sounds:
    """Sounds as `Spelling.slots` gives them -> classes of training."""
    apart = classes([sound.replace(SCHWA, _APART) for sound in sounds])
    return tuple(SCHWA if sound == _APART else sound for sound in apart)


def of_ipa(text: str) -> Sounds | None:
    """IPA of any language -> classes of training; None when a sound has no counterpart.

    Length, stress, tone and other marks are passed over, and so is the glottal stop.
    """
    letters = [sign for sign in _SWITCH.sub("", text) if _is_letter(sign) and sign != "ʔ"]
    if not all(letter in _CLASS_OF for letter in letters):
        return None
    return once(_CLASS_OF[letter] for letter in letters)


def _is_letter(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] == "L" and kind != "Lm"  # Lm: modifiers, as «ː» and «ʲ».


def written(words: Iterable[Sounds], names: Mapping[str, str], stress: str) -> str:
    """Words as a synthesiser reads them: `stress` stands before the first vowel of each.

    names: `ESPEAK` or `KOKORO`. Raises KeyError for a sound without a name.
    """
    return " ".join(_word(word, names, stress) for word in words)


def _word(sounds: Sounds, names: Mapping[str, str], stress: str) -> str:
    first = next((place for place, sound in enumerate(sounds) if sound[0] in _VOWELS), None)
    return "".join(
        (stress if place == first else "") + names[sound] for place, sound in enumerate(sounds)
    )

"""PURE: the phones of festival's and flite's voices -> classes of training.

A phone that stands in no table is its own class; an utterance with one that is none (Czech «ř»,
English «w») is left out.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent.voice.spelling import Sounds

from .sounds import TRAINED, once

_PAUSES = frozenset({"#", "pau", "_", "brth", "h#"})

_ENGLISH = {
    "aa": "a",
    "ae": "æ",
    "ah": "a",
    "ao": "o",
    "aw": "a u",
    "ax": "ə",
    "ay": "a i",
    "ch": "t ʂ",
    "dh": "d",
    "eh": "e",
    "er": "ə r",
    "ey": "e i",
    "hh": "h",
    "ih": "i",
    "iy": "i",
    "jh": "d ʂ",
    "ng": "ŋ",
    "ow": "o u",
    "oy": "o i",
    "sh": "ʂ",
    "th": "t",
    "uh": "u",
    "uw": "u",
    "y": "j",
    "z": "s",
    "zh": "ʂ",
}
_CZECH = {
    "c": "t s",
    "c~": "t ʂ",
    "ch": "h",
    "d~": "d j",
    "dz": "d s",
    "dz~": "d ʂ",
    "m*": "m",
    "n*": "ŋ",
    "n~": "n",
    "s~": "ʂ",
    "t~": "t j",
    "z": "s",
    "z~": "ʂ",
}
_ITALIAN = {
    "E": "e",
    "J": "n",
    "JJ": "n",
    "L": "l",
    "LL": "l",
    "O": "o",
    "S": "ʂ",
    "SS": "ʂ",
    "dZ": "d ʂ",
    "dz": "d s",
    "ng": "ŋ",
    "tS": "t ʂ",
    "ts": "t s",
    "z": "s",
}
_CATALAN = {
    "B": "b",
    "D": "d",
    "E": "e",
    "G": "g",
    "J": "n",
    "L": "l",
    "N": "ŋ",
    "O": "o",
    "S": "ʂ",
    "Z": "ʂ",
    "ax": "ə",
    "dZ": "d ʂ",
    "rr": "r",
    "tS": "t ʂ",
    "y": "j",
    "z": "s",
}
_FINNISH = {"7": "ø", "@": "æ", "N": "ŋ", "S": "ʂ", "nk": "ŋ k", "z": "s"}

PHONES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"ca": _CATALAN, "cs": _CZECH, "en": _ENGLISH, "fi": _FINNISH, "it": _ITALIAN}
)
"""Language -> phone -> its classes, with spaces between them."""

_MARKS = {"cs": ":"}
"""Marks of length and stress at the end of a phone; in Czech «*» makes another phone."""


def of_phones(phones: Iterable[str], language: str) -> Sounds | None:
    """Classes of an utterance; None when a phone has none, or when there is only silence."""
    table, marks = PHONES[language], _MARKS.get(language, ":*1")
    found: list[str] = []
    for phone in phones:
        if phone not in _PAUSES:
            plain = phone.rstrip(marks)
            found += table.get(plain, _single(plain)).split()
    return once(found) if found and all(sound in TRAINED for sound in found) else None


def _single(phone: str) -> str:
    """A long consonant is the letter twice."""
    return phone[0] if len(phone) == 2 and phone[0] == phone[1] else phone

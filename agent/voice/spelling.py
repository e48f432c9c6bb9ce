"""PURE: Norwegian spelling -> the sounds of a phrase, in the ways in which it can be said.

Sounds are IPA with length, as a synthesiser wants them; `classes` brings them to the fewer ones
that a recogniser tells apart. Rules and words are data (`models/speech-phones/norwegian.yaml`).
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Sounds = tuple[str, ...]

Slot = tuple[Sounds, ...]
"""The alternatives for one place in a word, the commonest first."""

_LONG = dict(zip("aeiouyæøå", ("ɑː", "eː", "iː", "uː", "ʉː", "yː", "æː", "øː", "oː"), strict=True))
_SHORT = dict(zip("aeiouyæøå", ("ɑ", "ɛ", "ɪ", "ɔ", "ʉ", "ʏ", "æ", "œ", "ɔ"), strict=True))
_PLAIN = str.maketrans("éèêòóüäöôà", "eeeoouæøoa")
_TOKEN = re.compile(r"[^\W\d_]+|\d")
_CONSONANT = frozenset("bdfghjklmnprstv")
_DOUBLE = re.compile(r"([bdfgklmnprstv])\1")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]*")
_WEAK_E = re.compile(r"e(?=(?:n|r|l|s|t|ne|ns|rs|ts|nde|re|ren|rne|le|st|lse|lser|nt)?\b)")

_CLASSES = str.maketrans(
    {
        "ɑ": "a",
        "ɛ": "e",
        "ə": "e",
        "ɪ": "i",
        "ʊ": "u",
        "ʏ": "y",
        "œ": "ø",
        "ɔ": "o",
        "ʃ": "ʂ",
        "ɡ": "g",
    }
    | {"ː": None}
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say a phrase."""

    sounds: Sounds
    """Classes; none twice in a row."""
    words: tuple[int, ...]
    """Where in `sounds` each word but the first begins."""


class Speller(Protocol):
    """Tells how phrases are said: the rules of Norwegian (`Spelling`), or another language's."""

    def pronunciations(self, phrase: str, limit: int) -> list[Way]:
        """At most `limit` ways to say a phrase, the commonest first; empty without letters."""
        ...


@dataclass(frozen=True, slots=True)
class Spelling:
    """The rules of a language: see `norwegian.yaml`."""

    rules: Sequence[tuple[re.Pattern[str], Slot]]
    words: Mapping[str, Slot]
    """Whole words, and the digits: a number is read digit by digit."""
    letters: Mapping[str, Slot]
    """The names of the letters: a word in capitals is an abbreviation and is spelt out."""

    def slots(self, phrase: str) -> list[Slot]:
        """Every place of the phrase with its alternatives; other signs are passed over."""
        return [slot for word in self._words(phrase) for slot in word]

    def pronunciations(self, phrase: str, limit: int) -> list[Way]:
        """At most `limit` ways to say a phrase, the commonest first.

        Empty when the phrase holds no letters.
        """
        words = self._words(phrase)
        sizes = [len(word) for word in words]
        found: dict[Sounds, Way] = {}
        for chosen in _choices([slot for word in words for slot in word]):
            left = iter(chosen)
            way = _joined([[s for part in itertools.islice(left, n) for s in part] for n in sizes])
            if way.sounds:
                found.setdefault(way.sounds, way)
            if len(found) >= limit:
                break
        return list(found.values())

    def _words(self, phrase: str) -> list[list[Slot]]:
        return [list(self._slots_of(token)) for token in _TOKEN.findall(phrase)]

    def _slots_of(self, token: str) -> Iterator[Slot]:
        word = token.casefold()
        if word in self.words:
            yield self.words[word]
            return
        if len(token) > 1 and token.isupper():
            yield from (self.letters[letter] for letter in word if letter in self.letters)
            return
        place, stressed = 0, False
        word = word.translate(_PLAIN)
        while place < len(word):
            end, slot = self._at(word, place, stressed)
            stressed = stressed or any(letter in _LONG for letter in word[place:end])
            place = end
            yield slot

    def _at(self, word: str, place: int, stressed: bool) -> tuple[int, Slot]:
        """Where the sound at `place` ends, and what it is. stressed: the first vowel is passed."""
        for pattern, slot in self.rules:
            if match := pattern.match(word, place):
                return match.end(), slot
        if match := _DOUBLE.match(word, place):
            return match.end(), ((_consonant(word[place]),),)
        letter = word[place]
        if letter not in _LONG:
            return place + 1, ((_consonant(letter),) if letter in _CONSONANT else (),)
        if stressed and (match := _WEAK_E.match(word, place)):
            if word.endswith("et") and place == len(word) - 2:
                return len(word), (("ə",), ("ə", "t"))
            return place + 1, (("ə",),)
        return place + 1, _vowel(letter, word[place + 1 :], stressed)


def _consonant(letter: str) -> str:
    return "ɡ" if letter == "g" else letter


def _vowel(letter: str, rest: str, stressed: bool) -> Slot:
    """A vowel by what follows: the first one of a word is long before at most one consonant."""
    match = _CONSONANTS.match(rest)
    consonants = match[0] if match else ""
    long = not stressed and len(consonants) <= 1 and consonants != "m"
    if letter == "o":
        if long:
            return (("oː",),) if consonants == "v" else (("uː",), ("oː",))
        return (("ɔ",), ("ʊ",))
    if letter == "e":
        if consonants.startswith("r"):
            return (("æː",), ("eː",)) if long else (("æ",), ("ɛ",))
        if stressed:
            return (("ɛ",), ("ə",))
    if letter == "u" and not long and consonants[:2] in ("kk", "mm", "ng", "nk"):
        return (("ʊ",), ("ʉ",))
    return ((_LONG[letter] if long else _SHORT[letter],),)


def _choices(slots: Sequence[Slot]) -> Iterator[list[Sounds]]:
    """All ways to choose one of each, those with fewest uncommon alternatives first."""
    open_places = [place for place, slot in enumerate(slots) if len(slot) > 1]
    for count in range(len(open_places) + 1):
        for places in itertools.combinations(open_places, count):
            others = [range(1, len(slots[place])) for place in places]
            for chosen in itertools.product(*others):
                taken = dict(zip(places, chosen, strict=True))
                yield [slot[taken.get(place, 0)] for place, slot in enumerate(slots)]


def _joined(words: Iterable[Sequence[str]]) -> Way:
    """Said in one breath: where a word ends as the next begins, the sound is said once."""
    sounds: list[str] = []
    begins = []
    for word in words:
        begins.append(len(sounds))
        own = classes(word)
        sounds += own[1:] if own[:1] == tuple(sounds[-1:]) else own
    inner = dict.fromkeys(place for place in begins if 0 < place < len(sounds))
    return Way(tuple(sounds), tuple(inner))


def classes(sounds: Sequence[str]) -> Sounds:
    """The sounds without length, diphthongs as two, and none twice in a row."""
    plain = "".join(sounds).translate(_CLASSES)
    return tuple(sound for sound, _ in itertools.groupby(plain))


def alternatives(text: str) -> Slot:
    """`ɪ k ə|-` -> the slot that it means."""
    ways = text.split("|")
    return tuple(() if way == "-" else tuple(way.split()) for way in ways)

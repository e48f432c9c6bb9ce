"""PURE: Norwegian spelling -> the sounds of a phrase, in the ways in which it can be said.

Sounds are IPA with length, as a synthesiser wants them; `classes` brings them to the fewer ones
that a recogniser tells apart. Rules and words are data (`models/speech-phones/norwegian.yaml`).
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
class Spelling:
    """The rules of a language: see `norwegian.yaml`."""

    rules: Sequence[tuple[re.Pattern[str], Slot]]
    words: Mapping[str, Slot]
    """Whole words, and the digits: a number is read digit by digit."""
    letters: Mapping[str, Slot]
    """The names of the letters: a word in capitals is an abbreviation and is spelt out."""

    def slots(self, phrase: str) -> list[Slot]:
        """Every place of the phrase with its alternatives; other signs are passed over."""
        return [slot for token in _TOKEN.findall(phrase) for slot in self._slots_of(token)]

    def pronunciations(self, phrase: str, limit: int) -> list[Sounds]:
        """At most `limit` ways to say a phrase, the commonest first, as class sequences.

        No sound stands twice in a row. Empty when the phrase holds no letters.
        """
        found: dict[Sounds, None] = {}
        for sounds in _choices(self.slots(phrase)):
            if sounds:
                found.setdefault(classes(sounds))
            if len(found) >= limit:
                break
        return list(found)

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


def _choices(slots: Sequence[Slot]) -> Iterator[Sounds]:
    """All ways to choose, those with fewest uncommon alternatives first."""
    open_places = [place for place, slot in enumerate(slots) if len(slot) > 1]
    for count in range(len(open_places) + 1):
        for places in itertools.combinations(open_places, count):
            others = [range(1, len(slots[place])) for place in places]
            for chosen in itertools.product(*others):
                taken = dict(zip(places, chosen, strict=True))
                yield tuple(
                    sound for place, slot in enumerate(slots) for sound in slot[taken.get(place, 0)]
                )


def classes(sounds: Sequence[str]) -> Sounds:
    """The sounds without length, diphthongs as two, and none twice in a row."""
    plain = "".join(sounds).translate(_CLASSES)
    return tuple(sound for sound, _ in itertools.groupby(plain))


def alternatives(text: str) -> Slot:
    """`ɪ k ə|-` -> the slot that it means."""
    ways = text.split("|")
    return tuple(() if way == "-" else tuple(way.split()) for way in ways)

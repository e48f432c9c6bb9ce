"""PURE: what can be said now, and which command each phrase stands for."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import combinations

from agent.messages import Command

TOO_CLOSE = 0.27
"""Phrases of different commands below this `distance` should not be valid at the same time."""


class Risk(StrEnum):
    """How much harm a misheard command can do; the values are the words in `commands.yaml`."""

    GREEN = "green"
    """Can be repeated without harm."""
    YELLOW = "yellow"
    """Acts at once and can be undone."""
    RED = "red"
    """Asks first, or ends something."""


@dataclass(frozen=True, slots=True)
class CommandPhrases:
    """One command with everything that the nurse may say for it, in every accepted form."""

    command: Command
    risk: Risk
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collision:
    """Two phrases of different commands that sound too much alike to be valid together."""

    phrase: str
    other: str
    distance: float
    """0 (same) to 1 (nothing in common)."""


class Grammar:
    """The phrases that are valid now. A phrase of two valid commands belongs to the first one."""

    def __init__(
        self, table: Iterable[CommandPhrases], valid: Collection[Command] | None = None
    ) -> None:
        """table: all commands. valid: those that can be given now; None means all of them."""
        rows = [row for row in table if valid is None or row.command in valid]
        self._rows = {phrase: row for row in reversed(rows) for phrase in row.phrases}
        self._typed = {_letters(phrase): row.command for phrase, row in self._rows.items()}
        self.phrases: tuple[str, ...] = tuple(sorted(self._rows))
        """All of them, sorted; what a recogniser gets."""

    def command_of(self, phrase: str) -> Command:
        """The command of one of `phrases`. Raises KeyError for any other."""
        return self._rows[phrase].command

    def risk_of(self, command: Command) -> Risk:
        """The risk class of a valid command. Raises KeyError for any other."""
        for row in self._rows.values():
            if row.command is command:
                return row.risk
        raise KeyError(command)

    def command_for_text(self, text: str) -> Command | None:
        """The command that was typed; capitals, spaces and punctuation do not matter."""
        return self._typed.get(_letters(text))


def collisions(table: Sequence[CommandPhrases], limit: float = TOO_CLOSE) -> list[Collision]:
    """The pairs of phrases of different commands that are closer than `limit`, closest first.

    table: commands that can be valid at the same time.
    """
    found = [
        Collision(phrase, other, apart)
        for one, two in combinations(table, 2)
        for phrase in one.phrases
        for other in two.phrases
        if (apart := distance(phrase, other)) < limit
    ]
    return sorted(found, key=lambda collision: collision.distance)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_SPELLINGS = (
    (r"skj|sj|rs|sk(?=i|y|ei|øy)", "ʃ"),
    (r"kj|tj|k(?=i|y|ei|øy)", "ç"),
    (r"gj|hj|g(?=i|y|ei)", "j"),
    (r"hv|w", "v"),
    (r"ng", "ŋ"),
    (r"nk", "ŋk"),
    (r"[cq]", "k"),
    (r"x", "ks"),
    (r"z", "s"),
    (r"(.)\1", r"\1"),
)
"""Norwegian spelling -> about one sign for each sound; the order matters."""

_ALIKE = (
    "iye",
    "uoå",
    "øyu",
    "eæa",
    "æø",
    "oåa",
    "pb",
    "td",
    "kg",
    "fv",
    "sʃç",
    "mnŋ",
    "lrn",
    "jiç",
)
"""Sounds that are easily taken for each other."""

_VOWELS = frozenset("aeiouyæøå")
_GAP = 0.7
"""What a sound more or less counts; a sound that is another one counts up to 1."""


def distance(one: str, other: str) -> float:
    """How different two phrases sound: 0 (same) to 1. Symmetric.

    A weighted edit distance on spelling that is brought near to the sounds. A measure on paper,
    for telling an author that two phrases are too close; the recogniser has its own ear.
    """
    a, b = _sounds(one), _sounds(other)
    row = [column * _GAP for column in range(len(b) + 1)]
    for sound in a:
        diagonal, row[0] = row[0], row[0] + _GAP
        for column, against in enumerate(b, start=1):
            changed = diagonal + _difference(sound, against)
            diagonal = row[column]
            row[column] = min(changed, row[column] + _GAP, row[column - 1] + _GAP)
    return min(1.0, row[-1] / max(len(a), len(b), 1))


@cache  # A few dozen letters; all phrases are compared at each start.
def _difference(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if any(one in group and other in group for group in _ALIKE):
        return 0.4
    return 0.7 if (one in _VOWELS) == (other in _VOWELS) else 1.0


@lru_cache(maxsize=1024)
def _sounds(phrase: str) -> str:
    sounds = _letters(phrase)
    for spelling, sound in _SPELLINGS:
        sounds = re.sub(spelling, sound, sounds)
    return sounds

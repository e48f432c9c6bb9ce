"""How words are said: espeak-ng's Norwegian rules, corrected, in five areas' ways."""

import ctypes
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import espeakng_loader

from .dialects import AREAS, EAST, dialect
from .phones import mnemonics, phones

WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_NAMES = ord("_") << 8
"""espeak-ng's phoneme mode: its own names, with «_» between them."""


def words_of(text: str) -> list[str]:
    """The words of a transcript, in lower case; punctuation and marks of a transcriber are gone."""
    said = re.sub(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)", " ", text)
    return [word.casefold() for word in WORD.findall(said)]


class Pronouncer:
    """Words -> phoneme names and phones. Remembers what it has looked up."""

    def __init__(self, exceptions: Mapping[str, str] | None = None) -> None:
        """exceptions: word -> another spelling, or `[[names]]`, as `config/pronunciation.yaml`."""
        self._exceptions = {word.casefold(): said for word, said in (exceptions or {}).items()}
        self._known: dict[str, tuple[str, ...]] = {}

    def names(self, word: str, area: str = EAST) -> tuple[str, ...]:
        """espeak-ng's phoneme names of a word; none when it cannot read it."""
        if word not in self._known:
            said = self._exceptions.get(word, word)
            written = said[2:-2] if said.startswith("[[") else _espeak(said)
            self._known[word] = tuple(mnemonics(written))
        return dialect(self._known[word], area, word)

    def sound(self, words: Iterable[str], area: str = EAST) -> str:
        """What espeak-ng is given to say the words in an area's way."""
        return " ".join(f"[[{''.join(self.names(word, area))}]]" for word in words)

    def phones(self, words: Iterable[str], area: str = EAST) -> tuple[str, ...]:
        """The phones of words said in a row."""
        return phones(name for word in words for name in self.names(word, area))

    def variants(self, words: Iterable[str]) -> list[tuple[str, ...]]:
        """The different ways to say words in a row, one area at a time; the eastern way first."""
        said = list(words)
        return list(dict.fromkeys(self.phones(said, area) for area in AREAS))


def _espeak(text: str) -> str:
    library, text_pointer = _library(), ctypes.c_char_p(text.encode("utf-8"))
    pieces = []
    while text_pointer.value:
        piece = library.espeak_TextToPhonemes(ctypes.byref(text_pointer), 1, _NAMES)
        pieces.append(piece.decode("utf-8").replace("_", ""))
    return " ".join(pieces)


@cache
def _library() -> Any:
    # Initialised a second time when the synthesiser has it already; the library allows that.
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0x8000)
    library.espeak_SetVoiceByName(b"nb")
    return library

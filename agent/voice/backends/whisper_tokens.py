"""Whisper's tokens: byte-level byte-pair encoding, read from a `tokenizer.json`.

Only phrases of a grammar are ever turned into tokens, and tokens are never turned into text:
there is no way back in here.
"""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent.faults import Fault, PartError

_PIECES = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
"""GPT-2's rule for where a token may not cross, without its English apostrophes."""

ENDS = (".", "!", "?", ",")
"""What may stand after a phrase instead of the end."""

LANGUAGE = "<|no|>"

PROMPT = ("<|startoftranscript|>", LANGUAGE, "<|transcribe|>", "<|notimestamps|>")
"""What the decoder is told first: Norwegian, as it is said, no times."""

END = "<|endoftext|>"

SPECIAL = (END, *PROMPT)
"""The tokens that are asked for by name and are no words."""


class Tokeniser:
    """Phrase -> tokens."""

    def __init__(self, file: Path) -> None:
        """Raises PartError (MODEL_MISSING, MODEL_CORRUPT)."""
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PartError(Fault.MODEL_MISSING, file=str(file)) from error
        try:
            self._read(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PartError(Fault.MODEL_CORRUPT, file=str(file)) from error

    def _read(self, data: Any) -> None:
        self._vocabulary: Mapping[str, int] = data["model"]["vocab"]
        merges = data["model"]["merges"]
        pairs = [tuple(each.split(" ") if isinstance(each, str) else each) for each in merges]
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}
        special = {each["content"]: int(each["id"]) for each in data["added_tokens"]}
        self.end = special[END]
        """The token that ends a text; it and all above are not words."""
        self.prompt = tuple(special[each] for each in PROMPT)
        self.ends = (self.end, *(self._vocabulary[sign] for sign in ENDS))

    def forms(self, phrase: str) -> tuple[tuple[int, ...], ...]:
        """The ways to write a phrase: with a small and with a capital letter; none for nothing."""
        words = " ".join(phrase.split())
        both = dict.fromkeys((words, words[:1].upper() + words[1:])) if words else ()
        return tuple(self.encode(" " + form) for form in both)

    def encode(self, text: str) -> tuple[int, ...]:
        """Every text has tokens: what is in no lexicon is spelt, at worst byte by byte."""
        return tuple(
            self._vocabulary[part]
            for piece in _PIECES.findall(text)
            for part in self._merge([_BYTES[byte] for byte in piece.encode()])
        )

    def _merge(self, parts: list[str]) -> list[str]:
        """Join the pair that was learnt first, again and again."""
        while len(parts) > 1:
            ranks = [self._ranks.get(pair) for pair in pairwise(parts)]
            known = [rank for rank in ranks if rank is not None]
            if not known:
                break
            at = ranks.index(min(known))
            parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
        return parts


def _byte_letters() -> list[str]:
    """GPT-2's printable letter for each byte: itself where it is one, else from 256 on."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


_BYTES = _byte_letters()

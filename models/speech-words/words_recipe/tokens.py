"""PURE: a smaller vocabulary, in which every word of a list is written as in the whole one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent.voice.backends.whisper_tokens import ENDS, LANGUAGE, SPECIAL, Tokeniser

Data = Mapping[str, Any]
"""What a `tokenizer.json` holds."""


def merges(data: Data) -> list[tuple[str, str]]:
    """The pairs that are joined, the first ones first, whichever way the file writes them."""
    listed = data["model"]["merges"]
    pairs = (each.split(" ") if isinstance(each, str) else each for each in listed)
    return [(first, second) for first, second in pairs]


def kept(data: Data, tokeniser: Tokeniser, words: Iterable[str]) -> list[int]:
    """The numbers of the tokens that these words are written with, and of all on the way there.

    Every single byte is among them, so that anything can be written. In ascending order.
    """
    vocabulary: Mapping[str, int] = data["model"]["vocab"]
    names = {number: name for name, number in vocabulary.items()}
    wanted = {token for word in words for form in tokeniser.forms(word) for token in form}
    wanted |= {vocabulary[sign] for sign in ENDS}
    found = {name for name in vocabulary if len(name) == 1} | {names[token] for token in wanted}
    made: dict[str, list[tuple[str, str]]] = {}
    for first, second in merges(data):
        made.setdefault(first + second, []).append((first, second))
    ahead = list(found)
    while ahead:
        parts = {part for pair in made.get(ahead.pop(), ()) for part in pair}
        ahead += parts - found
        found |= parts
    return sorted(vocabulary[name] for name in found)


def smaller(data: Data, numbers: Sequence[int]) -> dict[str, Any]:
    """The same file with these tokens alone, counted anew from 0; above them the ends and orders
    that the decoder is given, the end of the text first."""
    places = {old: new for new, old in enumerate(numbers)}
    vocabulary = {
        name: places[old] for name, old in data["model"]["vocab"].items() if old in places
    }
    above = [{"id": len(places) + at, "content": name} for at, name in enumerate(SPECIAL)]
    pairs = [
        [first, second]
        for first, second in merges(data)
        if {first, second, first + second} <= vocabulary.keys()
    ]
    return {"added_tokens": above, "model": {"vocab": vocabulary, "merges": pairs}}


def rows(data: Data, numbers: Sequence[int], language: str = "no") -> list[int]:
    """The rows of the whole table that the smaller vocabulary's tokens have, in its order.

    language: the one that the decoder is told; its row stands in the place of Norwegian's.
    """
    special = {each["content"]: int(each["id"]) for each in data["added_tokens"]}
    names = (f"<|{language}|>" if name == LANGUAGE else name for name in SPECIAL)
    return [*numbers, *(special[name] for name in names)]

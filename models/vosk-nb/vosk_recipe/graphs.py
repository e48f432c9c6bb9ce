"""PURE: decoding graphs: what may be said -> an FST from transition ids to words.

CTC's topology: blank may stand before, between and after phones, and must stand between two
equal ones. Each phone is entered over its leaving transition id and may stay on its self-loop.
"""

from collections.abc import Iterable, Mapping, Sequence

from .fst import Fst
from .kaldi_text import leave_id, stay_id
from .phones import GARBAGE, SILENCE, kaldi_id

UNKNOWN = "[unk]"
"""The word that stands for any other speech, as Vosk calls it."""

GARBAGE_COST = 3.0
"""Minus natural log for every frame of garbage: about one for every phone that is spoken."""

Pronunciations = Sequence[Sequence[str]]
"""Each a sequence of phones."""

BLANK = kaldi_id(SILENCE)
SPOKEN_NOISE = kaldi_id(GARBAGE)


def word_table(words: Iterable[str]) -> dict[str, int]:
    """Word -> number, as in `words.txt`: epsilon first, Kaldi's marks last."""
    names = ["<eps>", *sorted(set(words) - {UNKNOWN}), UNKNOWN, "#0", "<s>", "</s>"]
    return {name: number for number, name in enumerate(names)}


def phrase_symbol(phrase: str) -> str:
    """A whole phrase as one word of a static graph: a space would end the word in `words.txt`."""
    return phrase.replace(" ", "_")


def static_graph(phrases: Mapping[str, Pronunciations], words: Mapping[str, int]) -> Fst:
    """One of some phrases, or garbage, once, with silence around it.

    phrases: word of the table -> how it is said.
    """
    fst = Fst()
    start = fst.state()
    silence, end = _blank(fst, start), fst.state()
    for word, said in phrases.items():
        for phones in said:
            _word(fst, (start, silence), end, words[word], phones)
    _garbage(fst, (start, silence), end, words[UNKNOWN])
    fst.finals = {end: 0.0, silence: 0.0}  # Silence alone is no word.
    return fst


def word_loop(lexicon: Mapping[str, Pronunciations], words: Mapping[str, int]) -> Fst:
    """Any words of the lexicon, in any order: to be composed with a grammar at run time."""
    fst = Fst()
    start = fst.state()
    silence, between = _blank(fst, start), fst.state()
    for joint in (start, silence):
        fst.arc(joint, between)
    for word, said in lexicon.items():
        for phones in said:
            _word(fst, (between,), between, words[word], phones)
    _garbage(fst, (between,), between, words[UNKNOWN])
    fst.finals = {between: 0.0}
    return fst


def any_words(words: Mapping[str, int]) -> Fst:
    """A grammar that accepts every sequence of words: what Vosk uses when it is given none."""
    fst = Fst()
    start = fst.state()
    fst.finals[start] = 0.0
    for word, number in words.items():
        if word == UNKNOWN or word[:1] not in "<#":
            fst.arc(start, start, number, number)
    return fst


def _word(fst: Fst, joints: Sequence[int], end: int, word: int, phones: Sequence[str]) -> None:
    """phone+ blank* phone+ … blank*, with the word at the first phone."""
    before, out = "", word
    for phone in phones:
        number = kaldi_id(phone)
        inside = fst.state()
        for joint in joints[1:] if phone == before else joints:
            fst.arc(joint, inside, leave_id(number), out)
        fst.arc(inside, inside, stay_id(number))
        joints = (inside, _blank(fst, inside))
        before, out = phone, 0
    for joint in joints:
        fst.arc(joint, end)


def _garbage(fst: Fst, joints: Sequence[int], end: int, word: int) -> None:
    """Frames of garbage that cost, among frames of silence that do not."""
    inside = fst.state()
    for joint in joints:
        fst.arc(joint, inside, leave_id(SPOKEN_NOISE), word, GARBAGE_COST)
    fst.arc(inside, inside, stay_id(SPOKEN_NOISE), 0, GARBAGE_COST)
    silence = _blank(fst, inside)
    fst.arc(silence, inside, leave_id(SPOKEN_NOISE), 0, GARBAGE_COST)
    for joint in (inside, silence):
        fst.arc(joint, end)


def _blank(fst: Fst, source: int) -> int:
    """A state of silence that is reached from `source`."""
    silence = fst.arc(source, fst.state(), leave_id(BLANK))
    return fst.arc(silence, silence, stay_id(BLANK))

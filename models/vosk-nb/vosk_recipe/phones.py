"""PURE: the phones of the model, and espeak-ng's phoneme names written with them.

Length and stress are merged away: what is left is what tells the words of commands apart, and
few enough phones that little speech trains all of them.
"""

from collections.abc import Iterable

SILENCE = "SIL"
"""Silence, and CTC's blank."""

GARBAGE = "SPN"
"""Any speech: not trained, made at export from the other outputs."""

_SOUNDS = "a ae e ax i o u uu y oe p b t d k g f v s sj kj h m n ng l r j"
PHONES = (SILENCE, *_SOUNDS.split())
"""The outputs of the network, in order; Kaldi's ids begin at 1 (see `kaldi_id`)."""

_SPELT = {
    "a": "a A A: 0",
    "ae": "a:",
    "e": "e: E E:",
    "ax": "@ a#",
    "i": "i: I",
    "o": "o: O",
    "u": "u: U U:",
    "uu": "u-: u-",
    "y": "y: y",
    "oe": "Y: W",
    "ae i": "aI",
    "ae i ax": "aI@",
    "a i": "AI",
    "ae uu": "aU",
    "o y": "OI",
    "oe y": "Yy",
    "uu i": "u-I",
    "p": "p p:",
    "b": "b b:",
    "t": "t t:",
    "d": "d d:",
    "k": "k k:",
    "g": "g g:",
    "f": "f",
    "v": "v w",
    "s": "s z",
    "sj": "S",
    "kj": "C x s;",
    "h": "h",
    "m": "m",
    "n": "n",
    "ng": "N",
    "l": "l",
    "r": "R r",
    "j": "j",
    "d j": "dZ",
}
"""Our phones -> espeak-ng's names (version 1.52, voice «nb»)."""

OF_MNEMONIC = {
    name: tuple(ours.split()) for ours, names in _SPELT.items() for name in names.split()
}
_LONGEST_FIRST = sorted(OF_MNEMONIC, key=len, reverse=True)
STRESS = "',%="


def kaldi_id(phone: str) -> int:
    """Kaldi's number of a phone: 1 is silence; garbage is the last one."""
    return len(PHONES) + 1 if phone == GARBAGE else PHONES.index(phone) + 1


def mnemonics(written: str) -> list[str]:
    """espeak-ng's phoneme names in a string such as «'A:vslu-t:», each with its stress mark.

    A name that is not Norwegian is left out.
    """
    found: list[str] = []
    stress = ""
    at = 0
    while at < len(written):
        name = next((name for name in _LONGEST_FIRST if written.startswith(name, at)), None)
        if name is not None:
            found.append(stress + name)
            stress = ""
        elif written[at] in STRESS:
            stress = written[at]
        at += len(name) if name is not None else 1
    return found


def phones(names: Iterable[str]) -> tuple[str, ...]:
    """Our phones for espeak-ng's names; the same phone twice in a row is one."""
    merged: list[str] = []
    for name in names:
        for phone in OF_MNEMONIC[name.lstrip(STRESS)]:
            if merged[-1:] != [phone]:
                merged.append(phone)
    return tuple(merged)

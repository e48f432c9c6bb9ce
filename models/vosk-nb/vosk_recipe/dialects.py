"""PURE: how words are said in five parts of the country, by rule.

Rules of thumb on espeak-ng's phoneme names, for the differences that change the phones of a
command. First draft: speakers of the dialects have not read them.
"""

import re
from collections.abc import Sequence

EAST = "east"

_KV = (r"^('?)v(?= )", r"\1k v")
_APOCOPE = (r"(?<=[^',] )(?:@|a#)$", "")

AREAS: dict[str, tuple[tuple[str, str], ...]] = {
    EAST: (),
    # Soft consonants between a long vowel and a weak one or the end: «bruker» is «bruger».
    "south": (
        (r"(:) p(?= @| a#|$)", r"\1 b"),
        (r"(:) t(?= @| a#|$)", r"\1 d"),
        (r"(:) k(?= @| a#|$)", r"\1 g"),
    ),
    # kj and sj fall together, infinitives and weak feminines end in -a.
    "west": ((r"\b(?:C|x|s;)(?= |$)", "S"), (r"(?:@|a#)$", "A")),
    # The weak last vowel is dropped, ei and au are one vowel.
    "trondelag": (_APOCOPE, (r"aI", "E:"), (r"aU", "W")),
    # The weak last vowel is dropped and e before r is open.
    "north": (_APOCOPE, (r"\bE(?= R)", "a:")),
}
"""Part of the country -> what is replaced by what, in names with spaces between them."""

_SAYS_KV = {"west", "trondelag", "north"}
"""Where «hv» is «kv»."""


def dialect(names: Sequence[str], area: str, spelling: str = "") -> tuple[str, ...]:
    """A word's phoneme names as they are said in an area; never without a vowel.

    spelling: the word as it is written, which tells «hv» from «v».
    """
    said = " ".join(names)
    if area in _SAYS_KV and spelling.startswith("hv"):
        said = re.sub(*_KV, said)
    for pattern, instead in AREAS[area]:
        changed = re.sub(pattern, instead, said).strip()
        if _syllables(changed):
            said = changed
    return tuple(said.split())


def _syllables(names: str) -> int:
    return sum(name.lstrip("',%=")[:1] in set("aAeE@iIoOuUyYW") for name in names.split())

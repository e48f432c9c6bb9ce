"""Recordings outside the project, by the manifest beside them. Measured on, never trained on."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "manifest.tsv"
PLACE_NAMES = Path(__file__).with_name("place_names.tsv")

UNSURE = ("rotorflight",)
"""Folders whose transcripts are names of files and not what is said."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the manifest that is speech."""

    path: Path
    language: str
    human: bool
    """False: synthesised, by an engine other than espeak-ng, or of unknown origin."""
    word: str | None
    """What is said, in Norwegian, where the manifest tells it."""


def rows(folder: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a data folder's manifest."""
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def recordings(folder: Path) -> Iterator[Recording]:
    """The speech of a data folder; rows that the manifest calls noise or rooms are left out."""
    names = _place_names()
    for row in rows(folder):
        if row["lang"] in ("noise", "rir") or "klettres/sounds/nb" in row["path"]:
            continue  # The letters in klettres are the same clips as in gcompris.
        told = row["lang"] == "nb" and not any(name in row["path"] for name in UNSURE)
        word = _word(row["transcript"], names) if told else None
        human = row["kind"].startswith("real-human")
        yield Recording(folder / row["path"], row["lang"], human, word)


def _word(transcript: str, place_names: Mapping[str, str]) -> str | None:
    """What is said; remarks in brackets and translations are cut, descriptions are no words."""
    if transcript.startswith("place name, en: "):
        return place_names.get(transcript.partition(": ")[2])
    said = re.sub(r" ?[(:].*", "", transcript).strip(" !.").casefold()
    described = said.startswith(("letter ", "place name", "en key"))
    return said if re.fullmatch(r"[a-zæøå ]{2,30}", said) and not described else None


def _place_names() -> Mapping[str, str]:
    """English key of the manifest -> the Norwegian name that is said."""
    lines = PLACE_NAMES.read_text("utf-8").splitlines()
    parts = (line.partition("\t") for line in lines if line and not line.startswith("#"))
    return {key: name for key, _, name in parts}

"""Recordings outside the project, by the manifest beside them. Measured on, never trained on."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from agent.frames import SAMPLE_RATE, Samples

MANIFEST = "manifest.tsv"


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the manifest that is speech."""

    path: Path
    language: str
    human: bool
    """False: synthesised, by an engine other than espeak-ng, or of unknown origin."""
    word: str | None
    """What is said, in Norwegian, where the manifest tells it."""


def recordings(folder: Path) -> Iterator[Recording]:
    """The speech of a data folder; rows that the manifest calls noise or rooms are left out."""
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["lang"] in ("noise", "rir") or "klettres/sounds/nb" in row["path"]:
                continue  # The letters in klettres are the same clips as in gcompris.
            word = _word(row["transcript"]) if row["lang"] == "nb" else None
            yield Recording(
                folder / row["path"], row["lang"], row["kind"].startswith("real-human"), word
            )


def _word(transcript: str) -> str | None:
    """What is said; remarks in brackets and translations are cut, descriptions are no words."""
    said = re.sub(r" ?[(:].*", "", transcript).strip(" !.").casefold()
    described = said.startswith(("letter ", "place name", "en key"))
    return said if re.fullmatch(r"[a-zæøå ]{2,30}", said) and not described else None


def decode(path: Path) -> Samples:
    """A recording in any format as shape (n,), int16, 16 kHz mono."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0), None]
        pieces = [
            piece.to_ndarray().ravel() for frame in frames for piece in resampler.resample(frame)
        ]
    return np.concatenate(pieces).astype(np.int16)

"""Transcribed recordings, as the published corpora hold them.

Each reader takes the folder that a corpus was unpacked into. A recording that is missing is left
out: the corpora come in many archives, and some of them are enough.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and what is said in it."""

    path: Path
    text: str
    speaker: str
    """Unique within the corpus; all clips of a speaker go into the same part of the data."""


def nst(folder: Path) -> Iterator[Clip]:
    """NST, Norwegian, 16 kHz, reorganised in 2020 (Språkbanken, sbr-54, CC0).

    JSON files with `pid` and `val_recordings`; sound in `no/PID/PID_NAME-1.wav`, the near
    microphone. A text in round brackets is a recording of silence.
    """
    for path in sorted(folder.rglob("*.json")):
        session = _json(path)
        for row in session.get("val_recordings", ()):
            text, name = row.get("text", ""), Path(row.get("file", "")).stem
            wave = f"{session['pid']}_{name}-1.wav"
            found = next(folder.rglob(f"{session['pid']}/{wave}"), None)
            if text and not text.startswith("(") and found is not None:
                yield Clip(found, text, str(session["pid"]))


def npsc(folder: Path) -> Iterator[Clip]:
    """NPSC, the Norwegian Parliamentary Speech Corpus (Språkbanken, sbr-58, CC0).

    `DATE/DATE_sentence_data.json` with `sentences`; sound in `DATE/audio/`. Both written forms.
    """
    for path in sorted(folder.rglob("*_sentence_data.json")):
        for row in _json(path).get("sentences", ()):
            text = row.get("sentence_text") or row.get("nonverbatim_text") or ""
            found = path.parent / "audio" / str(row.get("audio_file", ""))
            if text and found.is_file():
                yield Clip(found, text, str(row.get("speaker_id", row.get("speaker_name", ""))))


def nb_samtale(folder: Path) -> Iterator[Clip]:
    """NB Samtale (Språkbanken, sbr-85, CC0).

    `*metadata.jsonl` with `file_name`, `transcription`, `speaker_id`; segments in which two people
    talk at once are left out.
    """
    sounds = {path.name: path for path in folder.rglob("*.wav")}
    for path in sorted(folder.rglob("*metadata.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line) if line.strip() else {}
            found = sounds.get(Path(row.get("file_name", "")).name)
            alone = not row.get("overlap_previous") and not row.get("overlap_next")
            if found is not None and row.get("transcription") and alone:
                yield Clip(found, row["transcription"], str(row.get("speaker_id", "")))


def pairs(folder: Path) -> Iterator[Clip]:
    """Any folder: `a.wav` with `a.txt` beside it, or `transcripts.tsv` (path, text, speaker).

    Without a speaker in the table, the folder that holds the file counts as one.
    """
    table = folder / "transcripts.tsv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                path = folder / row["path"]
                if row["text"] and path.is_file():
                    yield Clip(path, row["text"], row.get("speaker") or path.parent.name)
    for path in sorted(folder.rglob("*.wav")):
        text = path.with_suffix(".txt")
        if text.is_file():
            yield Clip(path, text.read_text("utf-8").strip(), path.parent.name)


READERS: Mapping[str, Callable[[Path], Iterator[Clip]]] = {
    "nst": nst,
    "npsc": npsc,
    "nb-samtale": nb_samtale,
    "pairs": pairs,
}


def _json(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return data if isinstance(data, dict) else {}

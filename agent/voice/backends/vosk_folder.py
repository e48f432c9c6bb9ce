"""What a Vosk model's folder holds, found out before libvosk sees it.

libvosk prints and may end the process when a file is not what it expects. So each file is looked
at first: with a manifest by its SHA-256, without one by how it begins.
"""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.faults import Fault, PartError
from agent.voice.backends.model_file import MANIFEST

UNKNOWN = "[unk]"
"""The word that stands for any other speech."""

MARKS = "[<#"
"""What the entries of a word table that nobody says begin with."""

_FST_MAGIC = struct.pack("<i", 2125659606)
_MODEL_BEGINNINGS = (b"\0B<TransitionModel> ", b"<TransitionModel>")
"""Kaldi's binary and text form."""

STATES = "states"
"""The subfolder of graphs for parts of the commands, which our own recipe writes."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a difference of path scores becomes log-odds: scale * difference + offset."""

    scale: float = 0.5
    offset: float = 0.0
    """Natural log."""


@dataclass(frozen=True, slots=True)
class StateGraph:
    """A static graph: one of these phrases, or any other speech."""

    folder: Path
    phrases: frozenset[str]


@dataclass(frozen=True, slots=True)
class VoskFolder:
    """A model that can be used with a closed grammar."""

    path: Path
    words: frozenset[str]
    """Those that a run-time grammar may consist of; empty when the model takes none."""
    states: tuple[StateGraph, ...]
    """The smallest first."""
    run_time: Calibration
    static: Calibration


def read_folder(path: Path) -> VoskFolder:
    """Check a model's folder.

    Raises PartError(MODEL_MISSING) when it is not one, MODEL_CORRUPT when a file is not what it
    should be, GRAMMAR_REFUSED when nothing but free dictation is possible with it.
    """
    manifest = _manifest(path)
    # Version 1 of the layout has everything at the top.
    am, conf, graph = ("am", "conf", "graph") if (path / "am").is_dir() else ("", "", "")
    _begins(path / am / "final.mdl", *_MODEL_BEGINNINGS)
    _begins(path / conf / "mfcc.conf", b"")
    states = _states(path / STATES)
    takes_grammar = (path / graph / "HCLr.fst").is_file()
    if takes_grammar:
        for name in ("HCLr.fst", "Gr.fst"):
            _whole_graph(path / graph / name)
        _begins(path / graph / "disambig_tid.int", b"", may_be_empty=True)
    words = _words(path / graph / "words.txt") if takes_grammar else frozenset[str]()
    if UNKNOWN not in words and not states:
        raise PartError(Fault.GRAMMAR_REFUSED, file=str(path))
    calibrated = manifest.get("calibration")
    return VoskFolder(
        path,
        frozenset(word for word in words if word[:1] not in MARKS),
        states,
        _calibration(path, calibrated, "run_time"),
        _calibration(path, calibrated, "static"),
    )


def _manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest, if there is one, with all its sums checked."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        manifest = yaml.safe_load(path.read_text("utf-8"))
        sums = {folder / row["name"]: row.get("sha256") for row in manifest["files"]}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, KeyError) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path)) from error
    for file, expected in sums.items():  # Without a sum: the administrator's, checked at download.
        if expected is not None and hashlib.sha256(_read(file)).hexdigest() != expected:
            raise PartError(Fault.MODEL_CORRUPT, file=str(file))
    return dict(manifest)


def _calibration(folder: Path, calibrated: Any, kind: str) -> Calibration:
    if calibrated is None:
        return Calibration()
    try:
        return Calibration(float(calibrated[kind]["scale"]), float(calibrated[kind]["offset"]))
    except (TypeError, KeyError, ValueError) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(folder / MANIFEST)) from error


def _states(folder: Path) -> tuple[StateGraph, ...]:
    index = folder / "states.json"
    if not index.is_file():
        return ()
    try:
        rows = json.loads(_read(index))
        states = [StateGraph(folder / row["graph"], frozenset(row["phrases"])) for row in rows]
        if not states:
            raise ValueError("no graphs")
    except (ValueError, TypeError, KeyError) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(index)) from error
    for state in states:
        _whole_graph(state.folder / "HCLG.fst")
        _words(state.folder / "words.txt")
    return tuple(sorted(states, key=lambda state: len(state.phrases)))


def _words(path: Path) -> frozenset[str]:
    """The words of a table «word number»."""
    try:
        rows: Sequence[list[str]] = [line.split() for line in _read(path).decode().splitlines()]
        numbers = [int(number) for _, number in rows]
    except ValueError as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path)) from error
    if not numbers:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path))
    return frozenset(word for word, _ in rows)


def _begins(path: Path, *beginnings: bytes, may_be_empty: bool = False) -> None:
    data = _read(path, 32)
    if not data.startswith(beginnings) or not (data or may_be_empty):
        raise PartError(Fault.MODEL_CORRUPT, file=str(path))


def _whole_graph(path: Path) -> None:
    """The header of an OpenFst file, and that the file is no shorter than it says.

    libvosk goes on without a graph that it could not read, and ends the process when it decodes.
    """
    head = _read(path, 256)
    try:
        (magic, size), at = struct.unpack_from("<4si", head), 8
        kind, at = head[at : at + size], at + size
        at += 4 + struct.unpack_from("<i", head, at)[0]  # The type of its arcs.
        *_, states, arcs = struct.unpack_from("<iiQqqq", head, at)
    except struct.error as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path)) from error
    smallest = at + (20 if kind == b"const" else 12) * max(0, states) + 16 * max(0, arcs)
    if magic != _FST_MAGIC or path.stat().st_size < smallest:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path))


def _read(path: Path, count: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error

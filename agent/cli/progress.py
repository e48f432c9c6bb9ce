"""How a download goes, in the terminal: a line for each step, and a bar below it."""

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from agent.models.get import Doing

WIDTH = 30
"""Signs in the bar."""

EVERY_S = 0.1
"""The bar is drawn at most so often."""


class Bar:
    """A `Report` of `agent.models.get`."""

    def __init__(
        self, words: Mapping[str, str], write: Callable[[str], None], terminal: bool
    ) -> None:
        """terminal: a line can be drawn over; else there is no bar, only the steps."""
        self._words, self._write, self._terminal = words, write, terminal
        self._drawn = 0
        self._at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wipe()

    def doing(self, what: Doing, file: str, detail: str = "") -> None:
        """A new step."""
        self._wipe()
        self._write(self._words[what.value].format(file=file, detail=detail))

    def progress(self, done: int, total: int | None) -> None:
        """Draw the bar over itself."""
        now = time.monotonic()
        if not self._terminal or (now - self._at < EVERY_S and done != total):
            return
        self._at = now
        line = drawn(done, total)
        sys.stdout.write("\r" + line.ljust(self._drawn))
        sys.stdout.flush()
        self._drawn = len(line)

    def _wipe(self) -> None:
        if self._drawn:
            sys.stdout.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0


def drawn(done: int, total: int | None) -> str:
    """The bar; without a total only what is here."""
    here = f"{done / 1e6:.0f}"
    if not total:
        return f"  {here} MB"
    share = min(1.0, done / total)
    full = int(share * WIDTH)
    return f"  [{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%}  {here}/{total / 1e6:.0f} MB"

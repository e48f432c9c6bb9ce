# ruff: noqa: T201 - a program of the terminal
"""Runs every check, all of them even when one fails, and closes with a table.

The tests that mostly wait, for sound is played and pages are shown in their own time, run before
one's eyes; all others beside them, with what they leave of the machine, and told afterwards. With
arguments it runs only pytest, with those arguments. Started by `test`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, NamedTuple

from terminal import ROOT, TEXTS, tell

LIVE = "browser or live"
"""Marks of the tests that take their time."""


@dataclass(frozen=True)
class Check:
    """One tool, run as `python -m`."""

    name: str
    command: tuple[str, ...]

    def run(self) -> int:
        """Run it in the project's folder; its exit status."""
        return subprocess.call(self._whole(), cwd=ROOT)

    @contextmanager
    def beside(self, output: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        """Run it meanwhile, with what others leave of the processors; it ends with the context."""
        kind = ("nice",) if shutil.which("nice") else ()
        with subprocess.Popen(
            (*kind, *self._whole()), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        ) as process:
            try:
                yield process
            finally:
                process.kill()  # Does nothing to one that has ended.

    def _whole(self) -> tuple[str, ...]:
        return (sys.executable, "-m", *self.command)


class Result(NamedTuple):
    """How a check ended, and after how many seconds."""

    name: str
    status: int
    seconds: float

    def __str__(self) -> str:
        """A line of the closing table."""
        verdict = TEXTS["check_failed" if self.status else "check_ok"]
        return f"  {verdict:<6}{self.name:<14}{self.seconds:6.1f} s"


CHECKS = (
    Check("ruff format", ("ruff", "format", "--check", ".")),
    Check("ruff check", ("ruff", "check", ".")),
    Check("mypy", ("mypy",)),  # Which folders, and how strictly, stands in pyproject.toml.
    Check("pytest, live", ("pytest", "-q", "-m", LIVE)),
)
OTHERS = Check("pytest", ("pytest", "-q", "-m", f"not ({LIVE})"))
"""Most of the tests: their summary stands last."""


def main(arguments: list[str]) -> int:
    """Run the checks; the exit status of the first that failed."""
    if arguments:
        return Check("pytest", ("pytest", *arguments)).run()
    results: list[Result] = []
    started = time.monotonic()
    with tempfile.TemporaryFile() as told, OTHERS.beside(told) as others:
        for check in CHECKS:
            tell("checking", check=check.name)
            begun = time.monotonic()
            results.append(Result(check.name, check.run(), time.monotonic() - begun))
        tell("checking", check=OTHERS.name)
        results.append(Result(OTHERS.name, others.wait(), time.monotonic() - started))
        told.seek(0)
        print(told.read().decode("utf-8", "replace"), flush=True)
    print("", *map(str, results), sep="\n")
    failed = [result for result in results if result.status]
    tell("some_failed" if failed else "all_ok", checks=", ".join(each.name for each in failed))
    return failed[0].status if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(130)

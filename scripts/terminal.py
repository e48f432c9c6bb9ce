# ruff: noqa: T201 - it writes to the terminal
"""What the two commands write to the terminal, and the commands that they run out of sight."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent

STEP_LIMIT_S = 20 * 60


def load_texts() -> dict[str, str]:
    """The sentences of this program, in the written form that the terminal asks for."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    language = next((os.environ[name] for name in names if os.environ.get(name)), "")
    form = "nn" if language.startswith("nn") else "nb"
    lines = (ROOT / "config" / f"setup.{form}.txt").read_text("utf-8").splitlines()
    return dict(line.split(" = ", 1) for line in lines if " = " in line)


TEXTS = load_texts()


def tell(key: str, **values: object) -> None:
    """Print one line at once."""
    print(TEXTS[key].format(**values), flush=True)


class StepError(Exception):
    """A command failed; what it printed is in the log."""


class Steps:
    """Runs commands whose output nobody wants to see unless they fail."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def run(self, command: Sequence[str | Path], packages: int = 0) -> None:
        """Run a command; raises StepError.

        packages: how many packages pip will report; its progress is then shown.
        """
        progress = Progress(packages)
        # A pipe only where it is read: a service that an installation starts would keep it open.
        with (
            self.log.open("a", encoding="utf-8") as log,
            _started(command, subprocess.PIPE if packages else log) as process,
        ):
            for line in process.stdout or ():
                log.write(line)
                progress.show(line)
            progress.end()
        if process.returncode != 0:
            raise StepError(str(command[0]))

    def works(self, command: Sequence[str | Path]) -> bool:
        """Run a command that may fail."""
        try:
            self.run(command)
        except (StepError, OSError):
            return False
        return True


@contextlib.contextmanager
def _started(
    command: Sequence[str | Path], output: int | TextIO
) -> Iterator[subprocess.Popen[str]]:
    """A process that has ended when the context is left, by itself or killed."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    limit = threading.Timer(STEP_LIMIT_S, process.kill)
    limit.start()
    try:
        yield process
        process.wait()
    finally:
        # Interrupted: nothing may go on writing into the environment.
        process.kill()
        process.wait()
        limit.cancel()


class Progress:
    """One line of the terminal that is written over again; nothing when it is not a terminal."""

    def __init__(self, count: int) -> None:
        self._count = count if sys.stdout.isatty() else 0
        self._number = 0

    def show(self, line: str) -> None:
        """Look at one line of pip's output."""
        if self._count and line.startswith("Collecting "):
            self._number += 1
            package = line.split()[1].split("==")[0]
            text = TEXTS["progress"].format(number=self._number, count=self._count, package=package)
            print(f"\r  {text:<60}", end="", flush=True)

    def end(self) -> None:
        """Take the line away."""
        if self._number:
            print(f"\r{'':<62}\r", end="", flush=True)

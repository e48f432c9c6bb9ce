# ruff: noqa: T201 - a program of the terminal
"""Runs every check, all of them even when one fails, and closes with a table.

With arguments it runs only pytest, with those arguments. Started by `test`.
"""

import subprocess
import sys
import time
from dataclasses import dataclass

from terminal import ROOT, TEXTS, tell


@dataclass(frozen=True)
class Check:
    """One tool, run as `python -m`."""

    name: str
    command: tuple[str, ...]

    def run(self) -> int:
        """Run it in the project's folder; its exit status."""
        return subprocess.call([sys.executable, "-m", *self.command], cwd=ROOT)


def checks() -> tuple[Check, ...]:
    """All checks; the tests come last, so that their summary stands last."""
    return (
        Check("ruff format", ("ruff", "format", "--check", ".")),
        Check("ruff check", ("ruff", "check", ".")),
        Check("mypy", ("mypy",)),  # Which folders, and how strictly, stands in pyproject.toml.
        Check("pytest", ("pytest", "-q")),
    )


def main(arguments: list[str]) -> int:
    """Run the checks; the exit status of the first that failed."""
    if arguments:
        return Check("pytest", ("pytest", *arguments)).run()
    lines = []
    failed: dict[str, int] = {}
    for check in checks():
        tell("checking", check=check.name)
        begin = time.monotonic()
        status = check.run()
        if status != 0:
            failed[check.name] = status
        verdict = TEXTS["check_failed" if status else "check_ok"]
        lines.append(f"  {verdict:<6}{check.name:<14}{time.monotonic() - begin:6.1f} s")
    print("", *lines, sep="\n")
    tell("some_failed" if failed else "all_ok", checks=", ".join(failed))
    return next(iter(failed.values()), 0)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(130)

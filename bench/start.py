"""How long the agent takes from its start until it hears: `python -m bench.start [--cold] [-n 5]`.

The real agent in a process of its own, started as `hodekamera run` starts it, with a sound file of
silence for the microphone, no sound card and no room. Warm: the files are in the system's cache and
the templates in the user's; cold: the templates have to be made, as at the very first start and
after a change of the phrases. Nothing but figures is kept.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from agent.voice.backends.template_cache import FOLDER_VARIABLE
from bench.hearing import ROOT

LIMIT_S = 120.0

STEPS = ("imports", "settings", "wired", "served", "listening")
"""What the child tells the time of, in order; «listening» is `HearingReady`."""


def main() -> None:
    """Print a table of seconds since the start, and what the agent then holds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("-n", type=int, default=5, help="starts of each kind")
    arguments.add_argument("--kind", choices=("warm", "cold"), help="only one of them")
    options = arguments.parse_args()
    _say("| start | " + " | ".join(STEPS) + " | CPU s | MB |")
    _say("| --- " * (len(STEPS) + 3) + "|")
    for kind in ("warm", "cold"):
        if options.kind in (None, kind):
            _say(_row(kind, _starts(kind, options.n)))


def _starts(kind: str, count: int) -> list[dict[str, float]]:
    """The figures of each start. A start that fills the caches comes first and is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "warm":
            start(Path(folder))
            return [start(Path(folder)) for _ in range(count)]
        return [start(Path(folder) / str(number)) for number in range(count)]


def start(cache: Path) -> dict[str, float]:
    """Start the agent once: seconds to each step, its CPU seconds until then, its memory in MB."""
    environment: Mapping[str, str] = {**os.environ, FOLDER_VARIABLE: str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "bench.start_child", repr(time.time())],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(kind: str, figures: list[dict[str, float]]) -> str:
    """The median of each figure; of the last step also the greatest."""
    cells = [f"{median(each[step] for each in figures):.2f}" for step in STEPS]
    cells[-1] += f" (at most {max(each[STEPS[-1]] for each in figures):.2f})"
    cpu, memory = (median(each[name] for each in figures) for name in ("cpu_s", "memory_mb"))
    return f"| {kind} | " + " | ".join(cells) + f" | {cpu:.2f} | {memory:.0f} |"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

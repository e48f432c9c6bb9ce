# ruff: noqa: T201 - a program of the terminal
"""A call that lasts: does the sender's memory, the age of its pictures or its cost grow?

    python -m bench.soak [--minutes 60]

The product's whole way from a camera's BGR pictures sends the made scene, 1280 x 720, 30 a second,
2.5 Mbit/s, to a Chromium on this machine; no link with faults, no recogniser. Told for each tenth
of the time: the sender's memory (resident, MiB), its cores, the age of the pictures that Chromium
showed, and how many those were. A machine so busy that the call dies (a connection renews its ways
every few seconds) proves nothing, and the program says so. Key frames are those of all the time:
one begins the call, and every other was asked for by the receiver (its PLIs) or sent for no reason.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import scene
from bench.calls import Outcome, run
from bench.sending import Order
from bench.video import BITRATE, percentiles

PARTS = 10
QUIET_S = 20.0
"""Before anything is counted: the rate climbs to its limit meanwhile."""


def lines(seen: Outcome, seconds: float) -> Iterator[str]:
    """The table of a call of so many seconds."""
    yield "from minute   MiB (least-most)   cores   pictures/s   age ms: half    95 %"
    for part in range(PARTS):
        since, until = part * seconds / PARTS, (part + 1) * seconds / PARTS
        memory = [line["rss"] for line in seen.sender if since <= line["at"] <= until]
        p50, p95 = percentiles(seen.ages(since, until))
        yield (
            f"{since / 60:11.1f} {min(memory):12} - {max(memory):4} {seen.cpu(since, until):7.3f}"
            f" {seen.fps(since, until):12.1f} {p50:14.0f} {p95:7.0f}"
        )
    keys, asked = (round(seen.stats[key]) for key in ("keyFramesDecoded", "pliCount"))
    yield f"{keys} key frames after the first, {asked} asked for; sizes: {seen.sizes()}"


async def measure(seconds: float) -> None:
    """Hold the call and print."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scene.yuv"
        scene.write(file, 1280, 720)
        order = Order("ours", str(file), 1280, 720, BITRATE, bgr=True, stamped=True)
        seen = await run(order, seconds, before=QUIET_S)
    print(*lines(seen, seconds), sep="\n")
    if seen.fps(seconds * (1 - 1 / PARTS), seconds) < scene.RATE / 2:
        raise SystemExit("the call did not last, or this machine had no time for it")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=60.0)
    asyncio.run(measure(60 * parser.parse_args().minutes))


if __name__ == "__main__":
    main()

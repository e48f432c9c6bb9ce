# ruff: noqa: T201 - a program of the terminal
"""What the whole agent costs in a call: `python -m bench.agent [--seconds 30] [--camera 1080]`.

The real agent in a process of its own visits the practice room, in which a Chromium is the clinic
and beeps once a second. It listens, cancels the echo, measures the light, sends 720p30 at up to
2.5 Mbit/s and two-way sound over a virtual sound card (PulseAudio), and serves its status page. The
camera is apart: it hands over pictures that were made before, as if it had decoded them.

CPU is in cores, of the agent and the processes of its engines, told by thread as well where the
system does (Linux). The room and the browser run on the same machine and are not counted.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from agent.encoders import use_fast_encoders
from agent.meeting.practice.server import PracticeRoom
from bench.audio_live import sound_server
from bench.room import ALIAS, PIN, page

WARM_UP_S = 15.0
START_LIMIT_S = 120.0
SHOWN = 12
"""Threads that are told."""


class Spent:
    """CPU seconds so far of a process, of its children and of their threads."""

    def __init__(self, process: psutil.Process) -> None:
        self.processes: dict[int, float] = {}
        self.threads: dict[tuple[int, int], float] = {}
        self.megabytes = 0.0
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                self.processes[each.pid] = times.user + times.system
                memory = each.memory_full_info()
                self.megabytes += getattr(memory, "pss", memory.uss) / 1e6
                for thread in each.threads():
                    spent = thread.user_time + thread.system_time
                    self.threads[each.pid, thread.id] = spent


def thread_name(process: int, thread: int) -> str:
    """What a thread calls itself; its number where nobody tells."""
    try:
        return Path(f"/proc/{process}/task/{thread}/comm").read_text("utf-8").strip()
    except OSError:
        return str(thread)


async def measure(seconds: float, height: int) -> None:
    """Begin a call, wait, and print what it costs."""
    use_fast_encoders()
    with sound_server() as there:
        if not there:
            raise SystemExit("no pulseaudio on this machine")
        sound = {name: value for name, value in os.environ.items() if "PULSE" in name}
        for name in sound:
            del os.environ[name]  # The browser must not play into the nurse's microphone.
        async with AsyncExitStack() as stack:
            room = await stack.enter_async_context(PracticeRoom(ALIAS, PIN))
            await stack.enter_async_context(page(room.page_url))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.agent_child", room.url, ALIAS, str(height)),
                env={**os.environ, **sound},
                stdout=asyncio.subprocess.PIPE,
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            await sent(process.stdout, WARM_UP_S)
            watched = psutil.Process(process.pid)
            before = Spent(watched)
            pictures, size = await sent(process.stdout, seconds)
            after = Spent(watched)
            print(f"{pictures:.1f} pictures a second, {8 * size / 1000:.0f} kbit/s of picture")
            tell(before, after, seconds, process.pid)


async def sent(told: asyncio.StreamReader, seconds: float) -> tuple[float, float]:
    """Pictures and bytes a second during so many seconds, as the agent tells them."""
    async with asyncio.timeout(START_LIMIT_S + seconds):
        lines = [await told.readline() for _ in range(round(seconds) + 1)]
    if not all(lines):
        raise SystemExit("the agent has gone")
    (pictures, size), (more, larger) = ([int(each) for each in lines[at].split()] for at in (0, -1))
    return (more - pictures) / seconds, (larger - size) / seconds


def tell(before: Spent, after: Spent, seconds: float, main: int) -> None:
    """Print the table."""
    spent = {
        pid: (total - before.processes[pid]) / seconds for pid, total in after.processes.items()
    }
    print(f"the whole agent: {sum(spent.values()):.3f} cores, {after.megabytes:.0f} MB")
    for pid, cores in spent.items():
        print(f"  {'its own process' if pid == main else 'an engine':16} {cores:.3f}")
    threads: Counter[str] = Counter()
    for (pid, thread), total in after.threads.items():
        name = thread_name(pid, thread)
        used = total - before.threads.get((pid, thread), 0.0)
        threads[f"{'' if pid == main else 'engine: '}{name}"] += round(1000 * used / seconds)
    for name, thousandths in threads.most_common(SHOWN):
        print(f"    {name:24} {thousandths / 1000:.3f}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--camera", type=int, default=720, help="lines of its picture")
    options = parser.parse_args()
    asyncio.run(measure(options.seconds, options.camera))


if __name__ == "__main__":
    main()

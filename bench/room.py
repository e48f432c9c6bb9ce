# ruff: noqa: T201 - a program of the terminal
"""How the practice room holds out: agents and browsers in it for minutes, its memory and CPU.

    python -m bench.room --minutes 10 --agents 2 --browsers 2

Everything runs on this machine; each agent is a process of its own that sends 640 x 360 at 25
pictures a second. CPU is of the room's process alone, in percent of one core.

Memory is told in three ways. `MiB` is what the system lends the process (RSS). `in use` is the
part of it that somebody still holds, as the allocator of the C library counts it (Linux with
glibc only); the rest is freed but kept for the next time. `objects` are Python's own blocks. The
last lines give the slope of each, the warm-up left out: a leak rises in `in use`.
"""

import argparse
import asyncio
import contextlib
import ctypes
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import psutil
from aiortc import VideoStreamTrack
from playwright.async_api import Page, async_playwright

from agent.encoders import use_fast_encoders
from agent.meeting.base import Invitation, Media
from agent.meeting.pexip.client import PexipMeeting
from agent.meeting.practice.server import PracticeRoom
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Joined

ALIAS, PIN = "ovingsrom", "2468"
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
WARM_UP_S = 30.0
LOOK_S = 15.0
JOIN_LIMIT_S = 60.0
END_LIMIT_S = 10.0
MOST_SPARSE = 4
"""Looks that a slope needs at least."""
MIB = 1 << 20


class Memory(NamedTuple):
    """What this process holds."""

    rss: float
    """MiB that the system lends it."""
    in_use: float
    """MiB that somebody holds, as the C library's allocator counts it; NaN: it cannot tell."""
    objects: int
    """Python's own blocks of memory."""


class _MallocInfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def memory() -> Memory:
    """As it is now, garbage left out."""
    gc.collect()
    in_use = float("nan")
    with contextlib.suppress(AttributeError, OSError):
        ask = ctypes.CDLL(None).mallinfo2
        ask.restype = _MallocInfo
        told = ask()
        in_use = (told.uordblks + told.hblkhd) / MIB
    return Memory(psutil.Process().memory_info().rss / MIB, in_use, sys.getallocatedblocks())


class Stripes(VideoStreamTrack):
    """Stripes that wander, so that every picture is another."""

    def __init__(self) -> None:
        super().__init__()
        across = 128 + 100 * np.sin(np.arange(640) / 40)
        self._row = np.stack([across] * 3, axis=1).astype(np.uint8)
        self._moved = 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        self._moved += 6
        pixels = np.broadcast_to(np.roll(self._row, self._moved, axis=0), (360, 640, 3))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "bgr24")
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


async def be_an_agent(url: str) -> None:
    """Visit the room until killed: one word when it is in, then what it holds every `LOOK_S`."""
    use_fast_encoders()
    media = Media(Stripes(), MicrophoneTrack(), lambda _: None)
    async with PexipMeeting().visit(Invitation(url, ALIAS, "Kamera"), media) as told:
        async for event in told:
            if isinstance(event, Joined):
                break
        print(Joined.__name__, flush=True)
        while True:
            print(*memory(), flush=True)
            await asyncio.sleep(LOOK_S)


class Agent:
    """A process with an agent in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.memory = Memory(0.0, 0.0, 0)

    async def line(self) -> str:
        """What it says next; ends the program when it says no more."""
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode().strip()
        if not line:
            raise SystemExit("an agent has gone")
        return line

    async def follow(self) -> None:
        """Keep the newest of what it tells."""
        while True:
            rss, in_use, objects = (await self.line()).split()
            self.memory = Memory(float(rss), float(in_use), int(objects))


@asynccontextmanager
async def agent(url: str) -> AsyncIterator[Agent]:
    """A process with an agent that is in the room."""
    command = (sys.executable, "-m", "bench.room", "--agent", url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    one = Agent(process)
    try:
        async with asyncio.timeout(JOIN_LIMIT_S):
            assert await one.line() == Joined.__name__
        async with asyncio.TaskGroup() as group:
            following = group.create_task(one.follow())
            yield one
            following.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def measure(minutes: float, agents: int, browsers: int) -> None:
    """Fill the room and print what it costs."""
    use_fast_encoders()
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(PracticeRoom(ALIAS, PIN))
        pages = [await stack.enter_async_context(page(room.page_url)) for _ in range(browsers)]
        cameras = [await stack.enter_async_context(agent(room.url)) for _ in range(agents)]
        await asyncio.sleep(WARM_UP_S)
        ours, begin = psutil.Process(), asyncio.get_running_loop().time()
        ours.cpu_percent()
        seen: list[tuple[float, list[Memory]]] = []
        print("  min   room MiB  in use  objects   CPU %   agents MiB/in use      pages fps")
        while (gone := (asyncio.get_running_loop().time() - begin) / 60) < minutes:
            await asyncio.sleep(LOOK_S)
            fps = [await one.locator("#quality").get_attribute("data-fps") for one in pages]
            here, *there = [memory(), *(camera.memory for camera in cameras)]
            seen.append((gone, [here, *there]))
            others = "  ".join(f"{one.rss:.0f}/{one.in_use:.1f}" for one in there)
            print(
                f"{gone:5.1f} {here.rss:10.1f} {here.in_use:7.1f} {here.objects:8d}"
                f" {ours.cpu_percent():7.1f}   {others:22} {fps}",
                flush=True,
            )
    print_slopes(seen)


@asynccontextmanager
async def page(address: str) -> AsyncIterator[Page]:
    """A browser of its own that is in the room as host."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=list(SWITCHES))
        try:
            opened = await chromium.new_page()
            await opened.goto(f"{address}&auto")
            await opened.wait_for_selector("#meeting", state="visible")
            yield opened
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_LIMIT_S):
                    await chromium.close()


def print_slopes(seen: list[tuple[float, list[Memory]]]) -> None:
    """How fast each figure grows, a straight line through the last two thirds of the time."""
    late = seen[len(seen) // 3 :]
    if len(late) < MOST_SPARSE:
        return
    minutes = np.array([minute for minute, _ in late])
    names = ["room", *(f"agent {n}" for n in range(1, len(late[0][1])))]
    print(f"\ngrowth a minute, minutes {minutes[0]:.1f} to {minutes[-1]:.1f}:")
    for at, name in enumerate(names):
        values = np.array([memories[at] for _, memories in late])
        rss, in_use, objects = np.polyfit(minutes, values, 1)[0]
        print(f"  {name:8} {rss:+.2f} MiB, in use {in_use:+.3f} MiB, {objects:+.0f} objects")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--agent", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.agent:
        asyncio.run(be_an_agent(options.agent))
    else:
        asyncio.run(measure(options.minutes, options.agents, options.browsers))


if __name__ == "__main__":
    main()

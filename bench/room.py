# ruff: noqa: T201 - a program of the terminal
"""How the practice room holds out: agents and browsers in it for minutes, its memory and CPU.

    python -m bench.room --minutes 10 --agents 2 --browsers 2

Everything runs on this machine; each agent is a process of its own that sends 640 x 360 at 25
pictures a second. CPU is of the room's process alone, in percent of one core.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from fractions import Fraction

import av
import numpy as np
import psutil
from aiortc import VideoStreamTrack
from playwright.async_api import async_playwright

from agent.meeting.base import Invitation, Media
from agent.meeting.pexip.client import PexipMeeting
from agent.meeting.practice.server import PracticeRoom
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Joined
from agent.video.encoder import install_fast_encoder

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
MIB = 1 << 20


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
    """Visit the room until killed; one word for each time that it got in."""
    install_fast_encoder()
    media = Media(Stripes(), MicrophoneTrack(), lambda _: None)
    async with PexipMeeting().visit(Invitation(url, ALIAS, "Kamera"), media) as told:
        async for event in told:
            print(type(event).__name__, flush=True)


@asynccontextmanager
async def agent(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process with an agent that is in the room."""
    command = (sys.executable, "-m", "bench.room", "--agent", url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        while (await process.stdout.readline()).decode().strip() != Joined.__name__:
            if process.stdout.at_eof():
                raise SystemExit("an agent did not get in")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def measure(minutes: float, agents: int, browsers: int) -> None:
    """Fill the room and print what it costs."""
    install_fast_encoder()
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(PracticeRoom(ALIAS, PIN))
        playwright = await stack.enter_async_context(async_playwright())
        program = os.environ.get("CHROMIUM") or shutil.which("chromium")
        pages = []
        for _ in range(browsers):
            chromium = await playwright.chromium.launch(
                executable_path=program, args=list(SWITCHES)
            )
            stack.push_async_callback(chromium.close)
            page = await chromium.new_page()
            await page.goto(f"{room.page_url}&auto")
            await page.wait_for_selector("#meeting", state="visible")
            pages.append(page)
        processes = [await stack.enter_async_context(agent(room.url)) for _ in range(agents)]
        await asyncio.sleep(WARM_UP_S)
        ours = psutil.Process()
        others = [psutil.Process(process.pid) for process in processes]
        begin = asyncio.get_running_loop().time()
        ours.cpu_percent()
        print("  min   room MiB   room CPU %   agents MiB      pages fps")
        while (gone := asyncio.get_running_loop().time() - begin) < minutes * 60:
            await asyncio.sleep(LOOK_S)
            fps = [await page.locator("#quality").get_attribute("data-fps") for page in pages]
            memory = " ".join(f"{one.memory_info().rss / MIB:.0f}" for one in others)
            rss = ours.memory_info().rss / MIB
            print(f"{gone / 60:5.1f} {rss:10.1f} {ours.cpu_percent():12.1f}   {memory:14} {fps}")


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

"""One call of the benches: a sender process, a link or none, and a Chromium that receives."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import psutil
from playwright.async_api import Page

from bench import scene
from bench.link import HERE, Weather
from bench.receiving import BrowserSender, Shown, chromium
from bench.sending import Order, told

START_LIMIT_S = 30.0


@dataclass
class Outcome:
    """What one call came to. Times are seconds since the link's weather began."""

    shown: list[Shown] = field(default_factory=list)
    sender: list[dict[str, Any]] = field(default_factory=list)
    link: list[dict[str, float]] = field(default_factory=list)
    stats: dict[str, float] = field(default_factory=dict)

    def gap(self, since: float, until: float) -> float:
        """The longest time without a new picture, seconds."""
        times = [one.at for one in self.shown if since <= one.at <= until]
        return max(b - a for a, b in pairwise([since, *times, until]))

    def fps(self, since: float, until: float) -> float:
        """Pictures a second."""
        return sum(since <= one.at < until for one in self.shown) / (until - since)

    def wire(self, since: float, until: float) -> float:
        """kbit/s on the link, mean."""
        rates = [line["kbps"] for line in self.link if since < line["at"] <= until]
        return sum(rates) / len(rates) if rates else float("nan")

    def wait(self, since: float, until: float) -> float:
        """The longest queue on the link, seconds."""
        return max((line["wait"] for line in self.link if since < line["at"] <= until), default=0.0)

    def sizes(self) -> list[tuple[float, int]]:
        """(when, height) of every change of size that was seen."""
        changes: list[tuple[float, int]] = []
        for one in self.shown:
            if not changes or changes[-1][1] != one.height:
                changes.append((round(one.at, 1), one.height))
        return changes

    def cpu(self, since: float, until: float) -> float:
        """Cores of the sender's process."""
        lines = [line for line in self.sender if since <= line["at"] <= until]
        return float((lines[-1]["cpu"] - lines[0]["cpu"]) / (lines[-1]["at"] - lines[0]["at"]))

    def ages(self, since: float, until: float) -> list[float]:
        """Of the pictures, seconds, rising."""
        return sorted(o.age for o in self.shown if o.age is not None and since <= o.at <= until)


class Child:
    """A program that speaks JSON lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[tuple[float, dict[str, Any]]] = []

    async def line(self) -> dict[str, Any]:
        """The next one; ends the program when there is none."""
        assert self.process.stdout is not None
        async with asyncio.timeout(START_LIMIT_S):
            text = await self.process.stdout.readline()
        if not text:
            raise SystemExit("a program of the bench has ended")
        line: dict[str, Any] = json.loads(text)
        return line

    async def follow(self) -> None:
        """Keep what it tells, until cancelled."""
        while True:
            self.lines.append((time.time(), await self.line()))

    async def say(self, **what: object) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.process.stdin.drain()


@asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[Child]:
    """`python -m` with these arguments, killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        yield Child(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def browser_path() -> str:
    """Where Chromium is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        raise SystemExit("no Chromium on this machine")
    return found


class Sender(Protocol):
    """What sends the scene."""

    async def offer(self) -> str:
        """Its session description."""
        ...

    async def answer(self, answer: str) -> None:
        """Begin."""
        ...

    async def follow(self) -> None:
        """Note what it spends, until cancelled."""
        ...

    lines: list[tuple[float, dict[str, Any]]]


class ProcessSender(Child):
    """`bench.sending` in a process of its own."""

    async def offer(self) -> str:
        text: str = (await self.line())["offer"]
        return text

    async def answer(self, answer: str) -> None:
        await self.say(answer=answer)


class ChromiumSender(BrowserSender):
    """A browser whose camera shows the scene; its CPU is that of all its processes."""

    def __init__(self, page: Page, wish: dict[str, object], mark: str) -> None:
        super().__init__(page, wish)
        self.lines: list[tuple[float, dict[str, Any]]] = []
        self._mark = mark

    async def follow(self) -> None:
        while True:
            self.lines.append((time.time(), {"cpu": _cpu_of(self._mark)}))
            await asyncio.sleep(0.5)


def _cpu_of(mark: str) -> float:
    """Seconds of CPU of the processes whose command line has this in it, and their children."""
    total = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in " ".join(process.cmdline()):
                for one in (process, *process.children(recursive=True)):
                    used = one.cpu_times()
                    total += used.user + used.system
                break
    return total


@asynccontextmanager
async def sending(order: Order) -> AsyncIterator[Sender]:
    """The sender that an order names."""
    if order.kind != "chromium":
        async with child("bench.sending", told(order)) as process:
            yield ProcessSender(process.process)
        return
    camera = Path(order.file).with_suffix(".y4m")
    scene.write_y4m(Path(order.file), camera, order.width, order.height)
    switches = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )
    wish = {
        "width": order.width,
        "height": order.height,
        "rate": scene.RATE,
        "bitrate": order.bitrate,
        "codec": order.codec,
    }
    async with chromium(browser_path(), *switches) as page:
        # Browsers show a camera to trusted origins only, and this machine is one.
        await page.page.route(
            "**/*", lambda route: route.fulfill(body="", content_type="text/html")
        )
        await page.page.goto("http://localhost/")
        yield ChromiumSender(page.page, wish, switches[-1])


async def run(
    order: Order,
    seconds: float,
    weathers: Sequence[Weather] = (),
    queue_s: float = 0.3,
    before: float = 3.0,
) -> Outcome:
    """A call of so many seconds, after `before` seconds of quiet; over a link if it has weather."""
    outcome = Outcome()
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(chromium(browser_path()))
        await far.page.evaluate(f"window.fullWidth = {order.width}")
        sender = await stack.enter_async_context(sending(order))
        offer = await sender.offer()
        hidden = without_ways(offer) if weathers else offer
        answer = await far.answer(hidden, stamped=order.stamped)
        relay: Child | None = None
        if weathers:
            to = "{}:{}".format(*address_of(answer))
            text = json.dumps([asdict(weather) for weather in weathers])
            asked = ("--to", to, "--weather", text, "--queue", str(queue_s))
            relay = await stack.enter_async_context(child("bench.link", *asked))
            answer = through((await relay.line())["port"], answer)
        await sender.answer(answer)
        following = [asyncio.create_task(one.follow()) for one in (sender, relay) if one]
        await asyncio.sleep(before)
        if relay:
            await relay.say(begin=True)
        began = time.time()
        first = await far.stats()
        await asyncio.sleep(seconds)
        outcome.shown = [
            Shown(one.at - began, one.width, one.height, one.age) for one in await far.shown()
        ]
        last = await far.stats()
        outcome.stats = {key: value - first.get(key, 0) for key, value in last.items()}
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        outcome.sender = [{**line, "at": at - began} for at, line in sender.lines]
        outcome.link = [line for _, line in relay.lines] if relay else []
    return outcome


def address_of(answer: str) -> tuple[str, int]:
    """Where Chromium listens on this machine."""
    found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", answer)
    host, port = next((one for one in found if one[0] == HERE), found[0])
    return host, int(port)


def without_ways(description: str) -> str:
    """An SDP that names no candidates: what it describes is reached another way, or not at all."""
    return re.sub(r"a=candidate:[^\r\n]*\r\n", "", description)


def through(port: int, answer: str) -> str:
    """The answer with the relay's address alone."""
    line = f"a=candidate:1 1 udp 2130706431 {HERE} {port} typ host\r\n"
    bare = without_ways(answer)
    return re.sub(r"(?m)^(m=.*\r\n)", lambda found: found[1] + line, bare)

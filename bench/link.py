"""A link with faults: as a function of time for simulations, and as a UDP relay on loopback.

    python -m bench.link --to 127.0.0.1:5000 --weather '[{"bps": 5e5}]'

The relay needs no rights: it stands between two programs that were told its port instead of each
other's. Faults are seeded; only the direction to `--to` is shaped, the way back has the same delay
and the same loss.
"""

import argparse
import asyncio
import contextlib
import heapq
import json
import random
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

UNLIMITED = 1e9
STALL_EVERY_S = 1.3
HERE = "127.0.0.1"
LOG_S = 0.1
PIECE = 2048
IDLE_S = 0.005


@dataclass(frozen=True)
class Weather:
    """How the link is from a moment on."""

    since: float = 0.0
    """Seconds after the start."""
    bps: float = UNLIMITED
    """Bits per second; 0: nothing passes."""
    loss: float = 0.0
    """Share of packets, each by itself."""
    delay: float = 0.05
    """Seconds, one way."""
    jitter: float = 0.0
    """Seconds at most, on top, evenly spread; packets may overtake each other."""
    burst: float = 0.0
    """Probability that a burst of losses begins with a packet; it takes ten."""
    policed: bool = False
    """Drops what is too much at once instead of queueing it."""
    bucket: float = 0.01
    """Seconds: so much at once is not yet too much where it is policed."""
    stall: float = 0.0
    """Seconds, once in `STALL_EVERY_S`, in which nothing passes; it is not lost, as on a radio."""


@dataclass
class Link:
    """One direction. `pass_on` must be called with rising times."""

    weathers: Sequence[Weather]
    queue_s: float = 0.3
    """So much waits at most before packets are dropped."""
    seed: int = 1
    free: float = 0.0
    """When the last packet has left the queue."""
    waits: list[tuple[float, float]] = field(default_factory=list)
    """(when, how long) for every packet."""
    carried: list[tuple[float, int]] = field(default_factory=list)
    """(when, bytes) of every packet that passed."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._burst = 0

    def weather(self, at: float) -> Weather:
        """How the link is at this time."""
        return [weather for weather in self.weathers if weather.since <= at][-1]

    def pass_on(self, at: float, size: int) -> float | None:
        """When a packet of so many bytes arrives; None: it does not."""
        now = self.weather(at)
        start = max(at, self.free)
        if now.stall and start % STALL_EVERY_S < now.stall:
            start += now.stall - start % STALL_EVERY_S
        self.waits.append((at, start - at))
        too_long = start - at > (now.bucket if now.policed else self.queue_s)
        if now.bps == 0 or too_long or self._is_lost(now):
            return None
        self.free = start + size * 8 / now.bps
        self.carried.append((self.free, size))
        return self.free + now.delay + self._random.uniform(0, now.jitter)

    def _is_lost(self, now: Weather) -> bool:
        if self._burst:
            self._burst -= 1
            return True
        if now.burst and self._random.random() < now.burst:
            self._burst = 9
            return True
        return self._random.random() < now.loss


def way_back(weathers: Sequence[Weather]) -> list[Weather]:
    """As far as the same link, but as wide as one likes."""
    return [
        replace(weather, bps=UNLIMITED if weather.bps else 0, policed=False) for weather in weathers
    ]


class Relay:
    """Passes datagrams on between whoever writes to `near` and the address `to`."""

    def __init__(self, to: tuple[str, int], weathers: Sequence[Weather], queue_s: float) -> None:
        self._near, self._far = _socket(), _socket()
        self.port = int(self._near.getsockname()[1])
        """To write to instead of to `to`."""
        self._to = to
        self._from: tuple[str, int] | None = None
        self._there = Link(weathers, queue_s)
        self._back = Link(way_back(weathers), 10.0, seed=2)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._start: float | None = None
        self._told = 0.0

    def begin(self) -> None:
        """The weather's clock starts now; until then it is as in the beginning."""
        self._start = time.monotonic()

    async def run(self, tell: Callable[[dict[str, float]], None]) -> None:
        """Until cancelled. tell: gets kbit/s and the longest wait ten times a second."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._near, self._read, self._near, self._there)
        loop.add_reader(self._far, self._read, self._far, self._back)
        try:
            while True:
                self._deliver()
                self._log(tell)
                wait = self._due[0][0] - time.monotonic() if self._due else IDLE_S
                await asyncio.sleep(max(0.0, min(wait, IDLE_S)))
        finally:
            for one in (self._near, self._far):
                loop.remove_reader(one)
                one.close()

    def _read(self, source: socket.socket, link: Link) -> None:
        while True:
            try:
                data, sender = source.recvfrom(PIECE)
            except BlockingIOError:
                break
            if source is self._near:
                self._from = sender
            now = time.monotonic()
            at = now - self._start if self._start is not None else 0.0
            # Until the start the link's own clock stands still, and nothing queues.
            if self._start is None:
                link.free = 0.0
            arrives = link.pass_on(at, len(data) + 28)
            if arrives is not None:
                heapq.heappush(
                    self._due, (now + arrives - at, next(self._order), self._sending(source, data))
                )
        self._deliver()

    def _sending(self, source: socket.socket, data: bytes) -> Callable[[], None]:
        def send() -> None:
            if source is self._near:
                self._far.sendto(data, self._to)
            elif self._from is not None:
                self._near.sendto(data, self._from)

        return send

    def _deliver(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

    def _log(self, tell: Callable[[dict[str, float]], None]) -> None:
        if self._start is None:
            self._there.waits.clear()
            self._there.carried.clear()
            return
        at = time.monotonic() - self._start
        if at - self._told < LOG_S:
            return
        waits, carried = self._there.waits, self._there.carried
        bits = sum(size for _, size in carried) * 8
        longest = max((wait for _, wait in waits), default=0.0)
        tell({"at": at, "kbps": bits / (at - self._told) / 1000, "wait": longest})
        waits.clear()
        carried.clear()
        self._told = at


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((HERE, 0))
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    return made


def weathers_of(text: str) -> list[Weather]:
    """From JSON: a list of objects with the fields of `Weather`."""
    items: list[dict[str, Any]] = json.loads(text)
    return [Weather(**item) for item in items]


def _tell(what: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """See the module's docstring. A line on standard input starts the weather."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True)
    parser.add_argument("--weather", required=True)
    parser.add_argument("--queue", type=float, default=0.3, help="seconds")
    asked = parser.parse_args()
    host, port = asked.to.rsplit(":", 1)
    relay = Relay((host, int(port)), weathers_of(asked.weather), asked.queue)
    _tell({"port": relay.port})

    running = asyncio.ensure_future(relay.run(_tell))

    def hear() -> None:
        if sys.stdin.readline():
            relay.begin()
        else:  # Whoever started this is gone.
            running.cancel()

    asyncio.get_running_loop().add_reader(sys.stdin, hear)
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(main())

"""A sender and a receiver of pictures over simulated links, in virtual time.

The sender is ours: `Congestion`, `Resending` and `Ladder`, with pictures that are only sizes. The
receiver does what a browser's does: it reports every packet, asks for lost ones again, asks for a
key frame when it is stuck, and shows a picture when it and the one before are complete.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise

from agent.meeting.congestion.control import Congestion, Limits
from agent.meeting.congestion.feedback import Arrival
from agent.meeting.congestion.path import Sent
from agent.meeting.congestion.resending import Resending
from agent.video.ladder import Ladder
from bench.link import Link

PACKET = 1200
REPORT_S = 0.1
NACK_S = 0.02
ESTIMATE_S = 0.5
RECEIVER_REPORT_S = 1.0
STUCK_S = 2.0
KEY_TIMES = 6
SHARE = 0.9


@dataclass
class Frame:
    key: bool
    at: float
    packets: set[int]
    arrived: set[int] = field(default_factory=set)
    last: float = 0.0


class Call:
    """Run it with `run`; then read what happened."""

    def __init__(
        self,
        there: Link,
        back: Link,
        reports: bool = True,
        seed: int = 1,
        estimate: Callable[[float], float] | None = None,
    ) -> None:
        """reports: whether the far end reports every packet. estimate: what it sends as its own
        estimate (REMB) at a time, bits per second; None: it sends none.
        """
        self.estimate = estimate
        self.there, self.back, self.reports = there, back, reports
        self.congestion = Congestion(Limits(), 0.0)
        self.resending = Resending()
        self.ladder = Ladder(1280, 720)
        self.random = random.Random(seed)
        self.shown: list[tuple[float, float]] = []
        """(when, how old) of every picture that the far end could show."""
        self.rates: list[tuple[float, float]] = []
        self.sizes: list[tuple[float, tuple[int, int]]] = []
        self.keys = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._now = 0.0
        self._queue: list[tuple[int, int]] = []
        self._sequence = self._number = 0
        self._frames: dict[int, Frame] = {}
        self._history: dict[int, tuple[int, int]] = {}
        self._key_next = True
        self._last_frame = -1.0
        self._size = (1280, 720)
        self._pending: dict[int, float | None] = {}
        self._seen: set[int] = set()
        self._highest = -1
        self._next_to_show = 0
        self._complete_at = 0.0
        self._pli_at = -9.0
        self._reported = 0

    def run(self, seconds: float) -> "Call":
        self._at(0.0, self._camera)
        self._at(REPORT_S, self._report)
        if self.estimate:
            self._at(ESTIMATE_S, self._estimate)
        if not self.reports:
            self._at(RECEIVER_REPORT_S, self._receiver_report)
        while self._heap and self._heap[0][0] <= seconds:
            self._now, _, do = heapq.heappop(self._heap)
            do()
        return self

    def _at(self, when: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (when, next(self._order), do))

    # The sender

    def _camera(self) -> None:
        self._at(self._now + 1 / 30, self._camera)
        rate = self.congestion.rate
        self.rates.append((self._now, rate))
        rung = self.ladder.fit(self._now, SHARE * rate)
        if self._queue or self._now - self._last_frame < 0.9 / rung.rate:
            return
        if not self.congestion.may_send(self._now):
            return
        if (rung.width, rung.height) != self._size:
            self._size = rung.width, rung.height
            self.sizes.append((self._now, self._size))
            self._key_next = True
        if self.resending.key_is_due(self._now):
            self._key_next = True
        self._last_frame = self._now
        size = SHARE * rate / 8 / min(rung.rate, 30) * self.random.uniform(0.7, 1.3)
        if self._key_next:
            size = min(KEY_TIMES * size, 0.25 * rate / 8)
            self.resending.keyed(self._now, self._sequence)
            self.keys += 1
        pieces = max(1, round(size / PACKET + 0.5))
        number = len(self._frames)
        sequences = range(self._sequence, self._sequence + pieces)
        self._sequence += pieces
        self._frames[number] = Frame(self._key_next, self._now, set(sequences))
        self._key_next = False
        for sequence in sequences:
            self._history[sequence] = number, int(size / pieces) + 40
        self._queue = [(sequence, self._history[sequence][1]) for sequence in sequences]
        self._pump()

    def _pump(self) -> None:
        if not self._queue:
            return
        if not self.congestion.may_send(self._now):
            self._at(self._now + 0.01, self._pump)
            return
        sequence, size = self._queue.pop(0)
        self._transmit(sequence, size)
        self._at(self._now + size * 8 / self.congestion.pace(self._now), self._pump)

    def _transmit(self, sequence: int, size: int) -> None:
        number, self._number = self._number, self._number + 1
        self.congestion.sent(number, Sent(self._now, size, self._history[sequence][0]))
        arrives = self.there.pass_on(self._now, size)
        if arrives is not None:
            self._at(arrives, lambda: self._arrive(number, sequence))

    def _nacked(self, sequences: list[int]) -> None:
        for sequence in sequences:
            size = self._history[sequence][1]
            if self.resending.worth(self._now, sequence, size, self.congestion.rate, 0.1):
                self._transmit(sequence, size)

    def _fed_back(self, arrivals: list[Arrival]) -> None:
        self.congestion.reported(self._now, arrivals)

    # The receiver

    def _arrive(self, number: int, sequence: int) -> None:
        self._pending[number] = self._now + 1000.0  # Another clock.
        if sequence in self._seen:
            return
        self._seen.add(sequence)
        if sequence > self._highest + 1:
            missing = list(range(self._highest + 1, sequence))
            self._at(self._now + NACK_S, lambda: self._ask(missing, 1))
        self._highest = max(self._highest, sequence)
        frame = self._frames[self._history[sequence][0]]
        frame.arrived.add(sequence)
        frame.last = self._now
        self._show()

    def _ask(self, missing: list[int], times: int) -> None:
        needed = {
            sequence
            for sequence in missing
            if sequence not in self._seen and self._history[sequence][0] >= self._next_to_show
        }
        if needed and times < 10:
            self._reply(lambda: self._nacked(sorted(needed)), 80)
            self._at(self._now + 0.15, lambda: self._ask(sorted(needed), times + 1))

    def _show(self) -> None:
        newest_key = max(
            (
                number
                for number, frame in self._frames.items()
                if number >= self._next_to_show and frame.key and frame.arrived == frame.packets
            ),
            default=None,
        )
        if newest_key is not None:
            self._next_to_show = newest_key
        while (frame := self._frames.get(self._next_to_show)) and frame.arrived == frame.packets:
            self.shown.append((self._now, self._now - frame.at))
            self._next_to_show += 1
            self._complete_at = self._now

    def _report(self) -> None:
        self._at(self._now + REPORT_S, self._report)
        if self._now - self._complete_at > STUCK_S and self._now - self._pli_at > STUCK_S:
            self._pli_at = self._now
            self._reply(self.resending.ask_for_key, 60)
        if not self._pending or not self.reports:
            return
        newest = max(self._pending)
        arrivals = [
            Arrival(number, self._pending.get(number))
            for number in range(self._reported, newest + 1)
        ]
        self._reported = newest + 1
        self._pending.clear()
        self._reply(lambda: self._fed_back(arrivals), 100)

    def _receiver_report(self) -> None:
        """What every receiver tells: the share that was lost since the last time (RFC 3550)."""
        self._at(self._now + RECEIVER_REPORT_S, self._receiver_report)
        newest = max(self._pending, default=self._reported - 1)
        expected = newest + 1 - self._reported
        loss = 1 - len(self._pending) / expected if expected > 0 else 0.0
        self._reported = newest + 1
        self._pending.clear()
        rtt = 2 * self.there.weather(self._now).delay
        self._reply(lambda: self.congestion.report(self._now, max(0.0, loss), rtt), 80)

    def _estimate(self) -> None:
        assert self.estimate
        self._at(self._now + ESTIMATE_S, self._estimate)
        bitrate = self.estimate(self._now)
        self._reply(lambda: self.congestion.receiver_estimate(self._now, bitrate), 80)

    def _reply(self, do: Callable[[], None], size: int) -> None:
        arrives = self.back.pass_on(self._now, size)
        if arrives is not None:
            self._at(arrives, do)

    # What came of it

    def longest_gap(self, since: float, until: float) -> float:
        times = [at for at, _ in self.shown if since <= at <= until]
        ends = [since, *times, until]
        return max(after - before for before, after in pairwise(ends))

    def wire(self, since: float, until: float) -> float:
        """Bits per second carried."""
        return sum(s for t, s in self.there.carried if since <= t < until) * 8 / (until - since)

    def queue(self, since: float, until: float) -> float:
        return max((q for t, q in self.there.waits if since <= t < until), default=0.0)

    def frames(self, since: float, until: float) -> float:
        return sum(since <= t < until for t, _ in self.shown) / (until - since)

"""PURE: what the way to the far end is like, from what was sent when and what arrived when.

The queue is the time that packets need now beyond the shortest that was seen lately (as in LEDBAT,
RFC 6817, and SCReAM, RFC 8298); the clocks of the two ends need not agree.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from agent.meeting.congestion.feedback import TICK_S, Arrival

RATE_WINDOW_S = 0.3
"""Over so much of the receiver's time the delivered rate is measured."""

BASE_WINDOW_S = 10.0
"""The shortest time is that of the last one to two of these."""

FORGET_S = 2.0
"""What was not reported for so long is not in flight any more."""

REORDER_S = 0.3
"""So much after a packet that was sent later was reported, an unreported one is given up."""

SHORTEST_TRAIN = 3
"""Packets of one picture that tell how fast the way is."""

TRAINS = 9
LOSS_OF = 200
"""Packets, about a second of picture, over which loss is measured."""

FEW_FATES = 20
_NEWEST = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet on its way."""

    at: float
    """The sender's clock, seconds."""
    size: int
    """Bytes with all headers that count on the way."""
    picture: int
    """Which picture it belongs to: the packets of one leave as a train."""


class Path:
    """Follows the packets of one direction. Times are seconds of the sender's clock."""

    def __init__(self) -> None:
        self._flying: dict[int, Sent] = {}
        self._arrived: deque[tuple[float, int]] = deque()
        self._fates: deque[tuple[float, bool]] = deque(maxlen=LOSS_OF)
        self._bases = [float("inf"), float("inf")]
        self._turn: float | None = None
        self._delay = 0.0
        self._trains: deque[float] = deque(maxlen=TRAINS)
        self.in_flight = 0
        """Bytes that were sent and not yet reported."""
        self.shortest_rtt: float | None = None
        """From sending a packet to its report, at best."""
        self.interval = 0.1
        """Between two reports, smoothed."""
        self._reported_at: float | None = None

    def sent(self, number: int, packet: Sent) -> None:
        """A packet leaves."""
        self._flying[number] = packet
        self.in_flight += packet.size

    def reported(self, at: float, arrivals: Sequence[Arrival]) -> None:
        """A report has come; packets that are unknown in it are passed over."""
        known = [
            (self._flying.pop(arrival.number), arrival.at)
            for arrival in arrivals
            if arrival.number in self._flying
        ]
        if not known:
            return
        self._pace_of_reports(at)
        self.in_flight -= sum(sent.size for sent, _ in known)
        newest = max(sent.at for sent, _ in known)
        rtt = at - newest
        self.shortest_rtt = rtt if self.shortest_rtt is None else min(self.shortest_rtt, rtt)
        self._fates += [(sent.at, arrived is not None) for sent, arrived in known]
        received = [(sent, arrived) for sent, arrived in known if arrived is not None]
        if received:
            self._measure(at, received)
        self._give_up(at, newest)

    def _pace_of_reports(self, at: float) -> None:
        if self._reported_at is not None:
            self.interval += 0.2 * (min(0.3, at - self._reported_at) - self.interval)
        self._reported_at = at

    def _measure(self, at: float, received: list[tuple[Sent, float]]) -> None:
        delays = [arrived - sent.at for sent, arrived in received]
        self._remember_base(at, min(delays))
        self._delay = min(delays[-_NEWEST:])
        self._arrived += [(arrived, sent.size) for sent, arrived in received]
        while self._arrived[-1][0] - self._arrived[0][0] > 2 * RATE_WINDOW_S:
            self._arrived.popleft()
        self._look_for_trains(received)

    def _remember_base(self, at: float, delay: float) -> None:
        if self._turn is None or at - self._turn > BASE_WINDOW_S:
            self._turn = at
            self._bases = [self._bases[1], float("inf")]
        self._bases[1] = min(self._bases[1], delay)

    def _look_for_trains(self, received: list[tuple[Sent, float]]) -> None:
        """The rate of each train: that of the way, or that at which it left if this is less."""
        for _, train in groupby(received, key=lambda one: one[0].picture):
            (first, came), *rest = train
            if len(rest) + 1 >= SHORTEST_TRAIN:
                took = max(rest[-1][0].at - first.at, rest[-1][1] - came, TICK_S)
                self._trains.append(sum(sent.size for sent, _ in rest) * 8 / took)

    def _give_up(self, at: float, newest: float) -> None:
        """Packets whose report was lost, or that nobody reports."""
        gone = [
            number
            for number, sent in self._flying.items()
            if at - sent.at > FORGET_S or newest - sent.at > REORDER_S
        ]
        for number in gone:
            self.in_flight -= self._flying.pop(number).size

    def forget(self, at: float) -> None:
        """What has been unreported for too long is gone, although no report says so."""
        self._give_up(at, at - FORGET_S)

    @property
    def queue(self) -> float:
        """How long packets wait on the way, seconds."""
        base = min(self._bases)
        return max(0.0, self._delay - base) if base < float("inf") else 0.0

    def settle(self) -> None:
        """Take the present delay for that of the way itself: it has become a longer one."""
        self._bases = [self._delay, self._delay]

    @property
    def delivered(self) -> float | None:
        """Bits per second that arrived of late; None: too little to tell."""
        if len(self._arrived) < 3:
            return None
        last = self._arrived[-1][0]
        sizes = [size for at, size in self._arrived if last - RATE_WINDOW_S < at <= last]
        return sum(sizes) * 8 / RATE_WINDOW_S

    def loss(self, since: float) -> float:
        """The share that was lost of the last packets sent after this time, 0–1; 0: too few."""
        fates = [arrived for sent, arrived in self._fates if sent >= since]
        return fates.count(False) / len(fates) if len(fates) >= FEW_FATES else 0.0

    @property
    def width(self) -> float | None:
        """Bits per second that the way takes at least, as trains of packets show; None: unknown."""
        return median(self._trains) if len(self._trains) >= TRAINS // 2 else None

"""PURE: how fast we may send, from what the far end reports. No clock, no network.

Where the far end reports every packet (transport-wide feedback), the queue on the way decides, as
in SCReAM (RFC 8298) and Google's controller (draft-ietf-rmcat-gcc-02): a growing queue cuts the
rate to what is delivered, and no more may be in flight than the way holds, so that a link that
shrinks or stops is not flooded. Loss alone means little on a radio link. Elsewhere the receiver's
own estimate (REMB) is obeyed, and the loss and the round trip of its reports (RFC 3550).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.meeting.congestion.feedback import Arrival
from agent.meeting.congestion.path import Path, Sent


@dataclass(frozen=True, slots=True)
class Limits:
    """Bits per second on the way."""

    least: float = 100_000
    start: float = 1_000_000
    most: float = 3_000_000


QUEUE_CUT_S = 0.03
LATE_REPORTS = 2
"""A queue lasts; what is late in one report only was held up for a moment, as radio links do."""

QUEUE_CLEAR_S = 0.02
CUT = 0.85
"""Of what is delivered: the rest lets the queue drain."""

CUT_PAUSE_S = 0.15
"""Beyond the round trip, before a second cut: the first must have shown."""

PATIENCE_S = 1.5
"""A queue that stays for so long although little is in flight is no queue but a longer way."""

LOSS_CUT = 0.2
"""Share of packets; radio links lose 5 to 10 % with no queue at all."""
POLICED = 0.45
"""A link that loses so much drops what is beyond its rate instead of queueing it."""

HOLD_S = 0.5
"""After a cut, before the rate grows again."""

FAST, NORMAL, SLOW = 0.45, 0.12, 0.03
"""Growth per second: the way is seen to be wider; nothing is known; it is hardly wider."""

LEAST_GROWTH_BPS = 12_000
"""Per second: from very little, a share of it would take half a minute."""

WIDE, NARROW = 1.25, 1.1
"""So many times the rate the way shows itself wide: there is room to grow, or hardly any."""

NEAR, NEAR_S = 0.85, 20.0
GROWN = 1.5
"""The rate grows to so many times what is really delivered: beyond, it would be a guess."""

CALM_FLIGHT_S, WARY_FLIGHT_S = 0.15, 0.05
"""What is sent in so much time may be in flight beyond the round trip and a report's pause."""

LEAST_IN_FLIGHT = 6_000
"""Bytes."""

STILL_S = 0.2
"""However much is in flight, a packet leaves so often: without any, nothing would be reported."""

CALM_PACE, WARY_PACE = 8.0, 1.5
"""How many times the rate the packets of one picture leave, long after a cut and soon after one."""

WARY_S = 20.0
FLOODED, DRAIN_S = 0.6, 0.25
"""A receiver that lowers its estimate to such a share has a queue: it is given time to drain."""

REMB_SHARE = 0.85
"""Of the receiver's estimate may be used: a server that drops what is beyond it would drop what is
sent again as well, more would be asked for again, and no picture would be whole any more."""

REPORT_LOSS_CUT = 0.1
RTT_CUT_S = 0.1
REMB_S = 10.0
LONGEST_STEP_S = 0.25


class Congestion:
    """The rate for one stream. Times are seconds of the sender's clock, which only rises."""

    def __init__(self, limits: Limits, at: float) -> None:
        self._limits = limits
        self._path = Path()
        self.rate = limits.start
        """Bits per second that may leave."""
        self.cuts = 0
        """How often the rate was cut."""
        self.detailed = False
        """Whether the far end reports every packet."""
        self._last = self._sent_at = self._clear_at = self._open_at = at
        self._cut_at = self._remb_at = float("-inf")
        self._ceiling = self._remb = float("inf")
        self._late_reports = 0
        self._shortest_rtt: float | None = None

    def sent(self, number: int, packet: Sent) -> None:
        """A packet with this number on the transport leaves."""
        self._path.sent(number, packet)
        self._sent_at = packet.at

    def reported(self, at: float, arrivals: Sequence[Arrival]) -> None:
        """Transport-wide feedback has come."""
        path = self._path
        self.detailed = True
        path.reported(at, arrivals)
        rested = at - self._cut_at > CUT_PAUSE_S + (path.shortest_rtt or 0.0)
        if path.queue < QUEUE_CUT_S:
            self._clear_at = at
            self._late_reports = 0
        elif at - self._clear_at > PATIENCE_S:
            path.settle()
        else:
            self._late_reports += 1
            if rested and self._late_reports >= LATE_REPORTS:
                self._narrow(at, CUT * self._delivered())
        loss = path.loss(since=self._cut_at)
        if loss > POLICED:
            self._narrow(at, self._delivered())
        elif loss > LOSS_CUT:
            self._cut(at, self.rate * (1 - loss / 2))
        self._grow(at)

    def limit(self, most: float) -> None:
        """The far end wants no more bits per second than this, whatever the way can take."""
        self._limits = replace(self._limits, most=min(most, self._limits.most))
        self.rate = self._bounded(self.rate)

    def receiver_estimate(self, at: float, bitrate: float) -> None:
        """The receiver's own estimate (REMB), which is never exceeded, nor quite used up."""
        bitrate *= REMB_SHARE
        self._remb, self._remb_at = bitrate, at
        if bitrate < FLOODED * self.rate and not self.detailed:
            self._open_at = at + DRAIN_S
        if bitrate < self.rate:
            self._narrow(at, bitrate)
        elif not self.detailed:
            self.rate = self._bounded(bitrate)

    def report(self, at: float, loss: float, rtt: float | None) -> None:
        """A receiver report: the share lost since the last one, the round trip in seconds.

        It decides only where nothing better is known.
        """
        if rtt is not None:
            self._shortest_rtt = min(rtt, self._shortest_rtt or rtt)
        if self.detailed or at - self._remb_at < REMB_S:
            return
        late = rtt is not None and rtt > (self._shortest_rtt or rtt) + RTT_CUT_S
        if loss > REPORT_LOSS_CUT or late:
            self._cut(at, self.rate * (CUT if late else 1 - loss / 2))
        self._grow(at)

    def may_send(self, at: float) -> bool:
        """Whether another packet may leave now."""
        if at < self._open_at:
            return False
        if not self.detailed or at - self._sent_at >= STILL_S:
            return True
        path = self._path
        path.forget(at)
        spare = WARY_FLIGHT_S if self._is_wary(at) else CALM_FLIGHT_S
        span = (path.shortest_rtt or 0.0) + path.interval + spare
        return path.in_flight < max(LEAST_IN_FLIGHT, self.rate * span / 8)

    def pace(self, at: float) -> float:
        """The rate at which the packets of one picture leave, bits per second."""
        return self.rate * (WARY_PACE if self._is_wary(at) else CALM_PACE)

    @property
    def queue(self) -> float:
        """How long packets wait on the way, seconds; 0 where nobody tells."""
        return self._path.queue

    def _is_wary(self, at: float) -> bool:
        return at - self._cut_at < WARY_S or self.rate >= self._remb

    def _delivered(self) -> float:
        delivered = self._path.delivered
        return self.rate if delivered is None else delivered

    def _narrow(self, at: float, rate: float) -> None:
        """The way has shown how wide it is."""
        self._cut(at, rate)
        self._ceiling = self.rate / CUT

    def _cut(self, at: float, rate: float) -> None:
        rate = self._bounded(min(rate, self.rate))
        self.cuts += rate < self.rate
        self._cut_at = self._last = at
        self.rate = rate

    def _grow(self, at: float) -> None:
        step = min(at - self._last, LONGEST_STEP_S)
        self._last = at
        if at - self._cut_at < HOLD_S or self.queue > QUEUE_CLEAR_S:
            return
        grown = max(self.rate * (1 + self._growth(at)) ** step, self.rate + LEAST_GROWTH_BPS * step)
        if self.detailed:
            grown = min(grown, GROWN * self._delivered() + self._limits.least)
        self.rate = max(self.rate, self._bounded(grown))

    def _growth(self, at: float) -> float:
        width = self._path.width
        if width is not None:
            wide, narrow = width > WIDE * self.rate, width < NARROW * self.rate
            return FAST if wide else SLOW if narrow else NORMAL
        near = self.rate > NEAR * self._ceiling and at - self._cut_at < NEAR_S
        return SLOW if near else NORMAL

    def _bounded(self, rate: float) -> float:
        ceiling = min(self._limits.most, self._remb)
        return max(self._limits.least, min(rate, ceiling))

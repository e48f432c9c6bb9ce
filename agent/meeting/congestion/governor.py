"""What leaves for the far end leaves when the way has room for it: pacing, resending, key frames.

The thin shell around `Congestion` and `Resending`: it knows the clock and the packets.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from agent.meeting import sdp
from agent.meeting.congestion import feedback, rtp
from agent.meeting.congestion.control import Congestion, Limits
from agent.meeting.congestion.path import Sent
from agent.meeting.congestion.resending import Resending

Transmit = Callable[[bytes], Awaitable[None]]

VIDEO_SHARE = 0.9
"""Of the rate is for new pictures; the rest is for headers and for what is sent again."""

START_BPS = 1_000_000

OVERHEAD = 38
"""Bytes that a packet has on the way beyond its own: SRTP, UDP, IP."""

SHORTEST_SLEEP_S = 0.001
LOOK_S = 0.02
BURST_S = 0.005
"""So much that could have been sent while nothing was may be caught up with."""

_RESENT = -1
_TYPICAL = 1200


def limits_for(picture: int) -> Limits:
    """For pictures that take so many bits per second at most, all that belongs to them included."""
    most = picture / VIDEO_SHARE
    return Limits(start=min(START_BPS, most), most=most)


class Governor:
    """For one stream of pictures. All methods are called on the event loop."""

    def __init__(self, limits: Limits, adapt: Callable[[int], None]) -> None:
        """adapt: told the bits per second that new pictures may take, whenever that changes."""
        self._adapt = adapt
        self.congestion = Congestion(limits, _now())
        self.resending = Resending()
        self.round_trip: float | None = None
        """Seconds, from the receiver's reports."""
        self._extension: int | None = None
        """Of the header, for transport-wide feedback, if that was agreed."""
        self._begins_key: Callable[[bytes], bool] = _never
        self.bitrate = int(VIDEO_SHARE * limits.start)
        """Bits per second that new pictures may take."""
        self._number = 0
        self._due = 0.0
        self._moved = asyncio.Event()

    def agree(self, answer: str) -> None:
        """Take over what the far end has answered about the picture (a section of its SDP)."""
        self._extension = feedback.agreed(answer)
        self._begins_key = _BEGINS_KEY.get(sdp.first_codec(answer).upper(), _never)
        limit = sdp.send_limit(answer)
        if limit is not None:
            self.congestion.limit(limit)

    async def send(self, packet: bytes, transmit: Transmit) -> None:
        """A packet of a new picture: leaves as soon as it may."""
        await self._turn()
        head = rtp.header(packet)
        if self._begins_key(rtp.payload(packet)):
            self.resending.keyed(_now(), head.sequence)
        await self._leave(packet, head.timestamp, transmit)
        self.update()

    async def resend(self, packet: bytes, transmit: Transmit) -> None:
        """A packet that was lost: leaves at once, new ones wait for it."""
        await self._leave(packet, _RESENT, transmit)

    async def _turn(self) -> None:
        """Until the way has room, and the pace allows another packet."""
        while not self.congestion.may_send(_now()):
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._moved.wait()
        self._due = max(self._due, _now() - BURST_S)
        wait = self._due - _now()
        if wait > SHORTEST_SLEEP_S:
            await asyncio.sleep(wait)

    async def _leave(self, packet: bytes, picture: int, transmit: Transmit) -> None:
        now = _now()
        size = len(packet) + OVERHEAD
        self._due = max(self._due, now - BURST_S) + size * 8 / self.congestion.pace(now)
        if self._extension is not None:
            packet = rtp.numbered(packet, self._extension, self._number)
            self.congestion.sent(self._number, Sent(now, size, picture))
            self._number = (self._number + 1) % feedback.WRAP
        await transmit(packet)

    def rtcp(self, compound: bytes) -> None:
        """A compound RTCP packet has come."""
        if self._extension is not None and (found := feedback.arrivals(compound)):
            self.congestion.reported(_now(), found)
            self.update()

    def receiver_estimate(self, bitrate: int) -> None:
        """The far end's own estimate (REMB), bits per second."""
        self.congestion.receiver_estimate(_now(), bitrate)
        self.update()

    def report(self, lost: float, round_trip: float | None) -> None:
        """A receiver report: the share lost, 0–1, and the round trip in seconds."""
        self.round_trip = round_trip
        self.congestion.report(_now(), lost, round_trip)
        self.update()

    def worth_resending(self, sequence: int) -> bool:
        """Whether the packet with this RTP number, which was asked for, shall be sent again."""
        rate = self.congestion.rate
        return self.resending.worth(_now(), sequence, _TYPICAL, rate, self.round_trip)

    def key_is_due(self) -> bool:
        """Whether the next picture has to be a key frame; tells so once."""
        return self.resending.key_is_due(_now())

    def update(self) -> None:
        """Tell the encoder what it may spend, and wake whoever waits."""
        bitrate = int(VIDEO_SHARE * self.congestion.rate)
        if bitrate != self.bitrate:
            self.bitrate = bitrate
            self._adapt(bitrate)
        self._moved.set()


def _never(_: bytes) -> bool:
    return False


_BEGINS_KEY = {"H264": rtp.begins_h264_key, "VP8": rtp.begins_vp8_key}


def _now() -> float:
    return asyncio.get_running_loop().time()

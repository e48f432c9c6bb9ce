"""The shell around the controller: what leaves, when, and with which number. In virtual time."""

import asyncio
import struct
from collections.abc import Callable, Coroutine
from typing import Any

from aiortc.rtp import RtpPacket

from agent.meeting.congestion import feedback, rtp
from agent.meeting.congestion.control import REMB_SHARE, Limits
from agent.meeting.congestion.governor import OVERHEAD, VIDEO_SHARE, Governor
from tests import virtual_time
from tests.test_feedback import report

LIMITS = Limits(start=1_000_000)
SECTION = f"m=video 9 X 99\r\na=rtpmap:99 H264/90000\r\na=extmap:4 {feedback.URI}\r\n"
PLAIN = "m=video 9 X 99\r\na=rtpmap:99 H264/90000\r\n"


class Wire:
    """Remembers what was sent when."""

    def __init__(self) -> None:
        self.packets: list[tuple[float, bytes]] = []

    async def transmit(self, packet: bytes) -> None:
        self.packets.append((asyncio.get_running_loop().time(), packet))


def packet(sequence: int, timestamp: int = 1, data: bytes = bytes(1000)) -> bytes:
    made = RtpPacket(payload_type=99, sequence_number=sequence, timestamp=timestamp, ssrc=7)
    made.payload = data
    return bytes(made.serialize())


def governed(test: Callable[[Governor, Wire, list[int]], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        told: list[int] = []
        await test(Governor(LIMITS, told.append), Wire(), told)

    virtual_time.run(run())


def test_packets_leave_in_order_no_faster_than_the_pace() -> None:
    async def test(one: Governor, wire: Wire, _: list[int]) -> None:
        one.agree(PLAIN)
        for sequence in range(50):
            await one.send(packet(sequence), wire.transmit)
        took = wire.packets[-1][0] - wire.packets[0][0]
        size = len(wire.packets[0][1]) + OVERHEAD

        assert [rtp.header(data).sequence for _, data in wire.packets] == list(range(50))
        assert took >= 44 * size * 8 / one.congestion.pace(0)

    governed(test)


def test_every_packet_is_numbered_where_that_was_agreed_and_nowhere_else() -> None:
    async def test(one: Governor, wire: Wire, _: list[int]) -> None:
        one.agree(PLAIN)
        await one.send(packet(1), wire.transmit)
        one.agree(SECTION)
        await one.send(packet(2), wire.transmit)
        await one.resend(packet(1), wire.transmit)
        sizes = [len(data) for _, data in wire.packets]

        assert sizes == [1012, 1020, 1020]
        assert [data[-1002:-1000] for _, data in wire.packets[1:]] != [b"", b""]
        numbers = [struct.unpack_from("!H", data, 17)[0] for _, data in wire.packets[1:]]
        assert numbers == [0, 1]

    governed(test)


def test_nothing_more_leaves_when_too_much_is_on_its_way_until_a_report_comes() -> None:
    async def test(one: Governor, wire: Wire, told: list[int]) -> None:
        one.agree(SECTION)
        one.rtcp(report(0, [0], "runs"))
        for sequence in range(3):
            await one.send(packet(sequence), wire.transmit)
        one.rtcp(report(0, [0, 40, 40], "runs"))
        sending = asyncio.create_task(many(one, wire))
        await asyncio.sleep(1.0)
        flooded = len(wire.packets)
        await asyncio.sleep(1.0)
        trickled = len(wire.packets) - flooded
        one.rtcp(report(3, [40] * (len(wire.packets) - 3), "runs"))
        await asyncio.sleep(0.2)
        went_on = len(wire.packets) - flooded - trickled
        sending.cancel()

        assert flooded < 100
        assert 0 < trickled < 10, "enough to be told when the way is open again"
        assert went_on > trickled

    governed(test)


async def many(one: Governor, wire: Wire) -> None:
    for sequence in range(3, 100_000):
        await one.send(packet(sequence), wire.transmit)


def test_the_encoder_is_told_its_share_of_what_the_receiver_allows() -> None:
    async def test(one: Governor, _: Wire, told: list[int]) -> None:
        one.agree(PLAIN + "b=AS:600\r\n")
        one.receiver_estimate(500_000)
        one.receiver_estimate(5_000_000)
        one.report(0.0, 0.05)

        assert told == [int(VIDEO_SHARE * REMB_SHARE * 500_000), int(VIDEO_SHARE * 600_000)]
        assert one.bitrate == told[-1]

    governed(test)


def test_a_key_frame_that_leaves_makes_older_packets_useless() -> None:
    async def test(one: Governor, wire: Wire, _: list[int]) -> None:
        one.agree(PLAIN)
        await one.send(packet(10, data=b"\x61" + bytes(500)), wire.transmit)
        before = one.worth_resending(10)
        await one.send(packet(11, data=b"\x67" + bytes(20)), wire.transmit)
        await asyncio.sleep(5)

        assert before
        assert not one.worth_resending(10)
        assert one.worth_resending(11)

    governed(test)

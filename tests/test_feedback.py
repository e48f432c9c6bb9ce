"""Transport-wide feedback: asked for in a way that browsers accept, and read to the last bit."""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.meeting import sdp
from agent.meeting.congestion import feedback
from agent.meeting.congestion.feedback import TICK_S, WRAP, Arrival
from agent.meeting.connection import Route, close_connection, new_connection
from tests.far_end import RED, ColourTrack, ToneTrack

REFERENCE = 1000


def report(base: int, ticks: Sequence[int | None], form: str) -> bytes:
    """A report as a browser writes it. ticks: since the arrival before, in 250 µs; None: lost."""
    states = [0 if tick is None else 1 if 0 <= tick < 256 else 2 for tick in ticks]
    chunks = b""
    if form == "runs":
        for state in states:
            chunks += struct.pack("!H", state << 13 | 1)
    else:
        for at in range(0, len(states), 7):
            part = (states[at : at + 7] + [0] * 7)[:7]
            bits = sum(state << 2 * (6 - place) for place, state in enumerate(part))
            chunks += struct.pack("!H", 0xC000 | bits)
    deltas = b"".join(
        struct.pack("!B" if state == 1 else "!h", tick)
        for state, tick in zip(states, ticks, strict=True)
        if tick is not None
    )
    body = struct.pack("!LLHH", 1, 2, base, len(ticks))
    body += REFERENCE.to_bytes(3, "big") + b"\7" + chunks + deltas
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", 0x80 | 15, 205, len(body) // 4) + body


TICKS = st.lists(st.none() | st.integers(-32768, 32767), min_size=1, max_size=40)


@given(st.integers(0, WRAP - 1), TICKS, st.sampled_from(["runs", "vectors"]))
def test_every_arrival_is_read(base: int, ticks: list[int | None], form: str) -> None:
    other = struct.pack("!BBHL", 0x80, 201, 1, 5)  # An empty receiver report before it.

    found = feedback.arrivals(other + report(base, ticks, form))

    clock = REFERENCE * 0.064
    for offset, (arrival, tick) in enumerate(zip(found, ticks, strict=True)):
        clock += (tick or 0) * TICK_S
        assert arrival.number == (base + offset) % WRAP
        assert arrival.at is None if tick is None else arrival.at == pytest.approx(clock)


def test_a_vector_of_single_bits_is_read() -> None:
    body = struct.pack("!LLHH", 1, 2, 10, 3) + b"\0\0\0\0" + struct.pack("!H", 0x8000 | 0b101 << 11)
    body += bytes([4, 8])
    made = struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body

    assert feedback.arrivals(made) == [
        Arrival(10, 4 * TICK_S),
        Arrival(11, None),
        Arrival(12, 12 * TICK_S),
    ]


@given(st.binary(max_size=60))
def test_what_is_broken_is_left_out(data: bytes) -> None:
    begun = struct.pack("!BBH", 0x8F, 205, 14) + data

    assert isinstance(feedback.arrivals(begun), list)
    assert isinstance(feedback.arrivals(data), list)


async def test_the_offer_asks_for_it_with_a_number_that_no_section_uses() -> None:
    # Chromium refuses an offer in which one number means two extensions.
    connection = new_connection(Route(loopback=True))
    connection.addTrack(ToneTrack())
    connection.addTrack(ColourTrack(RED))
    await connection.setLocalDescription(await connection.createOffer())
    plain = connection.localDescription.sdp
    await close_connection(connection)

    offer = feedback.offered(plain)

    number = feedback.agreed(sdp.picture(offer))
    assert number is not None
    assert f"a=extmap:{number} " not in plain
    assert offer.count(feedback.URI) == 1
    assert [line for line in offer.splitlines() if line not in plain.splitlines()]
    assert feedback.agreed(plain) is None


ANSWER = """v=0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
b=AS:64\r
m=video 9 UDP/TLS/RTP/SAVPF 99 97\r
b=AS:1500\r
a=rtpmap:97 VP8/90000\r
a=rtpmap:99 H264/90000\r
"""


def test_limit_and_codec_of_the_picture_are_read_from_the_answer() -> None:
    section = sdp.picture(ANSWER)

    assert sdp.send_limit(section) == 1_500_000
    assert sdp.send_limit(section + "b=TIAS:700000\r\n") == 700_000
    assert sdp.send_limit("m=video 9 X 99\r\n") is None
    assert sdp.send_limit("m=video 9 X 99\r\nb=AS:0\r\n") is None
    assert sdp.first_codec(section) == "H264"
    assert sdp.first_codec("m=video 9 UDP 99\r\n") == ""
    assert sdp.picture("v=0\r\nm=audio 9 X 1\r\n") == ""

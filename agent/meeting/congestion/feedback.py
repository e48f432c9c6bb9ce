"""PURE: what the receiver tells about every packet (transport-wide feedback), read and asked for.

Every RTP packet carries a number that counts through all streams of a transport; the far end
reports some twenty times a second when each of them arrived. From that the sender sees a queue
building up on the way before anything is lost. Source: draft-holmer-rmcat-transport-wide-cc-
extensions-01, RFC 8285 (header extensions), RFC 3550 (RTP).
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

TICK_S = 0.000_25
"""The unit of the arrival times in a report."""

WRAP = 1 << 16
"""Numbers of packets start again here."""

_REFERENCE_S = 0.064
_FEEDBACK, _TRANSPORT_WIDE = 205, 15
_MISSING, _SMALL, _LARGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one packet."""

    number: int
    """0–65535."""
    at: float | None
    """When it arrived, in seconds of the receiver's clock, whose origin is unknown; None: lost."""


def offered(description: str) -> str:
    """Our session description, asking for this feedback about the picture.

    A far end that does not know it leaves it out of its answer.
    """
    # One number means one extension in all sections: they share the transport (RFC 8843).
    used = {int(number) for number in re.findall(r"(?m)^a=extmap:(\d+)", description)}
    free = next(number for number in range(1, 15) if number not in used)
    head, *sections = re.split(r"(?m)^(?=m=)", description)
    return head + "".join(
        _asking(section, free) if section.startswith("m=video") else section for section in sections
    )


def _asking(section: str, extension: int) -> str:
    payload_types = re.findall(r"(?m)^a=rtpmap:(\d+) (?:VP8|H264)/", section)
    feedback = "".join(f"a=rtcp-fb:{number} transport-cc\r\n" for number in payload_types)
    return f"{section}a=extmap:{extension} {URI}\r\n{feedback}"


def agreed(answer: str) -> int | None:
    """The number (1–14) of the header extension that the far end agreed to; None: it did not."""
    found = re.search(rf"(?m)^a=extmap:(\d+)(?:/\w+)? {re.escape(URI)}\s*$", answer)
    return int(found[1]) if found and 1 <= int(found[1]) <= 14 else None


def arrivals(compound: bytes) -> list[Arrival]:
    """All that a compound RTCP packet says about arrivals, in the order of the packets' numbers.

    What is broken off or not to be understood is left out.
    """
    found: list[Arrival] = []
    for kind, count, body in _parts(compound):
        if kind == _FEEDBACK and count == _TRANSPORT_WIDE:
            try:
                found += _report(body)
            except (struct.error, IndexError):
                continue
    return found


def _parts(compound: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(packet type, its count or format, what follows the first word) of every packet."""
    at = 0
    while at + 4 <= len(compound):
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        end = at + 4 * (words + 1)
        yield kind, first & 0x1F, compound[at + 4 : end]
        at = end


def _report(body: bytes) -> list[Arrival]:
    base, count = struct.unpack_from("!HH", body, 8)
    reference = int.from_bytes(body[12:15], "big", signed=True)
    statuses: list[int] = []
    at = 16
    while len(statuses) < count:
        (chunk,) = struct.unpack_from("!H", body, at)
        statuses += _statuses(chunk)
        at += 2
    return list(_arrivals(base, statuses[:count], reference * _REFERENCE_S, body, at))


def _statuses(chunk: int) -> Sequence[int]:
    """The states that one chunk stands for: a run of one, 14 of one bit, or 7 of two."""
    if not chunk & 0x8000:
        return [chunk >> 13 & 3] * (chunk & 0x1FFF)
    if not chunk & 0x4000:
        return [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return [chunk >> shift & 3 for shift in range(12, -1, -2)]


def _arrivals(
    base: int, statuses: Sequence[int], clock: float, body: bytes, at: int
) -> Iterator[Arrival]:
    for offset, status in enumerate(statuses):
        number = (base + offset) % WRAP
        if status == _MISSING:
            yield Arrival(number, None)
            continue
        if status == _SMALL:
            ticks, at = body[at], at + 1
        elif status == _LARGE:
            (ticks,) = struct.unpack_from("!h", body, at)
            at += 2
        else:
            return
        clock += ticks * TICK_S
        yield Arrival(number, clock)

"""PURE: what has to be read in and written into RTP packets (RFC 3550, 8285, 6184, 7741)."""

import struct
from dataclasses import dataclass

_HEADER = 12
_EXTENDED = 0x10
_ONE_BYTE = 0xBEDE
_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28


@dataclass(frozen=True, slots=True)
class Header:
    """Of an RTP packet."""

    ssrc: int
    sequence: int
    """0–65535."""
    timestamp: int
    """Shared by all packets of a picture."""
    payload_type: int


def header(packet: bytes) -> Header:
    """The fixed part of the header. Raises struct.error for what is too short to be RTP."""
    _, kind, sequence, timestamp, ssrc = struct.unpack_from("!BBHLL", packet)
    return Header(ssrc, sequence, timestamp, kind & 0x7F)


def numbered(packet: bytes, extension: int, number: int) -> bytes:
    """An RTP packet with one element more in its header: its number on this transport.

    Four bytes longer, eight if it had no header extension. A packet whose extension is not of the
    one-byte form is given back as it is.
    """
    element = bytes([extension << 4 | 1, number >> 8, number & 0xFF, 0])  # The last is padding.
    start = _HEADER + 4 * (packet[0] & 0x0F)
    if not packet[0] & _EXTENDED:
        header = struct.pack("!HH", _ONE_BYTE, 1)
        return bytes([packet[0] | _EXTENDED]) + packet[1:start] + header + element + packet[start:]
    profile, words = struct.unpack_from("!HH", packet, start)
    if profile != _ONE_BYTE:
        return packet
    header = struct.pack("!HH", _ONE_BYTE, words + 1)
    return packet[:start] + header + element + packet[start + 4 :]


def payload(packet: bytes) -> bytes:
    """What is behind the header."""
    start = _HEADER + 4 * (packet[0] & 0x0F)
    if packet[0] & _EXTENDED:
        (words,) = struct.unpack_from("!H", packet, start + 2)
        start += 4 + 4 * int(words)
    return packet[start:]


def begins_h264_key(data: bytes) -> bool:
    """Whether this payload begins a picture that needs no other (RFC 6184)."""
    if len(data) < 2:
        return False
    kind = data[0] & 0x1F
    if kind == _STAP_A:
        return len(data) > 3 and data[3] & 0x1F in {_SPS, _IDR}
    if kind == _FU_A:
        return bool(data[1] & 0x80) and data[1] & 0x1F == _IDR
    return kind in {_SPS, _IDR}


def begins_vp8_key(data: bytes) -> bool:
    """The same for VP8 (RFC 7741)."""
    if not data or data[0] & 0x1F != 0x10:  # Neither the start of a partition nor of the first.
        return False
    at = 1
    if data[0] & 0x80 and len(data) > 1:
        flags = data[1]
        at = 2
        if flags & 0x80:  # A picture's number, of one or two bytes.
            at += 2 if len(data) > at and data[at] & 0x80 else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    return len(data) > at and not data[at] & 1

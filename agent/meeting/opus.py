"""Our voice as Opus: one channel, 32 kbit/s, ready for a net that loses packets.

aiortc's own encoder sends two channels at 96 kbit/s. A head microphone has one; 32 kbit/s are
plenty for a voice (RFC 7587 recommends 16 to 20 for this band, without error correction) and leave
more to the picture when the net is narrow. aiortc's also resamples to 48 kHz first, which holds
every frame back until the next one is there; Opus takes 16 kHz as it is.
"""

import math
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import convert_timebase
from av.frame import Frame
from av.packet import Packet

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE

RTP_RATE = 48_000
"""The clock of every Opus stream in RTP, whatever it was made from (RFC 7587, section 4.1)."""

BITS_PER_SECOND = 32_000

EXPECTED_LOSS_PERCENT = 10
"""How much of the stream says again what the packet before said (forward error correction)."""

OPTIONS = {
    "application": "voip",
    "frame_duration": "20",
    "fec": "1",
    "packet_loss": str(EXPECTED_LOSS_PERCENT),
    # Silence is sent, too: a stream that stops looks like a broken one.
    "dtx": "0",
    "vbr": "constrained",
}

FULL_SCALE = 32767

_RTP_TIME = Fraction(1, RTP_RATE)


_FORM = ("s16", "mono", SAMPLE_RATE, FRAME_SAMPLES)


def _fits(frame: av.AudioFrame) -> bool:
    return (frame.format.name, frame.layout.name, frame.sample_rate, frame.samples) == _FORM


QUIETEST_DB = -127
"""What stands for silence in RFC 6464."""


def level_dbov(frame: av.AudioFrame) -> int:
    """How loud a piece of sound (s16) is, in dB below full scale: -127 to 0 (RFC 6464, 6465)."""
    samples = frame.to_ndarray().reshape(-1).astype(np.float32)
    power = float(samples @ samples) / max(1, len(samples)) / FULL_SCALE**2
    return max(QUIETEST_DB, round(10 * math.log10(power))) if power > 0 else QUIETEST_DB


class MonoOpusEncoder(Encoder):
    """An encoder for aiortc: any s16 sound in, best at 16 kHz; Opus packets of 20 ms out."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.bit_rate = BITS_PER_SECOND
        codec.format = av.AudioFormat("s16")
        codec.layout = av.AudioLayout("mono")
        codec.sample_rate = SAMPLE_RATE
        codec.time_base = Fraction(1, SAMPLE_RATE)
        codec.options = OPTIONS
        self._codec = codec
        self._resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE, frame_size=FRAME_SAMPLES)
        self._lead: int | None = None
        """The encoder looks ahead, so its first timestamp is negative."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """What is ready with this piece of sound: the packets, and the first one's timestamp.

        force_keyframe: sound has none.
        """
        assert isinstance(frame, av.AudioFrame)
        # What is as it should be already, as our microphone's is, needs no resampler.
        pieces = [frame] if _fits(frame) else self._resampler.resample(frame)
        packets = [packet for piece in pieces for packet in self._codec.encode(piece)]
        if not packets:
            return [], 0
        first = packets[0].pts or 0
        if self._lead is None:
            self._lead = first
        return [bytes(packet) for packet in packets], (first - self._lead) * (
            RTP_RATE // SAMPLE_RATE
        )

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        """A packet that is Opus already."""
        assert packet.pts is not None
        assert packet.time_base is not None
        return [bytes(packet)], convert_timebase(packet.pts, packet.time_base, _RTP_TIME)

"""All private hooks into aiortc 1.16, in one place.

aiortc has no public way to choose an encoder, to encode sound without a thread, to bound what waits
to be decoded, to receive sound without holding it back, to try 127.0.0.1, to close a connection
that is just being made, or to control how fast a sender sends. Each function here says what it
needs; `tests/test_aiortc_hooks.py` fails when a name is gone, and `docs/aiortc.md` proposes what
would make them unnecessary. aiortc is pinned in `pyproject.toml`.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import aioice
import av
from aiortc import RTCPeerConnection, RTCRtpSender, clock, codecs, rtcrtpsender
from aiortc import rtp as aiortc_rtp
from aiortc.codecs import CODECS
from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpSrPacket,
    RtpPacket,
    is_rtcp,
    unpack_remb_fci,
)

from agent.meeting.congestion import rtp
from agent.meeting.congestion.governor import Governor


class H264(Protocol):
    """What encodes H.264 instead of aiortc."""

    bitrate: int
    """Bits per second to aim at."""

    def encode(self, frame: av.VideoFrame, key: bool) -> bytes:
        """One picture as Annex B byte stream; empty if it is kept back."""
        ...


class Vp8(Protocol):
    """What opens libvpx instead of aiortc."""

    bitrate: int

    def context(self, width: int, height: int) -> av.VideoCodecContext:
        """A context for pictures of this size; the same one as long as it fits."""
        ...


class _H264Encoder(H264Encoder):
    """aiortc cuts into packets what ours has encoded."""

    def __init__(self, ours: H264) -> None:
        super().__init__()
        self._ours = ours

    @property
    def target_bitrate(self) -> int:
        return self._ours.bitrate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._ours.bitrate = bitrate

    def _encode_frame(self, frame: av.VideoFrame, force_keyframe: bool) -> Iterator[bytes]:
        data = self._ours.encode(frame, force_keyframe)
        if data:
            yield from self._split_bitstream(data)


class _Vp8Encoder(Vp8Encoder):
    """aiortc encodes and cuts, in a context that ours has opened."""

    def __init__(self, ours: Vp8) -> None:
        super().__init__()
        self._ours = ours

    @property
    def target_bitrate(self) -> int:
        # aiortc opens a context of its own when this is far from that of the open one.
        return (self.codec.bit_rate if self.codec else None) or self._ours.bitrate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._ours.bitrate = bitrate

    def encode(
        self, frame: av.frame.Frame, force_keyframe: bool = False
    ) -> tuple[list[bytes], int]:
        assert isinstance(frame, av.VideoFrame)
        self.codec = self._ours.context(frame.width, frame.height)
        return super().encode(frame, force_keyframe)


def use_encoders(
    h264: Callable[[], H264], vp8: Callable[[], Vp8], opus: Callable[[], Encoder]
) -> None:
    """Encode with these, and offer H.264 before VP8, from now on in this process.

    Needs `aiortc.rtcrtpsender.get_encoder` and the order of `aiortc.codecs.CODECS`.
    """
    rtcrtpsender.get_encoder = partial(_encoder, h264, vp8, opus)  # type: ignore[attr-defined]
    late = {codec.payloadType for codec in CODECS["video"] if codec.mimeType.lower() == "video/vp8"}
    # Each codec stays with what resends its lost packets (RTX, which names it as `apt`).
    CODECS["video"].sort(key=lambda one: one.parameters.get("apt", one.payloadType) in late)


def _encoder(
    h264: Callable[[], H264],
    vp8: Callable[[], Vp8],
    opus: Callable[[], Encoder],
    codec: RTCRtpCodecParameters,
) -> Encoder:
    match codec.mimeType.lower():
        case "video/h264":
            return _H264Encoder(h264())
        case "video/vp8":
            return _Vp8Encoder(vp8())
        case "audio/opus":
            return opus()
        case _:
            return codecs.get_encoder(codec)


def encoders_are_ours() -> bool:
    """Whether `use_encoders` has been called."""
    used = rtcrtpsender.get_encoder  # type: ignore[attr-defined]  # imported there by name
    return used is not codecs.get_encoder


def encode_sound_at_once(connection: RTCPeerConnection) -> None:
    """Encode the sound of a connection where it is sent instead of in a thread.

    A thread and the way back cost as much as Opus itself, fifty times a second, and the sound may
    wait there behind pictures. Call it when the tracks are added. Needs the sender's `__loop`,
    which it uses for nothing else.
    """
    for sender in connection.getSenders():
        if sender.kind == "audio":
            vars(sender)[_LOOP] = _AtOnce()


_LOOP = "_RTCRtpSender__loop"


class _AtOnce:
    """In the place of an event loop that hands work to a thread."""

    def run_in_executor(
        self, _executor: None, work: Callable[..., Any], *arguments: object
    ) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(work(*arguments))
        return done


def measure_cheaply(level: Callable[[av.AudioFrame], int]) -> None:
    """From now on in this process, read the time and the level of sound at a tenth of the cost.

    aiortc reckons with calendar dates for every packet, and goes through sound in Python sample by
    sample. level: of a frame in dB below full scale, -127 to 0 (RFC 6464). Needs
    `aiortc.clock.current_ntp_time` and `aiortc.rtp.compute_audio_level_dbov`.
    """
    clock.current_ntp_time = _ntp_time
    setattr(aiortc_rtp, "compute_audio_level_dbov", level)  # noqa: B010 - mypy wants the same name


_NTP_EPOCH_S = 2_208_988_800
"""From 1900 to 1970 (RFC 5905)."""


def _ntp_time() -> int:
    """The time of day in units of 2**-32 s since 1900."""
    return (_NTP_EPOCH_S << 32) + (time.time_ns() << 32) // 1_000_000_000


def govern(sender: RTCRtpSender, governor: Governor) -> None:
    """Let the governor decide when this sender's packets leave, which again, at what bit rate.

    Call it when the answer has been applied, before anything is sent. Needs the transport's
    `_send_rtp` and `_handle_rtcp_data`, the sender's `_ssrc`, `_rtx_ssrc`, `_retransmit`,
    `_send_keyframe`, `_handle_rtcp_packet`, `__encoder` and `__rtt`.
    """
    transport = sender.transport
    transmit, hear = transport._send_rtp, transport._handle_rtcp_data
    handle, resend, key = sender._handle_rtcp_packet, sender._retransmit, sender._send_keyframe

    async def send(data: bytes) -> None:
        ssrc = None if is_rtcp(data) else rtp.header(data).ssrc
        if ssrc == sender._ssrc:
            await governor.send(data, transmit)
            keep_up()
        elif ssrc == sender._rtx_ssrc:
            await governor.resend(data, transmit)
        else:
            await transmit(data)

    async def heard(data: bytes) -> None:
        governor.rtcp(data)
        await hear(data)
        keep_up()

    async def handled(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            for bitrate in _estimates(packet, sender._ssrc):
                governor.receiver_estimate(bitrate)
            return  # aiortc would hand it to the encoder.
        await handle(packet)
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == sender._ssrc:
                    governor.report(report.fraction_lost / 256, vars(sender)[_RTT])

    async def resent(sequence_number: int) -> None:
        if governor.worth_resending(sequence_number):
            await resend(sequence_number)

    def keep_up() -> None:
        encoder = vars(sender)[_ENCODER]
        if encoder is not None:
            encoder.target_bitrate = governor.bitrate
        if governor.key_is_due():
            key()

    transport._send_rtp = send  # type: ignore[method-assign]
    transport._handle_rtcp_data = heard  # type: ignore[method-assign]
    sender._handle_rtcp_packet = handled  # type: ignore[method-assign]
    sender._retransmit = resent  # type: ignore[method-assign]
    sender._send_keyframe = governor.resending.ask_for_key  # type: ignore[method-assign]


_ENCODER = "_RTCRtpSender__encoder"
_RTT = "_RTCRtpSender__rtt"


def _estimates(packet: RtcpPsfbPacket, ssrc: int) -> Iterator[int]:
    try:
        bitrate, ssrcs = unpack_remb_fci(packet.fci)
    except ValueError:
        return
    if ssrc in ssrcs:
        yield bitrate


def replace_decoder_queues(
    connection: RTCPeerConnection, make: Callable[[threading.Event], "queue.Queue[Any]"]
) -> None:
    """Let what every receiver of a connection has to decode wait in another queue.

    Call it before the connection is made. make: is given the event whose setting asks the sender
    for a key frame. Needs the receiver's `__decoder_queue` and `__decoder_error`.
    """
    for transceiver in connection.getTransceivers():
        hidden = vars(transceiver.receiver)
        # Once it has started, its thread reads the first queue: later offers change nothing.
        if type(hidden[_QUEUE]) is queue.Queue:
            hidden[_QUEUE] = make(hidden[_LOST])


_QUEUE = "_RTCRtpReceiver__decoder_queue"
_LOST = "_RTCRtpReceiver__decoder_error"


class SoundBuffer(Protocol):
    """What puts the packets of a stream of sound together instead of aiortc."""

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Whether to ask for a key frame, and what can be decoded with this packet."""
        ...


def replace_sound_buffers(connection: RTCPeerConnection, make: Callable[[], SoundBuffer]) -> None:
    """Let the sound of a connection be put together by others.

    Call it before the connection is made. Needs the receiver's `__jitter_buffer` and a packet's
    `_data`.
    """
    for transceiver in connection.getTransceivers():
        hidden = vars(transceiver.receiver)
        if transceiver.kind == "audio" and type(hidden[_BUFFER]) is JitterBuffer:
            hidden[_BUFFER] = make()


_BUFFER = "_RTCRtpReceiver__jitter_buffer"


def try_loopback(connection: RTCPeerConnection) -> None:
    """Let a peer connection try 127.0.0.1 too, which aioice leaves out and has no setting for.

    Without it, two programs on a machine without network cannot find each other. Call it when
    the tracks are added, or, in the answering end, when the offer has been applied. Needs
    `get_component_candidates` of aioice's connection.
    """
    for ice in ice_connections(connection):
        gather = partial(_gather_on_loopback_too, ice)
        ice.get_component_candidates = gather  # type: ignore[method-assign]  # the one way in


async def _gather_on_loopback_too(
    ice: aioice.Connection, component: int, addresses: list[str], timeout: int = 5
) -> list[aioice.Candidate]:
    every = [*addresses, "127.0.0.1"]
    return await aioice.Connection.get_component_candidates(ice, component, every, timeout)


def ice_connections(connection: RTCPeerConnection) -> set[aioice.Connection]:
    """What finds the way for a peer connection. Needs the gatherer's `_connection`."""
    return {
        transceiver.receiver.transport.transport.iceGatherer._connection
        for transceiver in connection.getTransceivers()
    }

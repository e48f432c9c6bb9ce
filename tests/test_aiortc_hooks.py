"""The private hooks into aiortc: they are there, they are used, and they do what they are for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aioice
import av
import pytest
from aiortc import (
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    clock,
    rtcrtpsender,
    rtp,
)
from aiortc.codecs import CODECS
from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    pack_remb_fci,
)
from av.frame import Frame

from agent.encoders import use_fast_encoders
from agent.meeting.aiortc_hooks import (
    H264,
    encode_sound_at_once,
    encoders_are_ours,
    govern,
    ice_connections,
    try_loopback,
    use_encoders,
)
from agent.meeting.congestion.control import Limits
from agent.meeting.congestion.governor import VIDEO_SHARE, Governor
from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.opus import MonoOpusEncoder
from agent.video.encoder import VpxContexts, X264Encoder
from tests.far_end import BLUE, ColourTrack, FarEnd, ToneTrack, until
from tests.test_encoder import frames

LIMIT_S = 20.0


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks are for the whole process: undone after each test."""
    monkeypatch.setattr(rtcrtpsender, "get_encoder", rtcrtpsender.__dict__["get_encoder"])
    monkeypatch.setitem(CODECS, "video", list(CODECS["video"]))
    monkeypatch.setattr(clock, "current_ntp_time", clock.current_ntp_time)
    level = rtp.compute_audio_level_dbov
    monkeypatch.setattr(rtp, "compute_audio_level_dbov", level)


def codec(kind: str) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(mimeType=kind, clockRate=90_000, payloadType=100)


async def test_the_names_that_we_replace_and_override_are_still_there() -> None:
    connection = RTCPeerConnection()
    connection.addTransceiver("video")
    (transceiver,) = connection.getTransceivers()
    sender, receiver = vars(transceiver.sender), vars(transceiver.receiver)

    assert callable(rtcrtpsender.__dict__["get_encoder"])
    assert {"_encode_frame", "_split_bitstream", "target_bitrate"} <= set(vars(H264Encoder))
    assert {"encode", "target_bitrate"} <= set(vars(Vp8Encoder))
    assert "codec" in vars(Vp8Encoder())
    assert {codec.mimeType for codec in CODECS["video"]} >= {"video/VP8", "video/H264"}
    assert {"_send_rtp", "_handle_rtcp_data"} <= set(vars(RTCDtlsTransport))
    assert {"_retransmit", "_send_keyframe", "_handle_rtcp_packet"} <= set(vars(RTCRtpSender))
    assert {"_ssrc", "_rtx_ssrc", "_RTCRtpSender__encoder", "_RTCRtpSender__rtt"} <= set(sender)
    assert "_RTCRtpSender__loop" in sender
    assert {"current_ntp_time", "current_datetime"} <= set(vars(clock))
    assert "compute_audio_level_dbov" in vars(rtp)
    assert {"_RTCRtpReceiver__decoder_queue", "_RTCRtpReceiver__decoder_error"} <= set(receiver)
    assert type(receiver["_RTCRtpReceiver__jitter_buffer"]) is JitterBuffer
    assert callable(aioice.Connection.get_component_candidates)
    await close_connection(connection)


def test_our_encoders_are_chosen_and_aiortcs_for_the_rest() -> None:
    assert not encoders_are_ours()
    use_fast_encoders()
    choose = rtcrtpsender.__dict__["get_encoder"]

    assert encoders_are_ours()
    assert not type(choose(codec("video/H264"))).__module__.startswith("aiortc.")
    assert not type(choose(codec("video/VP8"))).__module__.startswith("aiortc.")
    assert isinstance(choose(codec("audio/opus")), MonoOpusEncoder)
    assert type(choose(codec("audio/PCMU"))).__module__.startswith("aiortc.")


def test_vp8_is_encoded_with_our_settings_and_follows_its_bit_rate() -> None:
    ours = VpxContexts()
    use_encoders(X264Encoder, lambda: ours, MonoOpusEncoder)
    encoder = rtcrtpsender.__dict__["get_encoder"](codec("video/VP8"))
    encoder.target_bitrate = 600_000
    before = spent(encoder, frames(3, 25), 3)
    first = encoder.codec
    encoder.target_bitrate = 560_000
    spent(encoder, frames(0.2, 25, begin=3), 1)
    kept = encoder.codec
    encoder.target_bitrate = 300_000
    after = spent(encoder, frames(3, 25, begin=4), 3)

    assert kept is first, "aiortc has opened its own, or a small change brought a key frame"
    assert encoder.codec is ours.context(480, 270)
    assert after < 0.7 * before


def spent(encoder: Encoder, pictures: Iterator[av.VideoFrame], seconds: float) -> float:
    """Bits per second."""
    return sum(len(part) for frame in pictures for part in encoder.encode(frame)[0]) * 8 / seconds


class Near:
    """Our end of a real call, with a governor."""

    def __init__(self, limits: Limits) -> None:
        self.told: list[int] = []
        self.connection = new_connection(Route(loopback=True))
        self.connection.addTrack(ToneTrack())  # The far end answers sound and picture.
        self.connection.addTrack(ColourTrack(BLUE))
        try_loopback(self.connection)
        encode_sound_at_once(self.connection)
        self.governor = Governor(limits, self.told.append)
        self.offer = ""

    @property
    def sender(self) -> RTCRtpSender:
        return self.connection.getSenders()[1]

    @property
    def encoder(self) -> H264:
        found: H264 = vars(self.sender)["_RTCRtpSender__encoder"]._ours
        return found


@asynccontextmanager
async def call(limits: Limits) -> AsyncIterator[tuple[Near, FarEnd]]:
    near, far = Near(limits), FarEnd()
    try:
        async with asyncio.timeout(LIMIT_S):
            connection = near.connection
            await connection.setLocalDescription(await connection.createOffer())
            near.offer = connection.localDescription.sdp
            answer = await far.answer(near.offer)
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            govern(near.sender, near.governor)
            await until(lambda: far.pictures > 2)
        yield near, far
    finally:
        await asyncio.gather(close_connection(near.connection), far.close())


async def test_a_real_call_offers_h264_first_and_arrives_from_our_encoder() -> None:
    used: set[str] = set()

    class Noted(X264Encoder):
        def encode(self, frame: av.VideoFrame, key: bool) -> bytes:
            used.add("ours")
            return super().encode(frame, key)

    use_encoders(Noted, VpxContexts, MonoOpusEncoder)
    async with call(Limits()) as (near, far):
        assert used
        assert far.colour[0] > 200, "blue"
        assert near.offer.index("H264/90000") < near.offer.index("VP8/90000")
        assert len(ice_connections(near.connection)) == 1


async def test_what_the_far_end_reports_reaches_the_governor_and_the_encoder() -> None:
    use_fast_encoders()
    async with call(Limits(start=1_000_000)) as (near, _):
        ssrc = near.sender._ssrc
        remb = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0)
        remb.fci = pack_remb_fci(300_000, [ssrc])
        await near.sender._handle_rtcp_packet(remb)
        await until(lambda: near.encoder.bitrate < 300_000)

        assert near.told[-1] == near.governor.bitrate
        # aiortc's own receiver sends estimates of its own: higher ones soon follow.
        assert near.encoder.bitrate <= VIDEO_SHARE * 1_000_000


async def test_a_key_frame_is_asked_for_and_a_lost_packet_sent_again() -> None:
    use_fast_encoders()
    async with call(Limits()) as (near, _):
        keys: list[bool] = []
        encode = near.encoder.encode

        def noted(frame: av.VideoFrame, key: bool) -> bytes:
            keys.append(key)
            return encode(frame, key)

        near.encoder.encode = noted  # type: ignore[method-assign]
        pli = RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=near.sender._ssrc)
        await near.sender._handle_rtcp_packet(pli)
        await until(lambda: any(keys))
        before = near.governor.resending.resent
        packets = vars(near.sender)["_RTCRtpSender__rtp_history"].values()
        lost = max(packets, key=lambda one: one.timestamp).sequence_number
        nack = RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, near.sender._ssrc, [lost])
        await near.sender._handle_rtcp_packet(nack)
        await near.sender._handle_rtcp_packet(nack)

        assert near.governor.resending.resent == before + 1


async def test_sound_is_not_held_up_by_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fast_encoders()
    async with call(Limits()) as (near, far):
        monkeypatch.setattr(near.governor.congestion, "may_send", lambda _: False)
        await asyncio.sleep(0)
        pictures, sounds = far.pictures, far.sounds
        await until(lambda: far.sounds > sounds + 20)

        assert far.pictures <= pictures + 3
        monkeypatch.setattr(near.governor.congestion, "may_send", lambda _: True)


async def test_sound_is_encoded_without_a_thread() -> None:
    where: set[int] = set()

    class Noted(MonoOpusEncoder):
        def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
            where.add(threading.get_ident())
            return super().encode(frame, force_keyframe)

    use_encoders(X264Encoder, VpxContexts, Noted)
    async with call(Limits()) as (_, far):
        await until(lambda: far.sounds > 5)

    assert threading.get_ident() in where, "the far end's is encoded by aiortc, in its threads"


def test_the_time_of_packets_is_what_it_was() -> None:
    theirs = clock.current_ntp_time
    use_fast_encoders()
    before = theirs()
    ours = clock.current_ntp_time()
    after = theirs()

    assert clock.current_ntp_time is not theirs
    millisecond = (1 << 32) // 1000
    assert before - millisecond <= ours <= after + millisecond

"""The private hooks into aiortc: they are there, they are used, and they do what they are for."""

import asyncio
from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from aiortc import RTCSessionDescription, rtcrtpsender
from aiortc.codecs import CODECS
from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Decoder, H264Encoder, h264_depayload
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.frames import Pixels
from agent.meeting.aiortc_hooks import try_loopback
from agent.meeting.connection import Route, close_connection, new_connection
from agent.video.encoder import FRAME_RATE, LEAST_BITRATE, VpxContexts, X264Encoder
from tests.far_end import BLUE, ColourTrack, FarEnd, ToneTrack, until

WIDTH, HEIGHT = 480, 270
LIMIT_S = 20.0


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks are for the whole process: undone after each test."""
    monkeypatch.setattr(rtcrtpsender, "get_encoder", rtcrtpsender.__dict__["get_encoder"])
    monkeypatch.setitem(CODECS, "video", list(CODECS["video"]))


def texture() -> Pixels:
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT + 200, WIDTH + 400), np.uint8)
    soft = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), noise, 0, 255, cv2.NORM_MINMAX)
    return np.asarray(soft, np.uint8)


TEXTURE = texture()


def frames(seconds: float, rate: float, begin: float = 0.0) -> Iterator[av.VideoFrame]:
    """A view that wanders over a texture: needs more bits than it gets."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    for number in range(int(seconds * rate)):
        top, left = number % 150, number * 3 % 300
        planes[:HEIGHT] = TEXTURE[top : top + HEIGHT, left : left + WIDTH]
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = int((begin + number / rate) * 90_000)
        frame.time_base = Fraction(1, 90_000)
        yield frame


def spent(encoder: Encoder, pictures: Iterator[av.VideoFrame], seconds: float) -> float:
    """Bits per second."""
    return sum(len(part) for frame in pictures for part in encoder.encode(frame)[0]) * 8 / seconds


def is_key(payloads: list[bytes]) -> bool:
    """Whether there is an IDR slice in it."""
    data = b"".join(map(h264_depayload, payloads))
    return any(unit and unit[0] & 0x1F == 5 for unit in data.split(b"\0\0\0\1"))


@pytest.mark.parametrize("rate", [15, 25, 30])
def test_the_asked_bit_rate_is_met_at_every_frame_rate(rate: int) -> None:
    encoder = X264Encoder()
    encoder.target_bitrate = 600_000
    spent(encoder, frames(2, rate), 2)

    assert spent(encoder, frames(3, rate, begin=2), 3) == pytest.approx(600_000, rel=0.25)


def test_a_changed_bit_rate_is_followed_without_a_key_frame() -> None:
    encoder = X264Encoder()
    encoder.target_bitrate = 1_000_000
    spent(encoder, frames(2, 25), 2)

    encoder.target_bitrate = 300_000
    sent = [encoder.encode(frame)[0] for frame in frames(3, 25, begin=2)]
    encoder.target_bitrate = 1_000_000
    spent(encoder, frames(1, 25, begin=5), 1)
    again = spent(encoder, frames(2, 25, begin=6), 2)

    assert sum(len(part) for parts in sent[25:] for part in parts) * 8 / 2 == pytest.approx(
        300_000, rel=0.2
    )
    assert not any(map(is_key, sent))
    assert again == pytest.approx(1_000_000, rel=0.25)


def test_the_bit_rate_stays_within_its_limits() -> None:
    encoder = X264Encoder(most=2_000_000)
    encoder.target_bitrate = 99_000_000
    assert encoder.target_bitrate == 2_000_000
    encoder.target_bitrate = 1
    assert encoder.target_bitrate == LEAST_BITRATE


def test_key_frames_come_first_and_on_request_only() -> None:
    encoder = X264Encoder()
    asked = {0, 20}

    keys = {
        number
        for number, frame in enumerate(frames(2, 25))
        if is_key(encoder.encode(frame, force_keyframe=number == 20)[0])
    }

    assert keys == asked


def test_every_picture_comes_out_at_once_and_decodes() -> None:
    encoder, decoder = X264Encoder(), H264Decoder()
    decoded = 0
    for frame in frames(1, 25):
        payloads, timestamp = encoder.encode(frame)
        assert payloads
        data = b"".join(map(h264_depayload, payloads))
        decoded += len(decoder.decode(JitterFrame(data, timestamp)))

    assert decoded >= 24


def test_another_size_begins_with_a_key_frame() -> None:
    encoder = X264Encoder()
    spent(encoder, frames(0.4, 25), 1)
    small = av.VideoFrame.from_ndarray(np.full((135, 160), 90, np.uint8), format="yuv420p")
    small.pts, small.time_base = 90_000, Fraction(1, 90_000)

    assert is_key(encoder.encode(small)[0])


def test_vp8_is_encoded_with_our_settings_and_follows_its_bit_rate() -> None:
    encoder = LeanVp8Encoder()
    encoder.target_bitrate = 600_000
    before = spent(encoder, frames(3, 25), 3)
    assert encoder.codec is not None
    assert encoder.codec.framerate == FRAME_RATE
    encoder.target_bitrate = 300_000
    after = spent(encoder, frames(3, 25, begin=3), 3)

    assert encoder.codec.framerate == FRAME_RATE, "aiortc has opened its own"
    assert after < 0.7 * before

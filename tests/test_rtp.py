"""What we write into RTP packets is read by another implementation, and the other way round."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from agent.meeting.congestion import rtp
from agent.meeting.congestion.feedback import URI

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
NUMBER = 4


def extensions() -> HeaderExtensionsMap:
    names = {1: MID, 3: SEND_TIME, NUMBER: URI}
    headers = [RTCRtpHeaderExtensionParameters(id=id_, uri=uri) for id_, uri in names.items()]
    made = HeaderExtensionsMap()
    made.configure(RTCRtpParameters(headerExtensions=headers))
    return made


def packet(data: bytes, mid: str | None, send_time: int | None) -> bytes:
    made = RtpPacket(payload_type=96, marker=1, sequence_number=65535, timestamp=77, ssrc=123456)
    made.payload = data
    made.extensions.mid, made.extensions.abs_send_time = mid, send_time
    return bytes(made.serialize(extensions()))


PARTS = (
    st.binary(max_size=50),
    st.none() | st.sampled_from(["0", "video"]),
    st.none() | st.integers(0, (1 << 24) - 1),
)


@given(*PARTS, st.integers(0, 65535))
def test_a_packet_carries_its_number_and_all_that_it_had(
    data: bytes, mid: str | None, send_time: int | None, number: int
) -> None:
    numbered = rtp.numbered(packet(data, mid, send_time), NUMBER, number)

    read = RtpPacket.parse(numbered, extensions())
    assert read.extensions.transport_sequence_number == number
    assert (read.extensions.mid, read.extensions.abs_send_time) == (mid, send_time)
    assert (read.payload, read.marker, read.timestamp) == (data, 1, 77)


@given(*PARTS)
def test_header_and_payload_are_read(data: bytes, mid: str | None, send_time: int | None) -> None:
    made = packet(data, mid, send_time)

    assert rtp.payload(made) == data
    assert rtp.header(made) == rtp.Header(
        ssrc=123456, sequence=65535, timestamp=77, payload_type=96
    )


def test_an_extension_of_another_form_is_left_alone() -> None:
    two_bytes = struct.pack("!BBHLLHHL", 0x90, 96, 1, 2, 3, 0x1000, 1, 0) + b"data"

    assert rtp.numbered(two_bytes, NUMBER, 1) == two_bytes
    assert rtp.payload(two_bytes) == b"data"


def frame(number: int) -> av.VideoFrame:
    random = np.random.default_rng(number)
    planes = random.integers(0, 255, (180, 160), np.uint8)
    made = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    made.pts, made.time_base = number * 3000, Fraction(1, 90_000)
    return made


@pytest.mark.parametrize(
    ("encoder", "begins_key"),
    [(H264Encoder, rtp.begins_h264_key), (Vp8Encoder, rtp.begins_vp8_key)],
)
def test_the_first_packet_of_a_key_frame_and_no_other_is_seen(
    encoder: type[H264Encoder | Vp8Encoder], begins_key: object
) -> None:
    assert callable(begins_key)
    made = encoder()
    seen = [
        [begins_key(payload) for payload in made.encode(frame(number), number == 3)[0]]
        for number in range(5)
    ]

    assert [payloads[0] for payloads in seen] == [True, False, False, True, False]
    assert len(seen[0]) > 2
    assert not any(any(payloads[1:]) for payloads in seen if encoder is Vp8Encoder)


@given(st.binary(max_size=8))
def test_no_payload_confuses_the_look_for_key_frames(data: bytes) -> None:
    assert rtp.begins_h264_key(data) in (True, False)
    assert rtp.begins_vp8_key(data) in (True, False)

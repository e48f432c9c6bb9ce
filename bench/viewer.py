# ruff: noqa: T201 - a program of the terminal
"""What one more viewer costs the practice room: CPU per picture, by step, on this machine.

    python -m bench.viewer

The room decodes each sender's picture once and encodes it once per viewer. To forward the encoded
picture would cost a viewer only the last column. Processor time of this process is counted, not
the clock: other programs on the machine hardly disturb it. The pictures are synthetic: stripes that
wander, under noise, so that the encoder has something to do.
"""

import time
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from aiortc import rtcrtpsender
from aiortc.codecs import depayload, get_decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from agent.encoders import use_fast_encoders

PICTURES = 100
RATE = 25
SIZES = ((640, 360), (960, 540))
CODECS = {
    "H.264": RTCRtpCodecParameters(
        mimeType="video/H264",
        clockRate=90000,
        payloadType=99,
        parameters={"packetization-mode": "1", "profile-level-id": "42e01f"},
    ),
    "VP8": RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90000, payloadType=97),
}


def pictures(width: int, height: int) -> Iterator[av.VideoFrame]:
    """Stripes that wander, under noise."""
    chance = np.random.default_rng(1)
    stripes = 128 + 100 * np.sin(np.arange(width) / 40)
    for number in range(PICTURES):
        rows = np.broadcast_to(np.roll(stripes, 6 * number), (height, width))
        luma = np.clip(rows + chance.normal(0, 4, (height, width)), 0, 255)
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = luma.astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
        frame.pts, frame.time_base = number * 90_000 // RATE, Fraction(1, 90_000)
        yield frame


def cost(codec: RTCRtpCodecParameters, width: int, height: int) -> tuple[float, float, float]:
    """Seconds of processor time per picture: to decode, to encode, to write into packets."""
    encoder, decoder = rtcrtpsender.get_encoder(codec), get_decoder(codec)  # type: ignore[attr-defined]
    decoding = encoding = writing = 0.0
    for picture in pictures(width, height):
        begin = time.process_time()
        payloads, stamp = encoder.encode(picture)
        encoded = time.process_time()
        for number, payload in enumerate(payloads):
            packet = RtpPacket(payload_type=codec.payloadType or 0, sequence_number=number)
            packet.payload = payload
            packet.serialize()
        written = time.process_time()
        data = b"".join(depayload(codec, payload) for payload in payloads)
        decoder.decode(JitterFrame(data, stamp))
        encoding += encoded - begin
        writing += written - encoded
        decoding += time.process_time() - written
    return decoding / PICTURES, encoding / PICTURES, writing / PICTURES


def main() -> None:
    """Print the table."""
    use_fast_encoders()
    print(f"percent of one core at {RATE} pictures a second")
    print("codec  size       decode, once a sender   encode, each viewer   packets, each viewer")
    for name, codec in CODECS.items():
        for width, height in SIZES:
            shares = [seconds * RATE * 100 for seconds in cost(codec, width, height)]
            print(
                f"{name:6} {width}x{height} {shares[0]:14.1f} {shares[1]:22.1f} {shares[2]:21.2f}"
            )


if __name__ == "__main__":
    main()

# ruff: noqa: T201 - a program of the terminal
"""Our encoders against aiortc's own, without a network: cores, PSNR and bit rate.

    python -m bench.encoders

All encode the same made scene (`bench.scene`) at the same asked bit rate, 30 pictures a second, in
this process; what they write is decoded again and compared with what went in (luma, all pictures
but the first second). CPU is of encoding and cutting into packets alone.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc import codecs, rtcrtpsender
from aiortc.codecs import depayload, h264, vpx
from aiortc.codecs.base import Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.encoders import use_fast_encoders
from agent.frames import Pixels
from bench import scene

SIZES = ((1280, 720, 2_500_000), (1920, 1080, 4_000_000))
PICTURES = 150
H264 = RTCRtpCodecParameters(
    mimeType="video/H264",
    clockRate=90_000,
    payloadType=99,
    parameters={"packetization-mode": "1", "profile-level-id": "42e01f"},
)
VP8 = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=97)


def measure(
    codec: RTCRtpCodecParameters, encoder: Encoder, frames: scene.Frames, width: int, height: int
) -> tuple[float, float, float]:
    """Cores at 30 pictures a second, PSNR of luma in dB, bits per second."""
    decoder = av.CodecContext.create("h264" if codec is H264 else "libvpx", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    spent, bits, errors = 0.0, 0, []
    waiting: list[Pixels] = []
    for number in range(PICTURES):
        planes = frames[scene.frame_of(number)]
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
        begun = time.process_time()
        payloads, _ = encoder.encode(frame)
        spent += time.process_time() - begun
        waiting.append(planes[:height])
        data = b"".join(depayload(codec, payload) for payload in payloads)
        for decoded in decoder.decode(av.Packet(data)):
            seen = np.asarray(decoded.to_ndarray(), np.uint8)
            errors.append(_error(waiting.pop(0), seen[:height]))
        if number >= scene.RATE:
            bits += 8 * len(data)
    late = errors[scene.RATE :]
    psnr = 10 * math.log10(255**2 / (sum(late) / len(late)))
    return spent / PICTURES * scene.RATE, psnr, bits * scene.RATE / (PICTURES - scene.RATE)


def _error(sent: Pixels, seen: Pixels) -> float:
    return float(np.mean((sent.astype(np.float32) - seen.astype(np.float32)) ** 2))


def _ours(codec: RTCRtpCodecParameters, bitrate: int) -> Encoder:
    use_fast_encoders(bitrate)
    encoder: Encoder = rtcrtpsender.get_encoder(codec)  # type: ignore[attr-defined]
    encoder.target_bitrate = bitrate  # type: ignore[attr-defined]
    return encoder


def _stock(codec: RTCRtpCodecParameters, bitrate: int) -> Encoder:
    for module in (h264, vpx):
        module.MAX_BITRATE = bitrate  # type: ignore[attr-defined]
    encoder = codecs.get_encoder(codec)
    encoder.target_bitrate = bitrate  # type: ignore[attr-defined]
    return encoder


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    kinds: tuple[tuple[str, RTCRtpCodecParameters, Callable[..., Encoder]], ...] = (
        ("ours H.264", H264, _ours),
        ("stock H.264", H264, _stock),
        ("ours VP8", VP8, _ours),
        ("stock VP8", VP8, _stock),
    )
    print("encoder       size        asked kbit/s   cores   PSNR dB   kbit/s")
    with tempfile.TemporaryDirectory() as folder:
        for width, height, bitrate in SIZES:
            file = Path(folder) / f"{height}.yuv"
            scene.write(file, width, height)
            frames = scene.Frames(file, width, height)
            for name, codec, make in kinds:
                cores, psnr, bits = measure(codec, make(codec, bitrate), frames, width, height)
                print(
                    f"{name:13} {width} x {height:5} {bitrate / 1000:10.0f} {cores:10.3f} "
                    f"{psnr:9.2f} {bits / 1000:8.0f}"
                )


if __name__ == "__main__":
    main()

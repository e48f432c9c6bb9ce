"""Our encoder: the bit rate that was asked for, key frames on request only, at once."""

from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from agent.frames import Pixels
from agent.video.encoder import LEAST_BITRATE, VBV_S, VpxContexts, X264Encoder

WIDTH, HEIGHT = 480, 270


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


def sizes(encoder: X264Encoder, pictures: Iterator[av.VideoFrame]) -> list[int]:
    """Bytes of each picture."""
    return [len(encoder.encode(frame, False)) for frame in pictures]


def spent(encoder: X264Encoder, pictures: Iterator[av.VideoFrame], seconds: float) -> float:
    """Bits per second."""
    return sum(sizes(encoder, pictures)) * 8 / seconds


def is_key(data: bytes) -> bool:
    """Whether there is an IDR slice in it."""
    return any(unit and unit[0] & 0x1F == 5 for unit in data.split(b"\0\0\1"))


@pytest.mark.parametrize("rate", [12, 15, 25, 30])
def test_the_asked_bit_rate_is_met_at_every_frame_rate(rate: int) -> None:
    encoder = X264Encoder()
    encoder.bitrate = 600_000
    spent(encoder, frames(2, rate), 2)

    assert spent(encoder, frames(3, rate, begin=2), 3) == pytest.approx(600_000, rel=0.25)


def test_a_changed_bit_rate_is_followed_without_a_key_frame() -> None:
    encoder = X264Encoder()
    encoder.bitrate = 1_000_000
    spent(encoder, frames(2, 25), 2)

    encoder.bitrate = 300_000
    sent = [encoder.encode(frame, False) for frame in frames(3, 25, begin=2)]
    encoder.bitrate = 1_000_000
    spent(encoder, frames(1, 25, begin=5), 1)
    again = spent(encoder, frames(2, 25, begin=6), 2)

    assert sum(map(len, sent[25:])) * 8 / 2 == pytest.approx(300_000, rel=0.2)
    assert not any(map(is_key, sent))
    assert again == pytest.approx(1_000_000, rel=0.25)


@pytest.mark.parametrize("encoder", [X264Encoder(most=2_000_000), VpxContexts(most=2_000_000)])
def test_the_bit_rate_stays_within_its_limits(encoder: X264Encoder | VpxContexts) -> None:
    encoder.bitrate = 99_000_000
    assert encoder.bitrate == 2_000_000
    encoder.bitrate = 1
    assert encoder.bitrate == LEAST_BITRATE


def test_key_frames_come_first_and_on_request_only() -> None:
    encoder = X264Encoder()

    keys = {
        number
        for number, frame in enumerate(frames(2, 25))
        if is_key(encoder.encode(frame, number == 20))
    }

    assert keys == {0, 20}


def grey(number: int) -> av.VideoFrame:
    """As little as can be encoded."""
    frame = av.VideoFrame.from_ndarray(np.full((48, 32), 128, np.uint8), format="yuv420p")
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def test_a_call_of_an_hour_brings_no_key_frame_of_its_own() -> None:
    encoder = X264Encoder()

    keys = [number for number in range(108_000) if is_key(encoder.encode(grey(number), False))]

    assert keys == [0]


def test_nor_do_four_minutes_in_vp8() -> None:
    context = VpxContexts().context(32, 32)

    keys = [
        number
        for number in range(7000)
        for packet in context.encode(grey(number))
        if packet.is_keyframe
    ]

    assert keys == [0]


@pytest.mark.parametrize("bitrate", [150_000, 400_000, 2_000_000])
def test_a_key_frame_is_no_burst_that_a_narrow_link_has_to_queue(bitrate: int) -> None:
    encoder = X264Encoder()
    encoder.bitrate = bitrate
    first, *_ = sizes(encoder, frames(1, 25))
    *_, last = (len(encoder.encode(frame, n == 24)) for n, frame in enumerate(frames(1, 25, 1)))

    assert first * 8 <= bitrate * VBV_S * 1.2
    assert last * 8 <= bitrate * VBV_S * 1.2


def test_every_picture_comes_out_at_once_and_decodes() -> None:
    encoder, decoder = X264Encoder(), av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoded = 0
    for frame in frames(1, 25):
        data = encoder.encode(frame, False)
        assert data
        decoded += len(decoder.decode(av.Packet(data)))

    assert decoded >= 24


def test_another_size_begins_with_a_key_frame() -> None:
    encoder = X264Encoder()
    sizes(encoder, frames(0.4, 25))
    small = av.VideoFrame.from_ndarray(np.full((135, 160), 90, np.uint8), format="yuv420p")
    small.pts, small.time_base = 90_000, Fraction(1, 90_000)

    assert is_key(encoder.encode(small, False))


def test_a_context_of_vp8_is_kept_while_it_fits() -> None:
    contexts = VpxContexts()
    contexts.bitrate = 600_000
    first = contexts.context(480, 270)
    contexts.bitrate = 540_000
    same = contexts.context(480, 270)
    contexts.bitrate = 400_000
    narrower = contexts.context(480, 270)

    assert same is first
    assert narrower is not first
    assert narrower.bit_rate == 400_000
    assert contexts.context(240, 136) is not narrower


def test_a_still_gets_the_bits_of_all_the_pictures_that_it_stands_for() -> None:
    encoder = X264Encoder()
    encoder.bitrate = 600_000
    sizes(encoder, frames(2, 25))
    stills = sizes(encoder, frames(4, 5, begin=2))
    live = sizes(encoder, frames(2, 25, begin=6))

    assert sum(stills[5:]) * 8 / 3 > 250_000, "at 30 a second they would get 100 kbit/s"
    assert max(live) * 8 <= 600_000 * VBV_S * 1.2
    assert sum(live[13:]) * 8 / 1.5 == pytest.approx(600_000, rel=0.3)

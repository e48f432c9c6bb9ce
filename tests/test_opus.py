"""Our voice as Opus packets."""

from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from av.packet import Packet

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE
from agent.meeting.opus import (
    BITS_PER_SECOND,
    FULL_SCALE,
    QUIETEST_DB,
    RTP_RATE,
    MonoOpusEncoder,
    level_dbov,
)
from tests.far_end import loudness, tone

SECONDS = 4
FRAME = RTP_RATE // 50
"""20 ms."""


def frame(index: int, samples: np.ndarray | None = None, channels: int = 1) -> av.AudioFrame:
    """20 ms as the microphone's track gives them."""
    sound = tone(index).samples if samples is None else samples
    layout = "stereo" if channels == 2 else "mono"
    made = av.AudioFrame.from_ndarray(np.repeat(sound, channels).reshape(1, -1), "s16", layout)
    made.sample_rate, made.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    made.pts = index * FRAME_SAMPLES
    return made


def encoded(frames: list[av.AudioFrame]) -> list[tuple[bytes, int]]:
    encoder, found = MonoOpusEncoder(), []
    for each in frames:
        payloads, timestamp = encoder.encode(each)
        found += [(load, timestamp + FRAME * at) for at, load in enumerate(payloads)]
    return found


def decoded(packets: list[tuple[bytes, int]]) -> np.ndarray:
    decoder = OpusDecoder()
    frames = [
        piece
        for load, stamp in packets
        for piece in decoder.decode(JitterFrame(load, stamp))
        if isinstance(piece, av.AudioFrame)
    ]
    return np.concatenate([piece.to_ndarray().reshape(-1, 2)[:, 0] for piece in frames])


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_said_is_heard_as_loud_and_at_its_pitch(channels: int) -> None:
    packets = encoded([frame(index, None, channels) for index in range(50 * SECONDS)])

    heard = decoded(packets)[RTP_RATE:]

    assert loudness(heard) == pytest.approx(8000 / np.sqrt(2), rel=0.1)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * RTP_RATE / len(heard) == pytest.approx(440, abs=2)


def test_packets_of_20_ms_follow_each_other() -> None:
    stamps = [stamp for _, stamp in encoded([frame(index) for index in range(50)])]

    assert stamps[0] == 0, "the first frame must not wait for the second"
    assert set(np.diff(stamps)) == {FRAME}
    assert len(stamps) == 50


def test_every_packet_is_one_channel_of_20_ms() -> None:
    """RFC 6716, section 3.1: the first byte tells the length and the channels."""
    for load, _ in encoded([frame(index) for index in range(50)]):
        configuration, stereo, frames = load[0] >> 3, load[0] >> 2 & 1, load[0] & 3
        assert (stereo, frames) == (0, 0)
        twenty_ms = {1, 5, 9, 13, 15, 19, 23, 27, 31}
        assert configuration in twenty_ms


def test_it_keeps_to_its_rate_and_sends_silence_too() -> None:
    noise = np.random.default_rng(0).normal(0, 4000, (50 * SECONDS, FRAME_SAMPLES))
    loud = encoded([frame(at, noise[at].astype(np.int16)) for at in range(len(noise))])
    silent = encoded([frame(at, np.zeros(FRAME_SAMPLES, np.int16)) for at in range(50)])

    rate = sum(len(load) for load, _ in loud) * 8 / (len(loud) * FRAME / RTP_RATE)
    assert 0.6 * BITS_PER_SECOND < rate < 1.15 * BITS_PER_SECOND
    assert len(silent) >= 48


def test_sound_that_was_lost_before_us_is_a_jump_for_the_far_end_too() -> None:
    stamps = [stamp for _, stamp in encoded([frame(at) for at in (*range(20), *range(25, 45))])]

    assert stamps == sorted(set(stamps))
    assert stamps[-1] >= 42 * FRAME


def test_a_packet_is_passed_on_as_it_is() -> None:
    packet = Packet(b"opus")
    packet.pts, packet.time_base = 320, Fraction(1, SAMPLE_RATE)

    assert MonoOpusEncoder().pack(packet) == ([b"opus"], 960)


def test_sound_of_the_microphones_form_and_of_any_other_is_one_stream() -> None:
    """A stereo frame between mono ones goes through the resampler, the others past it."""
    packets = encoded([frame(index, None, 1 + index % 2) for index in range(50)])

    assert set(np.diff([stamp for _, stamp in packets])) == {FRAME}
    assert loudness(decoded(packets)[FRAME * 10 :]) == pytest.approx(8000 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("sample", "level"),
    [(0, QUIETEST_DB), (FULL_SCALE, 0), (-FULL_SCALE - 1, 0), (3277, -20), (1, -90)],
)
def test_how_loud_a_piece_is(sample: int, level: int, channels: int) -> None:
    assert level_dbov(frame(0, np.full(FRAME_SAMPLES, sample, np.int16), channels)) == level

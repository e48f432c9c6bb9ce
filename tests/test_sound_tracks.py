"""Our microphone as a track, and the room's sound as frames."""

import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import AudioFrame, Samples
from agent.meeting.sound import KEPT_FRAMES, FrameCutter, MicrophoneTrack
from tests.far_end import loudness, tone


def is_silent(frame: av.AudioFrame) -> bool:
    return not frame.to_ndarray().any()


async def started(sound: bool = True) -> MicrophoneTrack:
    """A track whose sender has begun to read."""
    track = MicrophoneTrack()
    track.transmit(sound)
    await track.recv()
    return track


def assert_both_channels(frame: av.AudioFrame, samples: Samples) -> None:
    """Both channels hold the same sound: a single one comes out 3 dB quieter."""
    channels = frame.to_ndarray().reshape(-1, 2)
    np.testing.assert_array_equal(channels[:, 0], samples)
    np.testing.assert_array_equal(channels[:, 1], samples)


async def test_sound_goes_out_as_it_came() -> None:
    track = await started()
    track.offer(tone(3))

    frame = await track.recv()

    assert_both_channels(frame, tone(3).samples)
    assert (frame.sample_rate, frame.layout.name, frame.format.name) == (16_000, "stereo", "s16")
    assert track.sent == 1


async def test_silence_fills_in_and_timestamps_always_rise() -> None:
    track = await started()
    stamps: list[int] = []
    for index in range(6):
        if index % 2:
            track.offer(tone(index))
        frame = await track.recv()
        assert is_silent(frame) == (index % 2 == 0)
        stamps.append(frame.pts or 0)
    assert np.diff(stamps).tolist() == [320] * 5


async def test_a_new_track_sends_nothing_real() -> None:
    track = await started(sound=False)
    track.offer(tone(0))
    assert is_silent(await track.recv())
    assert track.sent == 0


async def test_muting_takes_the_frames_that_wait_along() -> None:
    track = await started()
    track.offer(tone(0))
    track.transmit(False)
    track.transmit(True)
    assert is_silent(await track.recv())


async def test_the_oldest_sound_is_dropped_and_counted() -> None:
    track = await started()
    for index in range(KEPT_FRAMES + 3):
        track.offer(tone(index))

    frame = await track.recv()

    assert track.lost == 3
    assert_both_channels(frame, tone(3).samples)


async def test_frames_are_paced() -> None:
    track = await started()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for _ in range(10):
        await track.recv()
    assert loop.time() - begin > 0.17  # Never early; how late is the machine's business.


async def test_an_ended_track_says_so() -> None:
    track = await started()
    track.stop()
    with pytest.raises(MediaStreamError):
        await track.recv()


FORMATS = st.sampled_from(
    [("s16", "stereo", 48_000), ("s16", "mono", 48_000), ("s16", "mono", 8_000)]
)


def received(form: tuple[str, str, int], seconds: float) -> av.AudioFrame:
    """A 440 Hz tone as a decoder of this format would give it."""
    name, layout, rate = form
    wave = 8000 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    channels = 2 if layout == "stereo" else 1
    samples = np.repeat(wave.astype(np.int16), channels).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, name, layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, 7, Fraction(1, rate)
    return frame


@given(st.lists(FORMATS, min_size=1, max_size=4))
def test_any_format_becomes_gapless_frames(forms: list[tuple[str, str, int]]) -> None:
    cutter = FrameCutter()
    frames: list[AudioFrame] = []
    for form in forms:
        frames += cutter.cut(received(form, 0.2))

    assert len(frames) >= 8 * len(forms)
    assert [frame.start for frame in frames] == [320 * n for n in range(len(frames))]
    assert all(f.samples.shape == (320,) and f.samples.dtype == np.int16 for f in frames)
    assert loudness(frames[4].samples) == pytest.approx(8000 / np.sqrt(2), rel=0.1)

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
from agent.meeting.sound import FALL, KEPT_FRAMES, FrameCutter, MicrophoneTrack
from tests import virtual_time
from tests.far_end import loudness, tone


def is_silent(frame: av.AudioFrame) -> bool:
    return not frame.to_ndarray().any()


async def started(sound: bool = True) -> MicrophoneTrack:
    """A track whose sender has begun to read."""
    track = MicrophoneTrack()
    track.transmit(sound)
    await track.recv()
    return track


def assert_is(frame: av.AudioFrame, samples: Samples) -> None:
    np.testing.assert_array_equal(frame.to_ndarray().reshape(-1), samples)


async def test_sound_goes_out_as_it_came() -> None:
    track = await started()
    track.offer(tone(3))

    frame = await track.recv()

    assert_is(frame, tone(3).samples)
    assert (frame.sample_rate, frame.layout.name, frame.format.name) == (16_000, "mono", "s16")
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
    assert_is(frame, tone(3).samples)


def test_a_frame_waits_for_nothing() -> None:
    """A burst after a hiccup goes out at once: it is late enough already."""

    async def main() -> None:
        track, now = await started(), asyncio.get_running_loop().time
        for index in range(5):
            track.offer(tone(index))
        begin = now()

        heard = [await track.recv() for _ in range(5)]

        assert now() == begin
        assert not any(is_silent(frame) for frame in heard)

    virtual_time.run(main())


async def test_sound_that_is_lost_on_the_way_to_us_is_a_jump_of_the_timestamps() -> None:
    track, stamps = await started(), []
    for index in (0, 1, 4, 5):
        track.offer(tone(index))
        stamps.append((await track.recv()).pts or 0)

    assert np.diff(stamps).tolist() == [320, 960, 320]


async def test_sound_that_is_later_than_the_silence_in_its_place_is_dropped() -> None:
    track, stamps = await started(), []
    track.offer(tone(0))
    stamps.append((await track.recv()).pts or 0)
    for _ in range(2):
        stamps.append((await track.recv()).pts or 0)
    for index in range(1, 5):
        track.offer(tone(index))
    for index in (3, 4):
        frame = await track.recv()
        assert_is(frame, tone(index).samples)
        stamps.append(frame.pts or 0)

    assert np.diff(stamps).tolist() == [320] * 4
    assert track.lost == 2


async def test_a_microphone_that_begins_anew_is_heard_at_once() -> None:
    track = await started()
    for index in (5000, 0, 1):
        track.offer(tone(index))
        assert not is_silent(await track.recv())
    assert track.lost == 0


async def test_silence_is_paced() -> None:
    track = await started(sound=False)
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


def packets(lost: set[int]) -> list[AudioFrame]:
    """What becomes of a second of a tone that came in packets of 20 ms, some of them lost."""
    cutter = FrameCutter()
    frames: list[AudioFrame] = []
    for number in range(50):
        if number not in lost:
            piece = received(("s16", "stereo", 48_000), 0.02)
            piece.pts = number * 960
            frames += cutter.cut(piece)
    return frames


@pytest.mark.parametrize("lost", [{20}, {20, 21, 22}, {10, 30}])
def test_what_the_net_lost_is_made_up_for_and_fades(lost: set[int]) -> None:
    frames = packets(lost)

    assert len(frames) == len(packets(set()))
    loud = [loudness(frame.samples) for frame in frames]
    assert min(loud[3:]) >= 8000 / np.sqrt(2) * FALL ** len(lost) * 0.8
    assert min(loud[3:]) <= 8000 / np.sqrt(2) * FALL * 1.2


def test_a_stream_that_pauses_is_not_filled() -> None:
    assert len(packets(set(range(10, 30)))) == len(packets(set())) - 20

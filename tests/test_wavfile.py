"""A microphone that is fed from files."""

import asyncio
import contextlib
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice import wav
from agent.voice.backends.wavfile import NOISE, QUEUE_PLACES, WavFileMicrophone
from tests.virtual_time import run


def tone(seconds: float, rate: int = SAMPLE_RATE) -> Samples:
    at = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * 440 * at) * 8000).astype(np.int16)


def wav_bytes(
    samples: Samples, rate: int = SAMPLE_RATE, channels: int = 1, width: int = 2
) -> bytes:
    interleaved = np.repeat(samples, channels)
    data = {
        1: lambda: (interleaved // 256 + 128).astype(np.uint8).tobytes(),
        2: lambda: interleaved.astype("<i2").tobytes(),
        3: lambda: (interleaved.astype("<i4") << 16).tobytes(),
        4: lambda: (interleaved.astype("<i4") << 16).tobytes(),
    }[width]()
    if width == 3:
        data = np.frombuffer(data, np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(data)
    return file.getvalue()


async def take(microphone: WavFileMicrophone, count: int) -> list[AudioFrame]:
    async with microphone.open() as frames:
        return [await anext(frames) for _ in range(count)]


def sound(frames: list[AudioFrame]) -> Samples:
    return np.concatenate([frame.samples for frame in frames])


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_any_rate_number_of_channels_and_width_sounds_the_same(
    rate: int, channels: int, width: int
) -> None:
    samples = wav.decode(wav_bytes(tone(0.5, rate), rate, channels, width))

    assert samples.dtype == np.int16
    assert len(samples) == pytest.approx(8000, abs=2)
    middle = samples[1000:7000].astype(np.float64)
    pitch = np.argmax(np.abs(np.fft.rfft(middle))) * SAMPLE_RATE / len(middle)
    assert pitch == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(8000, rel=0.05)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_never_crash(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        wav.decode(data)


@given(st.data())
def test_a_damaged_file_is_refused_or_read_and_never_crashes(data: st.DataObject) -> None:
    file = bytearray(wav_bytes(tone(0.01)))
    file[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        assert wav.decode(bytes(file)).dtype == np.int16


@pytest.mark.parametrize("content", [None, b"", b"RIFF", wav_bytes(tone(0.5))[:-100]])
async def test_a_missing_or_corrupt_file_is_a_fault_that_names_it(
    content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "hello.wav"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(PartError) as caught:
        WavFileMicrophone().play(file)

    assert caught.value.fault is Fault.SOUND_FILES_MISSING
    assert caught.value.values == {"file": str(file)}


def test_a_file_comes_out_once_and_whole_between_faint_noise(tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    file.write_bytes(wav_bytes(tone(0.5)))
    microphone = WavFileMicrophone()
    microphone.play(file)

    heard = sound(run(take(microphone, 50)))

    assert np.abs(heard[:8000].astype(int) - tone(0.5)).max() <= NOISE
    assert 0 < np.abs(heard[8000:]).max() <= NOISE


def test_the_noise_is_a_matter_of_the_seed_alone() -> None:
    def noise(seed: int) -> Samples:
        return sound(run(take(WavFileMicrophone(seed=seed), 10)))

    assert np.array_equal(noise(1), noise(1))
    assert not np.array_equal(noise(1), noise(2))


def test_a_broken_microphone_delivers_nothing_but_zeros() -> None:
    microphone = WavFileMicrophone(zeros=True)
    microphone.play_samples(tone(0.1))

    assert not sound(run(take(microphone, 20))).any()


def test_frames_come_at_the_pace_of_the_clock_and_lateness_does_not_add_up() -> None:
    async def scenario() -> list[float]:
        times = []
        async with WavFileMicrophone().open() as frames:
            start = asyncio.get_running_loop().time()
            for number in range(100):
                await anext(frames)
                times.append(asyncio.get_running_loop().time() - start)
                if number == 50:
                    await asyncio.sleep(0.05)
        return times

    times = run(scenario())

    assert times[49] == pytest.approx(50 * 0.02, abs=1e-6)
    assert times[-1] == pytest.approx(100 * 0.02, abs=1e-6)


def test_a_reader_that_is_too_late_loses_the_oldest_sound_and_sees_it() -> None:
    async def scenario() -> tuple[AudioFrame, AudioFrame]:
        microphone = WavFileMicrophone()
        async with microphone.open() as frames:
            before = await anext(frames)
            microphone.play_samples(tone(1))
            await asyncio.sleep(5)
            return before, await anext(frames)

    before, after = run(scenario())

    lost = (after.start - before.start) // FRAME_SAMPLES - 1
    assert lost == pytest.approx(150, abs=2)
    assert np.abs(after.samples).max() <= NOISE


def test_waiting_until_everything_has_gone_out() -> None:
    async def scenario() -> float:
        microphone = WavFileMicrophone()
        await microphone.played()
        async with microphone.open() as frames, asyncio.TaskGroup() as group:

            async def read() -> None:
                async for _ in frames:
                    pass

            reader = group.create_task(read())
            microphone.play_samples(tone(1))
            microphone.play_samples(tone(0.5))
            await microphone.played()
            reader.cancel()
        return asyncio.get_running_loop().time()

    assert run(scenario()) == pytest.approx(1.5, abs=0.05)


def test_the_queue_has_an_end() -> None:
    microphone = WavFileMicrophone()
    for _ in range(QUEUE_PLACES):
        microphone.play_samples(tone(0.1))

    with pytest.raises(asyncio.QueueFull):
        microphone.play_samples(tone(0.1))

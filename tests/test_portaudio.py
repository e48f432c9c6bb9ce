"""Microphones and loudspeakers: what all of them promise, and PortAudio's own failures.

PortAudio is tried against a private PulseAudio with a virtual cable where that can be started,
and against a fake of `sounddevice` everywhere.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.backends import portaudio, portaudio_host
from agent.voice.backends.portaudio import PortAudioLoudspeaker, PortAudioMicrophone
from agent.voice.backends.portaudio_format import Cutter, Format, Upsampler
from agent.voice.backends.silent import SilentLoudspeaker
from agent.voice.backends.wavfile import WavFileMicrophone
from agent.voice.backends.webrtc import WebRtcCleaner
from agent.voice.base import Loudspeaker, LoudspeakerStream, Microphone, Speech
from agent.voice.cleaning import Cleaned, Cleaning
from agent.voice.ear import Ear

LIMIT_S = 20
"""No promise about speed: only that a test ends."""


def tone(seconds: float, pitch: float = 440, rate: int = SAMPLE_RATE) -> Samples:
    at = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * pitch * at) * 8000).astype(np.int16)


def pitch(samples: Samples, rate: int = SAMPLE_RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


# A private sound server with a virtual cable: what is played into it is recorded from it.

CABLE = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=cable rate=48000 channels=1
set-default-sink cable
set-default-source cable.monitor
"""


class SoundServer:
    """PulseAudio in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.socket = folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        script = folder / "cable.pa"
        script.write_text(CABLE.format(socket=self.socket))
        self._command = ["pulseaudio", "-n", "-F", str(script), "--daemonize=no"]
        self._command += ["--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"]

    def start(self) -> None:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder)}
        environment["XDG_RUNTIME_DIR"] = str(self._folder)
        self._process = subprocess.Popen(
            self._command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self.socket.unlink(missing_ok=True)
            self._process = None


async def appears(condition: Callable[[], bool]) -> bool:
    """Wait until something is so, for at most 5 s."""
    for _ in range(100):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.fixture
async def sound_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SoundServer]:
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed: PortAudio is not tried against a sound server")
    server = SoundServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", f"unix:{server.socket}")
    monkeypatch.setenv("PULSE_COOKIE", str(tmp_path / "cookie"))
    # With shared memory libpulse 16 itself hangs after about every third death of its server.
    # What we do about a library that hangs is tried with the fake below.
    client = tmp_path / "client.conf"
    client.write_text("enable-shm = no\nautospawn = no\n", encoding="utf-8")
    monkeypatch.setenv("PULSE_CLIENTCONFIG", str(client))
    server.start()
    try:
        if not await appears(server.socket.exists):
            pytest.skip("pulseaudio does not start on this machine")
        try:
            names, _ = portaudio.list_devices()
        except PartError:
            pytest.skip("the system library PortAudio is not installed")
        if "pulse" not in names:
            pytest.skip("ALSA has no pulse plug-in (Debian: libasound2-plugins)")
        yield server
    finally:
        server.kill()


def no_thread_is_left() -> bool:
    return not any(thread.name.startswith("portaudio") for thread in threading.enumerate())


# What every microphone promises.


async def keeps_the_microphone_contract(microphone: Microphone) -> None:
    for _ in range(2):  # It can be opened again.
        async with asyncio.timeout(LIMIT_S), microphone.open() as frames:
            taken = [await anext(frames) for _ in range(10)]
        for number, frame in enumerate(taken):
            assert frame.samples.shape == (FRAME_SAMPLES,)
            assert frame.samples.dtype == np.int16
            assert frame.start == number * FRAME_SAMPLES


async def test_a_microphone_of_files_keeps_the_contract() -> None:
    await keeps_the_microphone_contract(WavFileMicrophone())


async def test_a_real_microphone_keeps_the_contract(sound_server: SoundServer) -> None:
    await keeps_the_microphone_contract(PortAudioMicrophone(["no such thing", "PULSE"]))
    assert await appears(no_thread_is_left)


# What every loudspeaker promises.


async def keeps_the_loudspeaker_contract(loudspeaker: Loudspeaker) -> None:
    for _ in range(2):
        async with asyncio.timeout(LIMIT_S), loudspeaker.open() as stream:
            await stream.play(Speech(tone(0.1)))
            await stream.play(Speech(np.zeros(0, np.int16)))
            for number in range(50):
                stream.play_room(AudioFrame(tone(0.02), number * FRAME_SAMPLES))
            stream.set_volume(0.5)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await stream.play(Speech(tone(60)))
            await stream.play(Speech(tone(0.1)))


async def test_a_silent_loudspeaker_keeps_the_contract() -> None:
    loudspeaker = SilentLoudspeaker()
    await keeps_the_loudspeaker_contract(loudspeaker)
    assert loudspeaker.room_frames == 100


async def test_a_real_loudspeaker_keeps_the_contract(sound_server: SoundServer) -> None:
    await keeps_the_loudspeaker_contract(PortAudioLoudspeaker(["pulse"]))
    assert await appears(no_thread_is_left)


# PortAudio against a sound server.


async def heard_while_playing(
    frames: AsyncIterator[AudioFrame], stream: LoudspeakerStream, sound: Samples
) -> Samples:
    """What the microphone hears while a sentence is played."""
    heard: list[Samples] = []

    async def listen() -> None:
        async for frame in frames:
            heard.append(frame.samples)

    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        listener = group.create_task(listen())
        await stream.play(Speech(sound))
        await asyncio.sleep(0.2)
        listener.cancel()
    return np.concatenate(heard)


async def test_what_is_played_is_heard_at_its_pitch_and_volume(sound_server: SoundServer) -> None:
    async with PortAudioMicrophone().open() as frames, PortAudioLoudspeaker().open() as stream:
        await heard_while_playing(frames, stream, tone(0.5))  # The server wakes up.
        loud = await heard_while_playing(frames, stream, tone(2))
        stream.set_volume(0)
        nothing = await heard_while_playing(frames, stream, tone(1))

    sounding = loud[np.abs(loud) > 100]
    assert len(sounding) > SAMPLE_RATE
    assert pitch(loud) == pytest.approx(440, abs=3)
    assert np.abs(loud).max() == pytest.approx(8000, rel=0.1)
    assert np.abs(nothing[-SAMPLE_RATE // 2 :]).max() < 100


async def test_what_the_loudspeaker_plays_is_taken_out_of_what_the_microphone_hears(
    sound_server: SoundServer,
) -> None:
    """Of the seconds after the first three the best one: a busy machine makes the server stumble,
    and the canceller then has to find the echo anew.
    """
    cleaning = Cleaning(WebRtcCleaner(), time.monotonic)
    chance = np.random.default_rng(0)
    room = chance.normal(0, 3000, 7 * SAMPLE_RATE) * np.repeat(chance.uniform(0, 1, 70), 1600)
    better: list[float] = []
    async with (
        PortAudioMicrophone().open() as frames,
        PortAudioLoudspeaker().open(cleaning.reference.put) as stream,
    ):
        heard: list[Cleaned] = []
        for start in range(0, len(room), FRAME_SAMPLES):
            samples = room[start : start + FRAME_SAMPLES].astype(np.int16)
            stream.play_room(AudioFrame(samples, start))
            heard.append(cleaning.clean(await anext(frames)))
    for begin in range(150, len(heard) - 50, 50):
        second = heard[begin : begin + 50]
        raw = np.concatenate([each.raw.samples for each in second]).astype(np.float64)
        clean = np.concatenate([each.clean.samples for each in second]).astype(np.float64)
        if raw.any():
            better.append(float(10 * np.log10(np.mean(raw**2) / (np.mean(clean**2) + 1))))

    assert max(better) > 20


async def test_the_room_is_heard(sound_server: SoundServer) -> None:
    room = tone(4, 800)
    async with PortAudioMicrophone().open() as frames, PortAudioLoudspeaker().open() as stream:
        await anext(frames)
        heard = []
        for start in range(0, len(room), FRAME_SAMPLES):
            stream.play_room(AudioFrame(room[start : start + FRAME_SAMPLES], start))
            heard.append((await anext(frames)).samples)  # Its pace is the room's pace.

    assert pitch(np.concatenate(heard)) == pytest.approx(800, abs=3)


async def test_a_sound_server_that_dies_is_a_fault_and_comes_back(
    sound_server: SoundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with PortAudioMicrophone().open() as frames, PortAudioLoudspeaker().open() as stream:
        await stream.play(Speech(tone(0.1)))
        await anext(frames)
        sound_server.kill()
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(PartError) as microphone:
                async for _ in frames:
                    pass
            with pytest.raises(PartError) as loudspeaker:
                await stream.play(Speech(tone(60)))
    assert microphone.value.fault is Fault.MICROPHONE_LOST
    assert loudspeaker.value.fault is Fault.LOUDSPEAKER_LOST
    assert await appears(no_thread_is_left)

    for part, fault in (
        (PortAudioMicrophone(), Fault.MICROPHONE_MISSING),
        (PortAudioLoudspeaker(), Fault.LOUDSPEAKER_MISSING),
    ):
        with pytest.raises(PartError) as missing:
            async with part.open():
                pass
        assert missing.value.fault is fault

    sound_server.start()
    assert await appears(sound_server.socket.exists)
    async with asyncio.timeout(LIMIT_S), PortAudioMicrophone().open() as frames:
        await anext(frames)


# PortAudio's failures, with a fake library.


class FakeLibrary:
    """`sounddevice` with two microphones, two loudspeakers, and the faults that a test wants."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.devices = [
            device("Head camera Mic", inputs=1),
            device("Laptop array", inputs=2),
            device("Head camera Earpiece", outputs=2),
            device("Laptop speakers", outputs=2),
        ]
        self.refused: Callable[[dict[str, Any]], bool] = lambda asked: False
        self.opened: list[dict[str, Any]] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self.RawInputStream = self.RawOutputStream = self.stream

    def _initialize(self) -> None: ...

    def _terminate(self) -> None: ...

    def _exit_handler(self) -> None: ...

    def query_devices(self, kind: str | None = None) -> Any:
        if kind is None:
            return self.devices
        for index in reversed(range(len(self.devices))):
            if self.devices[index][f"max_{kind}_channels"]:
                return {"index": index}
        raise self.PortAudioError

    def stream(self, **asked: Any) -> Any:
        if self.refused(asked):
            raise self.PortAudioError
        self.opened.append(asked)
        return SimpleNamespace(
            latency=0.0,
            start=lambda: None,
            stop=lambda ignore_errors: self.may_end.wait(),
            close=lambda ignore_errors: None,
        )


def device(name: str, inputs: int = 0, outputs: int = 0) -> dict[str, Any]:
    return {
        "name": name,
        "max_input_channels": inputs,
        "max_output_channels": outputs,
        "default_samplerate": 44100.0,
    }


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLibrary]:
    fake = FakeLibrary()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    yield fake
    fake.may_end.set()


def test_devices_are_listed_by_name(library: FakeLibrary) -> None:
    inputs, outputs = portaudio.list_devices()

    assert inputs == ["Head camera Mic", "Laptop array"]
    assert outputs == ["Head camera Earpiece", "Laptop speakers"]


@pytest.mark.parametrize(
    ("names", "opened"),
    [
        ([], 1),
        (["head CAMERA"], 0),
        (["laptop", "head"], 1),
        (["no such thing", "head"], 0),
        (["no such thing"], 1),
    ],
)
async def test_names_are_preferences_and_the_default_comes_last(
    names: list[str], opened: int, library: FakeLibrary
) -> None:
    async with PortAudioMicrophone(names).open():
        assert library.opened[-1]["device"] == opened
        assert library.opened[-1]["samplerate"] == SAMPLE_RATE
        assert library.opened[-1]["channels"] == 1


async def test_a_device_without_16_khz_is_opened_at_its_own_rate(library: FakeLibrary) -> None:
    library.refused = lambda asked: asked["samplerate"] == SAMPLE_RATE or asked["channels"] == 1

    async with PortAudioLoudspeaker(["head"]).open():
        asked = library.opened[-1]
        assert (asked["device"], asked["samplerate"], asked["channels"]) == (2, 44100, 2)
        block = bytearray(asked["blocksize"] * 2 * 2)
        asked["callback"](memoryview(block), asked["blocksize"], None, None)


async def test_a_device_in_use_gives_way_to_the_default(library: FakeLibrary) -> None:
    library.refused = lambda asked: asked["device"] == 0

    async with PortAudioMicrophone(["head"]).open():
        assert library.opened[-1]["device"] == 1


@contextmanager
def fault(expected: Fault) -> Iterator[None]:
    with pytest.raises(PartError) as caught:
        yield
    assert caught.value.fault is expected


async def test_no_device_at_all_is_a_fault(library: FakeLibrary) -> None:
    library.devices.clear()

    with fault(Fault.MICROPHONE_MISSING):
        async with PortAudioMicrophone().open():
            pass
    with fault(Fault.LOUDSPEAKER_MISSING):
        async with PortAudioLoudspeaker(["any"]).open():
            pass


async def test_a_missing_portaudio_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    with fault(Fault.SOUND_SYSTEM_MISSING):
        async with PortAudioMicrophone().open():
            pass
    with fault(Fault.SOUND_SYSTEM_MISSING):
        portaudio.list_devices()


async def test_callbacks_that_never_come_are_a_lost_device(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio, "START_S", 0.05)

    async with PortAudioMicrophone().open() as frames:
        with fault(Fault.MICROPHONE_LOST):
            await anext(frames)
    async with PortAudioLoudspeaker().open() as stream:
        with fault(Fault.LOUDSPEAKER_LOST):
            await stream.play(Speech(tone(1)))


async def test_a_stream_that_ends_by_itself_is_a_lost_device(library: FakeLibrary) -> None:
    async with PortAudioMicrophone().open() as frames:
        library.opened[-1]["finished_callback"]()
        with fault(Fault.MICROPHONE_LOST):
            await anext(frames)


async def test_a_driver_that_hangs_does_not_hang_the_agent(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio_host, "CLOSE_LIMIT_S", 0.05)
    library.may_end.clear()

    async with asyncio.timeout(LIMIT_S):
        async with PortAudioMicrophone().open():
            pass
        async with PortAudioLoudspeaker().open():
            pass

    library.may_end.set()
    assert await appears(no_thread_is_left)


HANGING_LIBRARY = """
import atexit, threading

class PortAudioError(Exception): ...

class RawInputStream:
    latency = 0.0
    def __init__(self, **asked): ...
    def start(self): ...
    def stop(self, ignore_errors): threading.Event().wait()

def _exit_handler(): threading.Event().wait()
def _initialize(): ...
_terminate = _initialize
atexit.register(_exit_handler)

def query_devices(kind=None):
    device = {"index": 0, "name": "x", "max_input_channels": 1, "default_samplerate": 16000}
    return device if kind else [device]
"""

AGENT = """
import asyncio
from agent.voice.backends.portaudio import PortAudioMicrophone

async def main():
    async with PortAudioMicrophone().open():
        pass

asyncio.run(main())
"""


def test_a_driver_that_hangs_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text(HANGING_LIBRARY, encoding="utf-8")
    project = str(Path(portaudio.__file__).parents[3])

    done = subprocess.run(
        [sys.executable, "-c", AGENT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), project])},
        timeout=30,
        check=False,
    )

    assert done.returncode == 0


async def test_a_driver_that_opens_too_late_is_closed_again(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio_host, "OPEN_LIMIT_S", 0.05)
    late = threading.Event()
    library.refused = lambda asked: not late.wait(LIMIT_S)

    with fault(Fault.SOUND_SYSTEM_MISSING):
        async with PortAudioMicrophone().open():
            pass

    late.set()
    assert await appears(no_thread_is_left)
    assert len(library.opened) == 1


# Formats: pure.


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_microphone_in_any_format_gives_frames_at_16_khz(rate: int, channels: int) -> None:
    sound, block = np.repeat(tone(1, rate=rate), channels), rate // 50
    cutter = Cutter(Format(0, rate, channels))
    frames: list[AudioFrame] = []
    for start in range(0, rate, block):
        piece = sound[start * channels : (start + block) * channels]
        cutter.feed(start, piece.tobytes())
        while (frame := cutter.next()) is not None:
            frames.append(frame)

    assert len(frames) >= 47  # The resampler keeps a little.
    assert [frame.start for frame in frames] == [n * FRAME_SAMPLES for n in range(len(frames))]
    assert pitch(np.concatenate([frame.samples for frame in frames])) == pytest.approx(440, abs=3)


@given(lost=st.integers(1, 100), rate=st.sampled_from([16_000, 44_100, 48_000]))
def test_lost_blocks_are_a_jump_of_the_same_length(lost: int, rate: int) -> None:
    cutter, block = Cutter(Format(0, rate, 1)), rate // 50
    starts = []
    for number in [*range(10), *range(10 + lost, 30 + lost)]:
        cutter.feed(number * block, bytes(2 * block))
        while (frame := cutter.next()) is not None:
            starts.append(frame.start)

    assert (10 + lost) * FRAME_SAMPLES in starts
    steps = np.diff(starts)
    assert (steps > FRAME_SAMPLES).sum() == 1
    assert (steps >= FRAME_SAMPLES).all()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_loudspeaker_in_any_format_plays_at_the_right_pitch(rate: int, channels: int) -> None:
    ear = Ear()
    ear.say(tone(2))
    source = Upsampler(ear, Format(0, rate, channels))

    blocks = [np.frombuffer(source.read(rate // 50), np.int16) for _ in range(50)]

    assert {len(block) for block in blocks} == {rate // 50 * channels}
    assert pitch(np.concatenate(blocks)[::channels], rate) == pytest.approx(440, abs=3)

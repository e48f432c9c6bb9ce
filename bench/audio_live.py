"""The sound's whole way in real time, through a sound server of its own (PulseAudio) with a
virtual cable: what is played into it is what the microphone hears.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import aioice.ice
import aiortc.rtcrtpsender
import av
import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.meeting.opus import MonoOpusEncoder
from agent.meeting.sound import FrameCutter, MicrophoneTrack
from agent.voice.backends.portaudio import PortAudioLoudspeaker, PortAudioMicrophone
from agent.voice.backends.webrtc import WebRtcCleaner
from agent.voice.base import Speech
from agent.voice.cleaning import Cleaning
from bench.audio_far_ends import LOUD, Clicks, FarEnd

SCRIPT = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=cable rate=48000 channels=1
set-default-sink cable
set-default-source cable.monitor
"""

START_S = 5.0
SETTLE_S, TALKED_S = 5.0, 5.0
"""Before anything is measured, and before the echo must be gone."""
CLICKS, CLICK_EVERY_S = 8, 0.7


@contextmanager
def sound_server() -> Iterator[bool]:
    """A private PulseAudio; False where there is none."""
    program = shutil.which("pulseaudio")
    if program is None:
        yield False
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        socket = folder / "socket"
        (folder / "cable.pa").write_text(SCRIPT.format(socket=socket))
        (folder / "client.conf").write_text("enable-shm = no\nautospawn = no\n", "utf-8")
        home = {"PATH": "/usr/bin:/bin", "HOME": name, "XDG_RUNTIME_DIR": name}
        command = [program, "-n", "-F", str(folder / "cable.pa"), "--daemonize=no"]
        command += ["--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, env=home, stdout=quiet, stderr=quiet) as server:
            os.environ["PULSE_SERVER"] = f"unix:{socket}"
            os.environ["PULSE_COOKIE"] = str(folder / "cookie")
            os.environ["PULSE_CLIENTCONFIG"] = str(folder / "client.conf")
            waited = time.monotonic() + START_S
            while not socket.exists() and time.monotonic() < waited:
                time.sleep(0.05)
            try:
                yield socket.exists()
            finally:
                server.kill()


@dataclass(slots=True)
class Live:
    """What was seen on the way."""

    cpu: float = 0.0
    """CPU seconds a second: microphone, canceller, Opus both ways, loudspeaker."""
    erle: float = 0.0
    """dB: how much weaker the room's sound was in the cleaned than in the microphone's, settled."""
    gaps: int = 0
    to_microphone: list[float] = field(default_factory=list)
    """Seconds from the loudspeaker's callback until the microphone's frame is here."""
    to_far_end: list[float] = field(default_factory=list)
    """The same until it is out of the far end's jitter buffer and decoder."""


async def cost(far: Samples, seconds_: float) -> Live:
    """The room talks, its echo is in the microphone, everything runs, and has run for a while: a
    sound server finds its buffers' lengths in its first seconds.

    far: what the room says, shape (n,), 16 kHz. seconds_: from when it begins to talk.
    """
    result, cleaning = Live(), Cleaning(WebRtcCleaner(), time.monotonic)
    encoder, decoder, cutter = MonoOpusEncoder(), OpusDecoder(), FrameCutter()
    before, after, count = 0.0, 0.0, 0
    async with AsyncExitStack() as stack:
        speaker = PortAudioLoudspeaker()
        stream = await stack.enter_async_context(speaker.open(cleaning.reference.put))
        frames = await stack.enter_async_context(PortAudioMicrophone().open())
        begun, cpu = time.monotonic() + SETTLE_S, 0.0
        async for frame in frames:
            cleaned = cleaning.clean(frame)
            payloads, stamp = encoder.encode(_av(cleaned.polished.samples, count))
            # The room's sound comes as Opus, too; here it is packed on the way, at no small cost.
            place = count * FRAME_SAMPLES % (len(far) - FRAME_SAMPLES)
            if payloads:
                for decoded in decoder.decode(JitterFrame(payloads[0], stamp)):
                    if isinstance(decoded, av.AudioFrame):
                        list(cutter.cut(decoded))
            said = AudioFrame(far[place : place + FRAME_SAMPLES], count * FRAME_SAMPLES)
            count += 1
            if time.monotonic() < begun:
                continue
            cpu = cpu or time.process_time()
            stream.play_room(said)
            if time.monotonic() - begun > TALKED_S:
                before += float(np.sum(frame.samples.astype(np.float64) ** 2))
                after += float(np.sum(cleaned.clean.samples.astype(np.float64) ** 2))
            if time.monotonic() - begun > seconds_:
                break
        result.cpu = (time.process_time() - cpu) / (time.monotonic() - begun)
    result.erle = 10 * float(np.log10(before / max(after, 1e-9)))
    result.gaps = cleaning.reference.gaps
    return result


def _av(samples: Samples, number: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
    frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    frame.pts = number * FRAME_SAMPLES
    return frame


async def delays(far_end: FarEnd) -> Live:
    """Clicks from mouth to far ear. The mouth is a loudspeaker of ours, so that the way through one
    sound card out and one in, the net (loopback) and a far end's jitter buffer are all in it; only
    the canceller is not told of it, or it would take the click away.
    """
    result, cleaning = Live(), Cleaning(WebRtcCleaner(), time.monotonic)
    given: list[float] = []
    heard = Clicks(result.to_microphone, given)
    far_end.clicks = Clicks(result.to_far_end, given)
    click = np.zeros(round(0.1 * SAMPLE_RATE), np.int16)
    click[:160] = (np.sin(np.arange(160) * 0.8) * 20000).astype(np.int16)
    track = MicrophoneTrack()
    track.transmit(True)

    def played(piece: Samples) -> None:
        if np.abs(piece).max() > LOUD and (not given or time.time() - given[-1] > 0.3):
            given.append(time.time())

    async with AsyncExitStack() as stack:
        stream = await stack.enter_async_context(PortAudioLoudspeaker().open(played))
        frames = await stack.enter_async_context(PortAudioMicrophone().open())

        async def listen() -> None:
            async for frame in frames:
                polished = cleaning.clean(frame).polished
                heard.look(polished)
                track.offer(polished)

        async with asyncio.TaskGroup() as group:
            listening = group.create_task(listen())
            near = await _connected(track, far_end)
            await asyncio.sleep(SETTLE_S)
            for _ in range(CLICKS):
                await stream.play(Speech(click))
                await asyncio.sleep(CLICK_EVERY_S)
            listening.cancel()
            await near.close()
            await far_end.close()
    return result


async def _connected(track: MicrophoneTrack, far_end: FarEnd) -> RTCPeerConnection:
    # Both ends are on this machine, and nothing else is to be asked for a way.
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    # aiortc has no setting for it.
    setattr(aiortc.rtcrtpsender, "get_encoder", lambda _codec: MonoOpusEncoder())  # noqa: B010
    near = RTCPeerConnection()
    near.addTrack(track)
    await near.setLocalDescription(await near.createOffer())
    answer = await far_end.answer(near.localDescription.sdp)
    await near.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return near

"""The other end of a call, for tests: real WebRTC that sends a tone and a colour, and listens."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from fractions import Fraction

import av
import numpy as np
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame
from agent.meeting import sdp
from agent.meeting.aiortc_hooks import try_loopback
from agent.meeting.connection import Route, close_connection, new_connection

BLUE = (255, 0, 0)
RED = (0, 0, 255)


def tone(index: int, amplitude: float = 8000, hertz: float = 440) -> AudioFrame:
    """The `index`-th 20 ms of a sine."""
    start = index * FRAME_SAMPLES
    phase = 2 * np.pi * hertz * np.arange(start, start + FRAME_SAMPLES) / SAMPLE_RATE
    return AudioFrame((amplitude * np.sin(phase)).astype(np.int16), start)


def loudness(samples: np.ndarray) -> float:
    """Root mean square, on the scale of int16."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def strength(samples: np.ndarray, hertz: float, rate: int) -> float:
    """Root mean square of the part of `samples` that is a sine of `hertz`."""
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate)
    return float(np.sqrt(2) * np.abs(np.mean(samples * turns)))


class ToneTrack(AudioStreamTrack):
    """An endless tone, paced."""

    def __init__(self, amplitude: float = 8000, hertz: float = 440) -> None:
        super().__init__()
        self._amplitude = amplitude
        self._hertz = hertz
        self._index = 0
        self._start = asyncio.get_running_loop().time()

    async def recv(self) -> av.AudioFrame:
        due = self._start + self._index * 0.02
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        samples = tone(self._index, self._amplitude, self._hertz).samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        frame.pts = self._index * FRAME_SAMPLES
        self._index += 1
        return frame


class ColourTrack(VideoStreamTrack):
    """One colour, small, 30 pictures a second. It can be read by one call after another."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        self._pixels = np.full((120, 160, 3), colour, np.uint8)

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame.from_ndarray(self._pixels, "bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class FarEnd:
    """Answers one offer, sends a loud tone and red, keeps the newest of what arrives."""

    def __init__(self, *, sends: bool = True) -> None:
        self.connection = new_connection(Route())
        for track in (ToneTrack(), ColourTrack(RED)) if sends else ():
            self.connection.addTrack(track)
        try_loopback(self.connection)
        self.connection.on("track", self._listen)
        self._readers: list[asyncio.Task[None]] = []
        self.loudness = 0.0
        """Of the newest 20 ms that arrived."""
        self.sounds = 0
        self.colour = (0, 0, 0)
        """Mean blue, green, red of the newest picture that arrived."""
        self.pictures = 0

    async def answer(self, offer: str) -> str:
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        try_loopback(self.connection)
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return as_recorded(self.connection.localDescription.sdp)

    async def close(self) -> None:
        await close_connection(self.connection)
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    def _listen(self, track: MediaStreamTrack) -> None:
        self._readers.append(asyncio.create_task(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.AudioFrame):
                    self.loudness = loudness(frame.to_ndarray())
                    self.sounds += 1
                elif isinstance(frame, av.VideoFrame):
                    blue, green, red = frame.to_ndarray(format="bgr24").mean(axis=(0, 1))
                    self.colour = (int(blue), int(green), int(red))
                    self.pictures += 1


def as_recorded(answer: str) -> str:
    """An answer of aiortc in the shape that real nodes have been recorded to give.

    Candidates in the first section only, TCP ones among them, no end of candidates, one
    fingerprint, feedback for any payload.
    """
    lines: list[str] = []
    section = 0
    for line in answer.splitlines():
        section += line.startswith("m=")
        candidate = line.startswith("a=candidate")
        if (candidate and section > 1) or line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=fingerprint") and "sha-256" not in line:
            continue
        lines.append(line)
        if candidate and section == 1 and not any("tcptype" in other for other in lines):
            lines.append("a=candidate:9 1 TCP 1015022079 192.0.2.7 9 typ host tcptype active")
        if line.startswith("m="):
            lines.append(f"a=label:{section}")
    return "".join(f"{line}\r\n" for line in lines)


def answer_of(text: str) -> RTCSessionDescription:
    """A far end's answer as `Peer` applies it."""
    return RTCSessionDescription(sdp.incoming(text), "answer")


async def until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    """Wait for a condition; TimeoutError when it does not come true."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - a condition of any kind has no event
            await asyncio.sleep(0.01)


async def soon(awaitable: Awaitable[object], limit: float = 10.0) -> None:
    """Wait for something to end; TimeoutError when it does not."""
    async with asyncio.timeout(limit):
        await awaitable

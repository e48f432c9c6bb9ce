"""A microphone that is fed from sound files in real time: for the demo and for tests."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Samples
from agent.voice import wav

QUEUE_PLACES = 32
"""Sounds that may wait; a script that queues more has lost its place."""

BACKLOG_FRAMES = 100
"""A reader may be 2 s late, as with a real microphone; then the oldest sound is lost."""

NOISE = 3
"""Greatest amplitude of the noise between utterances, about -80 dB: a microphone of exact zeros
is a broken one."""


class WavFileMicrophone:
    """A Microphone whose world is silent but for what `play` puts into it."""

    def __init__(self, *, zeros: bool = False, seed: int = 0) -> None:
        """zeros: deliver nothing but zeros, as a broken or blocked microphone does.
        seed: of the noise; equal seeds give equal sound.
        """
        self._zeros = zeros
        self._seed = seed
        self._waiting: deque[Samples] = deque()
        self._silent = asyncio.Event()
        self._silent.set()

    def play(self, path: str | Path) -> None:
        """Queue a WAV file: PCM of any rate and any number of channels, at most 60 s.

        Raises PartError(SOUND_FILES_MISSING) when it is missing or corrupt, asyncio.QueueFull
        when 32 sounds wait already.
        """
        file = Path(path)
        try:
            samples = wav.decode(file.read_bytes())
        except (OSError, ValueError) as error:
            raise PartError(Fault.SOUND_FILES_MISSING, file=str(file)) from error
        self.play_samples(samples)

    def play_samples(self, samples: Samples) -> None:
        """Queue sound: shape (n,), int16, 16 kHz. Raises asyncio.QueueFull like `play`."""
        if len(self._waiting) >= QUEUE_PLACES:
            raise asyncio.QueueFull
        if samples.size:
            self._waiting.append(samples)
            self._silent.clear()

    async def played(self) -> None:
        """Wait until everything queued has gone out (never, while nobody reads)."""
        await self._silent.wait()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[AudioFrame]]:
        """Start; the frames come at the pace of the clock."""
        yield _Frames(self, self._seed)

    def take(self, generator: np.random.Generator) -> Samples:
        """The next 20 ms of this microphone's world."""
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        if not self._zeros:
            frame += generator.integers(-NOISE, NOISE + 1, FRAME_SAMPLES, np.int16)
        filled = 0
        while self._waiting and filled < FRAME_SAMPLES:
            sound = self._waiting.popleft()
            piece = sound[: FRAME_SAMPLES - filled]
            if not self._zeros:
                mixed = frame[filled : filled + piece.size] + piece.astype(np.int32)
                frame[filled : filled + piece.size] = np.clip(mixed, -32768, 32767)
            filled += piece.size
            if piece.size < sound.size:
                self._waiting.appendleft(sound[piece.size :])
        if not self._waiting:
            self._silent.set()
        return frame


class _Frames:
    """Frame n is ready (n + 1) · 20 ms after opening, however late the one before it was."""

    def __init__(self, world: WavFileMicrophone, seed: int) -> None:
        self._world = world
        self._generator = np.random.default_rng(seed)
        self._opened = asyncio.get_running_loop().time()
        self._next = 0

    def __aiter__(self) -> AsyncIterator[AudioFrame]:
        return self

    async def __anext__(self) -> AudioFrame:
        late = asyncio.get_running_loop().time() - self._due(self._next)
        for _ in range(int(late / FRAME_SECONDS) - BACKLOG_FRAMES):
            self._world.take(self._generator)
            self._next += 1
        # Also when it is late: other tasks get their turn.
        await asyncio.sleep(max(0.0, -late))
        frame = AudioFrame(self._world.take(self._generator), self._next * FRAME_SAMPLES)
        self._next += 1
        return frame

    def _due(self, frame: int) -> float:
        return self._opened + (frame + 1) * FRAME_SAMPLES / SAMPLE_RATE

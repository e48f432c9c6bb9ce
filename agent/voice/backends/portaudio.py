"""This machine's microphones and loudspeakers, through PortAudio (python-sounddevice).

Two one-way streams, never a duplex one: over PulseAudio's ALSA plug-in a duplex stream used a
whole core where two one-way streams used 3 % of one.

Limits: PortAudio sees a device that was plugged in after the start only when it looks anew, which
it can do only while no stream of ours is open. Tried against PulseAudio's virtual devices on
Linux; not against real hardware, and not on Windows or macOS.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, AudioFrame, Samples
from agent.mailbox import Mailbox
from agent.voice.backends.portaudio_devices import Direction
from agent.voice.backends.portaudio_format import Cutter, Format, Upsampler
from agent.voice.backends.portaudio_host import BLOCKS_PER_SECOND, Callback, list_devices, opened
from agent.voice.base import LoudspeakerStream, Speech
from agent.voice.ear import Ear

__all__ = ["PortAudioLoudspeaker", "PortAudioMicrophone", "list_devices"]

STALL_S = 2.0
"""A device whose callback is silent for so long is lost."""

START_S = 6.0
"""A sound server that wakes up may take more than a second until the first callback."""

KEPT_BLOCKS = 2 * BLOCKS_PER_SECOND
"""2 s of sound wait for a slow reader."""


class PortAudioMicrophone:
    """The first microphone whose name contains one of `names`, else the system's default."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        """names: parts of device names, in order of preference; case does not matter."""
        self._names = names

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[AudioFrame]]:
        """Start listening. Raises PartError (MICROPHONE_MISSING, SOUND_SYSTEM_MISSING)."""
        frames = _Frames()
        async with opened(Direction.IN, self._names, frames.callback, frames.end):
            yield frames


class _Frames:
    """The blocks that the callback took, as frames of 20 ms at 16 kHz."""

    def __init__(self) -> None:
        self._blocks: Mailbox[tuple[int, bytes]] = Mailbox(KEPT_BLOCKS)
        self._cutter = Cutter(Format(0, SAMPLE_RATE, 1))
        self._limit = START_S

    def callback(self, form: Format) -> Callback:
        self._cutter = Cutter(form)
        start = 0

        def take(block: Any, count: int, time: Any, status: Any) -> None:
            nonlocal start
            if status.input_overflow:
                start += count  # PortAudio does not tell how much was lost: at least a little.
            self._blocks.put((start, bytes(block)))
            start += count

        return take

    def end(self) -> None:
        self._blocks.close(PartError(Fault.MICROPHONE_LOST))

    def __aiter__(self) -> AsyncIterator[AudioFrame]:
        return self

    async def __anext__(self) -> AudioFrame:
        while (frame := self._cutter.next()) is None:
            try:
                async with asyncio.timeout(self._limit):
                    start, block = await self._blocks.get()
            except TimeoutError as error:
                raise PartError(Fault.MICROPHONE_LOST) from error
            self._limit = STALL_S
            self._cutter.feed(start, block)
        return frame


class PortAudioLoudspeaker:
    """The first loudspeaker whose name contains one of `names`, else the system's default."""

    def __init__(self, names: Sequence[str] = (), volume: float = 1.0) -> None:
        """names: parts of device names, in order of preference; case does not matter.
        volume: linear gain when it opens, 0 to 2.
        """
        self._names = names
        self._volume = volume

    @asynccontextmanager
    async def open(
        self, played: Callable[[Samples], None] = lambda _piece: None
    ) -> AsyncIterator[LoudspeakerStream]:
        """See `Loudspeaker`. Raises PartError (LOUDSPEAKER_MISSING, SOUND_SYSTEM_MISSING)."""
        stream = _EarStream(Ear(self._volume), played)
        async with opened(
            Direction.OUT, self._names, stream.callback, stream.end
        ) as stream.latency:
            yield stream


class _EarStream:
    """A LoudspeakerStream: the callback reads from the ear and tells that it did."""

    def __init__(self, ear: Ear, played: Callable[[Samples], None]) -> None:
        self.latency = 0.0
        self._ear = ear
        self._played = played
        self._reads: Mailbox[None] = Mailbox(1)
        self._limit = START_S

    def callback(self, form: Format) -> Callback:
        source = Upsampler(self._ear, form, self._played)

        def give(block: Any, count: int, time: Any, status: Any) -> None:
            block[:] = source.read(count)
            self._reads.put(None)

        return give

    def end(self) -> None:
        self._reads.close(PartError(Fault.LOUDSPEAKER_LOST))

    async def play(self, speech: Speech) -> None:
        """Play one sentence at a time; an empty one only looks whether the device is alive."""
        line = self._ear.say(speech.samples)
        try:
            await self._read()
            while not line.ended:
                await self._read()
            await asyncio.sleep(self.latency if speech.samples.size else 0)
        finally:
            line.stop()

    async def _read(self) -> None:
        """Wait until the device has taken another block."""
        try:
            async with asyncio.timeout(self._limit):
                await self._reads.get()
        except TimeoutError as error:
            raise PartError(Fault.LOUDSPEAKER_LOST) from error
        self._limit = STALL_S

    def play_room(self, frame: AudioFrame) -> None:
        self._ear.hear_room(frame.samples)

    def set_volume(self, gain: float) -> None:
        self._ear.volume = gain

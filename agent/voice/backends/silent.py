"""A loudspeaker for machines without one: keeps time and plays to nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent.frames import SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import LoudspeakerStream, Speech


class SilentLoudspeaker:
    """A Loudspeaker that nobody hears. What the agent says still takes its time and is shown."""

    def __init__(self, speed: float = 1.0) -> None:
        """speed: a sentence takes its real length divided by this; greater than 0."""
        self._speed = speed
        self.room_frames = 0
        """Frames of the room's sound that were taken and dropped."""

    @asynccontextmanager
    async def open(
        self, played: Callable[[Samples], None] = lambda _piece: None
    ) -> AsyncIterator[LoudspeakerStream]:
        """Never fails. `played` is told nothing: no microphone hears it."""
        yield self

    async def play(self, speech: Speech) -> None:
        """Take as long as the sentence would."""
        await asyncio.sleep(len(speech.samples) / SAMPLE_RATE / self._speed)

    def play_room(self, frame: AudioFrame) -> None:
        """Count and drop."""
        self.room_frames += 1

    def set_volume(self, gain: float) -> None:
        """Silence has no volume."""

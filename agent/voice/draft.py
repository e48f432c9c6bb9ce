"""An utterance that may still go on: scored while the silence after it is being waited for."""

import asyncio

from agent.voice.base import Utterance


class Draft:
    """Belongs to the event loop. Whoever takes the frames extends it or withdraws it."""

    def __init__(self, utterance: Utterance, ended: float, *, interrupts: bool = False) -> None:
        self.utterance = utterance
        self.interrupts = interrupts
        """It was said while the agent itself spoke."""
        self.ended = ended
        """When its speech ended, on the loop's clock."""
        self.settled = False
        """It was a command and has been obeyed: what follows without a pause is not another."""
        self._silence = 0
        self._withdrawn = False
        self._changed = asyncio.Event()

    def extend(self, silence: int) -> None:
        """There have been so many samples of silence after it."""
        self._silence = silence
        self._changed.set()

    def withdraw(self) -> None:
        """The speech goes on, or the stream was interrupted: this is not what was said."""
        self._withdrawn = True
        self._changed.set()

    async def silent_for(self, samples: int) -> bool:
        """Wait for so much silence after it; False: it was withdrawn before."""
        while not self._withdrawn and self._silence < samples:
            self._changed.clear()
            await self._changed.wait()
        return not self._withdrawn

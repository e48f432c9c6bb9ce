"""Point 5c: a few seconds of the camera, for the measure alone. Nothing of it is sent.

During a visit the camera is open anyway; outside of one it is opened for the measure and closed
after it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from agent.messages import LightFound, LightMeasured
from agent.tasks import task_group


class Look(Protocol):
    """What measures."""

    async def steady(self) -> LightFound:
        """What a steady look finds; «ukjent» when there is none within its limit."""
        ...


LIMIT_S = 20.0
"""A camera that opens slowly, and the look."""


class LightCheck:
    """Measures when told to, until it is told not to."""

    def __init__(
        self,
        look: Look,
        film: Callable[[], Awaitable[None]],
        filming: Callable[[], bool],
        tell: Callable[[LightMeasured], None],
    ) -> None:
        """film: opens the camera until cancelled; filming: whether somebody else has done so;
        tell: what was found.
        """
        self._look, self._film, self._filming, self._tell = look, film, filming, tell
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._own: asyncio.Task[None] | None = None

    def want(self, on: bool) -> None:
        """Measure, or do not any more. Never waits."""
        (self._wanted if on else self._unwanted).set()
        (self._unwanted if on else self._wanted).clear()

    def yield_camera(self) -> None:
        """A visit wants the camera; the measure goes on with its pictures."""
        if self._own is not None:
            self._own.cancel()

    async def run(self) -> None:
        """Measure when told to, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            async with task_group() as group:
                measure = group.create_task(self._measure(), name="measure light")
                stop = group.create_task(self._unwanted.wait(), name="stop measuring")
                await asyncio.wait({measure, stop}, return_when=asyncio.FIRST_COMPLETED)
                measure.cancel()
                stop.cancel()
            if not measure.cancelled():
                self._tell(LightMeasured(measure.result()))

    async def _measure(self) -> LightFound:
        async with task_group() as group:
            if not self._filming():
                self._own = group.create_task(_filmed(self._film), name="film for light")
            try:
                async with asyncio.timeout(LIMIT_S):
                    return await self._look.steady()
            except TimeoutError:
                return LightFound()
            finally:
                self.yield_camera()
                self._own = None


async def _filmed(film: Callable[[], Awaitable[None]]) -> None:
    await film()

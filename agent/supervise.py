"""Restart a part that fails, with back-off, and tell when it goes down and comes back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agent.faults import Fault, PartError
from agent.messages import Part, PartDown, PartUp

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


async def supervised(
    part: Part,
    stalled: Fault,
    run: Callable[[Callable[[], None]], Awaitable[None]],
    report: Callable[[PartDown | PartUp], None],
) -> None:
    """Run a part for ever: after a `PartError` or a time-out it is started again.

    run: gets a function to call when the part works (first frame, first answer); it normally
        never returns.
    stalled: the fault to report when a time limit inside the part ran out.
    report: told once when the part goes down, again only when the fault is another one, and once
        when it is back.

    Any other exception is a bug of ours and goes on up: the process ends loudly and is restarted.
    """
    pause = FIRST_PAUSE_S
    told: Fault | None = None

    def works() -> None:
        nonlocal pause, told
        pause = FIRST_PAUSE_S
        if told is not None:
            told = None
            report(PartUp(part))

    while True:
        try:
            await run(works)
            return
        except (PartError, TimeoutError) as error:
            down = _down(part, stalled, error)
        if down.fault is not told:
            log.warning("%s is down: %s; next try in %.1f s", part.value, down.fault.name, pause)
            told = down.fault
            report(down)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def _down(part: Part, stalled: Fault, error: PartError | TimeoutError) -> PartDown:
    if isinstance(error, PartError):
        return PartDown(part, error.fault, error.values)
    return PartDown(part, stalled)

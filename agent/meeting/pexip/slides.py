"""The slides that somebody shows, as still pictures: fetched when the node says there is a new one.

The stills cost no section of the call and no decoder, and nobody reads a moving screen on the
nurse's machine. They are handed on and kept nowhere.
"""

import asyncio
import logging
from collections.abc import Callable

from agent.faults import PartError
from agent.meeting.pexip.roster import ServerEvent
from agent.meeting.pexip.transport import Transport

log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two stills at least."""

_JPEG = b"\xff\xd8\xff"


class Slides:
    """Follows the events about slides and hands on the newest still."""

    def __init__(self, transport: Transport, show: Callable[[bytes | None], None]) -> None:
        """show: takes a JPEG, None when there are no slides any more."""
        self._transport = transport
        self._show = show
        self._changed = asyncio.Event()
        self._shown = False
        self._frame = ""

    def apply(self, event: ServerEvent) -> None:
        """Take in one event; those about other things change nothing."""
        match event.name:
            case "presentation_start" | "presentation_frame":
                self._shown, self._frame = True, event.id
                self._changed.set()
            case "presentation_stop" | "presentation_ended" if self._shown:
                self._shown = False
                self._changed.set()

    async def keep(self) -> None:
        """Fetch and hand on until cancelled; nothing is shown after that."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._show(await self._still() if self._shown else None)
                if self._shown:
                    await asyncio.sleep(PAUSE_S)
        finally:
            self._show(None)

    async def _still(self) -> bytes | None:
        try:
            still = await self._transport.picture("presentation.jpeg", self._frame)
        except PartError as error:
            log.info("A still of the slides did not come: %s", error)
            return None
        # The network's own page, an answer in words, another format: nothing of it is shown.
        return still if still is not None and still.startswith(_JPEG) else None

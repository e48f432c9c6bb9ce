"""Being there: the token kept fresh, the node's events followed, changes told, and leaving."""

import asyncio
import contextlib
import logging
import random
from contextlib import aclosing

from agent.faults import Fault, PartError
from agent.mailbox import Mailbox
from agent.meeting.base import Media
from agent.meeting.connection import Route
from agent.meeting.failures import BUSY
from agent.meeting.pexip.calling import Calling
from agent.meeting.pexip.events import server_events
from agent.meeting.pexip.models import Seat, Token, fields, text
from agent.meeting.pexip.reasons import disconnection, is_known
from agent.meeting.pexip.roster import Roster, ServerEvent, news
from agent.meeting.pexip.slides import Slides
from agent.meeting.pexip.transport import Transport
from agent.messages import MeetingEvent
from agent.tasks import task_group

log = logging.getLogger(__name__)

SETTLE_S = 0.2
"""The node tells a change bit by bit: so long we wait for the rest, and tell it at once."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
JITTER = 0.2
REFRESH_LIMIT_S = 0.3
"""How long leaving waits for a token that is on its way."""
RELEASE_LIMIT_S = 1.2


class Stay:
    """A seat that we have taken, until we leave it or lose it."""

    def __init__(
        self,
        transport: Transport,
        seat: Seat,
        media: Media,
        told: Mailbox[MeetingEvent],
        loopback: bool,
    ) -> None:
        transport.token = seat.token.value
        self._transport = transport
        self._token = seat.token
        self._told = told
        self._roster = Roster(seat.participant, seat.waiting)
        self._changed = asyncio.Event()
        self._refresh_now = asyncio.Event()
        self._refreshing = asyncio.Lock()
        self._inside = asyncio.Event()
        route = Route(seat.servers, seat.relay_only, loopback)
        self._slides = Slides(transport, media.show_slides)
        self._calling = Calling(transport, seat.participant, media, route, self._changed.set)

    async def last(self, leaving: asyncio.Event, waiting_limit: float) -> None:
        """Stay until `leaving` is set.

        waiting_limit: seconds to wait before the door at most.
        Raises PartError when the stay ends by itself.
        """
        self._changed.set()
        async with task_group() as group:
            duties = [
                group.create_task(duty)
                for duty in (
                    self._keep_token(),
                    self._follow(),
                    self._calling.keep(),
                    self._slides.keep(),
                    self._tell(),
                    self._wait_to_be_let_in(waiting_limit),
                )
            ]
            await leaving.wait()
            # A token that is on its way replaces ours: without it the seat cannot be given back.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_LIMIT_S):
                    await self._refreshing.acquire()
            for duty in duties:
                duty.cancel()

    async def leave(self) -> None:
        """Hang up and give the seat back, as well as it can be done in `RELEASE_LIMIT_S`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_LIMIT_S), asyncio.TaskGroup() as group:
                group.create_task(self._calling.hang_up())
                group.create_task(self._release())

    async def _release(self) -> None:
        with contextlib.suppress(PartError):
            await self._transport.post("release_token")

    async def _keep_token(self) -> None:
        """Refresh the token at a third of its life; raises PartError(CONNECTION_LOST)."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._token.life / 3):
                    await self._refresh_now.wait()
            self._refresh_now.clear()
            async with self._refreshing:
                try:
                    async with asyncio.timeout(self._token.life * 2 / 3):
                        self._token = await self._refreshed()
                except TimeoutError:
                    raise PartError(Fault.CONNECTION_LOST) from None
                self._transport.token = self._token.value

    async def _refreshed(self) -> Token:
        pause = FIRST_PAUSE_S
        while True:
            try:
                answer = await self._transport.post("refresh_token")
            except PartError as error:
                log.info("The token was not refreshed: %s", error)
            else:
                token = Token.parse(answer.result) if answer.ok else None
                if token is not None:
                    return token
                if answer.code not in BUSY:
                    raise PartError(Fault.CONNECTION_LOST)
            # Not all at the same moment, when many have lost the same node.
            await asyncio.sleep(pause * random.uniform(1 - JITTER, 1 + JITTER))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _follow(self) -> None:
        async with aclosing(server_events(self._transport, self._token.life)) as events:
            async for event in events:
                self._take_in(event)

    def _take_in(self, event: ServerEvent) -> None:
        told = fields(event.data)
        match event.name:
            case "disconnect":
                reason = text(told.get("reason"))
                log.info("Disconnected: %s", reason if is_known(reason) else "for another reason")
                raise PartError(disconnection(reason, self._roster.waiting))
            case "call_disconnected":
                self._calling.dropped(text(told.get("call_uuid")))
            case "refresh_token":
                self._refresh_now.set()
            case _:
                self._roster.apply(event)
                self._slides.apply(event)
                self._changed.set()

    async def _tell(self) -> None:
        last: MeetingEvent | None = None
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_S)
            self._changed.clear()
            if not self._roster.waiting:
                self._inside.set()
            new = news(last, self._roster, self._calling.up, self._calling.lost)
            if new is not None:
                self._told.put(new)
                last = new

    async def _wait_to_be_let_in(self, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                await self._inside.wait()
        except TimeoutError:
            raise PartError(Fault.NOT_LET_IN) from None

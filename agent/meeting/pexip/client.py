"""A client of the Pexip Infinity client API, the protocol of Join i helsenett (join.nhn.no)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.faults import PartError
from agent.mailbox import Mailbox
from agent.meeting.base import Finding, Invitation, Media
from agent.meeting.pexip.joining import take_seat
from agent.meeting.pexip.probe import probe
from agent.meeting.pexip.staying import Stay
from agent.meeting.pexip.transport import is_loopback, open_transport
from agent.messages import MeetingEvent
from agent.tasks import task_group

LEAVE_LIMIT_S = 2.9
EVENT_PLACES = 64


class PexipMeeting:
    """Visits rooms on Pexip nodes as a guest. Implements `Meeting` and `Probing`."""

    def __init__(self, waiting_limit: float = 900.0) -> None:
        """`waiting_limit`: seconds in the waiting room before we give up, as long as nodes do."""
        self._waiting_limit = waiting_limit

    @asynccontextmanager
    async def visit(
        self, invitation: Invitation, media: Media
    ) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
        """See `Meeting.visit`. A failure is told when the seat has been given back."""
        told: Mailbox[MeetingEvent] = Mailbox(EVENT_PLACES)
        leaving = asyncio.Event()
        async with task_group() as group:
            attending = group.create_task(self._attend(invitation, media, told, leaving))
            try:
                yield told
            finally:
                # Not cancelled at first: a token that is on its way has to be given back too.
                leaving.set()
                await asyncio.wait([attending], timeout=LEAVE_LIMIT_S)
                attending.cancel()

    def probe(self, invitation: Invitation) -> AsyncIterator[Finding]:
        """See `Probing.probe`."""
        return probe(invitation)

    async def _attend(
        self,
        invitation: Invitation,
        media: Media,
        told: Mailbox[MeetingEvent],
        leaving: asyncio.Event,
    ) -> None:
        try:
            async with open_transport(invitation.server, invitation.room) as transport:
                seat = await take_seat(transport, invitation)
                stay = Stay(transport, seat, media, told, is_loopback(invitation.server))
                try:
                    await stay.last(leaving, self._waiting_limit)
                finally:
                    await stay.leave()
        except PartError as failure:
            told.close(failure)
        else:
            told.close()

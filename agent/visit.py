"""One visit to the meeting room: the camera is open exactly as long as the visit lasts."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.faults import Fault, PartError
from agent.meeting.base import Invitation, Media, Meeting
from agent.messages import Event, VisitEnded
from agent.tasks import task_group


@dataclass(frozen=True, slots=True)
class Seat:
    """What a visit needs; made afresh for each one, because a track lives only once."""

    media: Media
    film: Callable[[], Awaitable[None]]
    """Keeps the camera running, and restarts it, until cancelled."""


class Visitor:
    """Goes into the room when told to and comes out when told to, one visit at a time.

    `VisitEnded` is reported after everything is closed: the call, the seat and the camera. So
    «ingenting sendes» is said when it is true and not before.
    """

    def __init__(
        self,
        meeting: Meeting,
        invitation: Invitation,
        take_seat: Callable[[], Seat],
        report: Callable[[Event], None],
    ) -> None:
        self._meeting = meeting
        self._invitation = invitation
        self._take_seat = take_seat
        self._report = report
        self._wanted = asyncio.Event()
        self._leave = asyncio.Event()

    def join(self) -> None:
        """Begin a visit; nothing when one is going on."""
        self._leave.clear()
        self._wanted.set()

    def leave(self) -> None:
        """End the visit; nothing when there is none."""
        self._leave.set()

    async def run(self) -> None:
        """Make visits until cancelled; a visit that is going on is then ended properly."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            ended = await self._visit()
            self._report(ended)

    async def _visit(self) -> VisitEnded:
        seat = self._take_seat()
        async with task_group() as group:
            film = group.create_task(_film(seat), name="film")
            meet = group.create_task(self._meet(seat.media), name="meet")
            leave = group.create_task(self._leave.wait(), name="leave")
            await asyncio.wait({meet, leave}, return_when=asyncio.FIRST_COMPLETED)
            for task in (film, meet, leave):
                task.cancel()
        return VisitEnded() if meet.cancelled() else meet.result()

    async def _meet(self, media: Media) -> VisitEnded:
        try:
            async with self._meeting.visit(self._invitation, media) as events:
                async for event in events:
                    self._report(event)
        except PartError as error:
            return VisitEnded(error.fault, error.values)
        return VisitEnded(Fault.MEETING_ENDED)


async def _film(seat: Seat) -> None:
    await seat.film()

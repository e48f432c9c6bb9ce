"""A visit to a node, as the tests of the Pexip client make it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from agent.faults import PartError
from agent.frames import AudioFrame
from agent.meeting.base import Invitation, Media, Meeting
from agent.meeting.pexip.client import PexipMeeting
from agent.messages import ConnectionLost, Joined, MeetingEvent, RoomChanged, WaitingForHost
from tests.far_end import BLUE, ColourTrack, ToneTrack

Wanted = TypeVar("Wanted", WaitingForHost, Joined, RoomChanged, ConnectionLost)

NAME = "Hodekamera Ola"


@asynccontextmanager
async def visiting(
    address: str,
    room: str,
    pin: str | None = None,
    heard: list[AudioFrame] | None = None,
    meeting: Meeting | None = None,
) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
    """Somebody who sends blue and a tone."""
    invitation = Invitation(address, room, NAME, pin)
    ours = Media(ColourTrack(BLUE), ToneTrack(), ([] if heard is None else heard).append)
    async with (meeting or PexipMeeting()).visit(invitation, ours) as told:
        yield told


async def next_of(kind: type[Wanted], told: AsyncIterator[MeetingEvent]) -> Wanted:
    """The next event, which must be of this kind."""
    async with asyncio.timeout(30):
        event = await anext(told)
    assert isinstance(event, kind)
    return event


async def failure(told: AsyncIterator[MeetingEvent], limit: float = 20.0) -> PartError:
    """The fault that ends the visit, after any events."""
    try:
        async with asyncio.timeout(limit):
            async for _ in told:
                pass
    except PartError as error:
        return error
    raise AssertionError("the visit ended without a fault")

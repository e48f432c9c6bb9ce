"""A client of WHIP (RFC 9725): one stream of picture and sound to one ingest server.

There is no room: nobody is told about, nothing comes back, and whether anybody looks is unknown.
All candidates are in the offer, so that there is no trickling; aiortc cannot restart ICE, so a
session that dies is ended and another is made.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from agent import hosts
from agent.faults import Fault, PartError
from agent.mailbox import Mailbox
from agent.meeting import sdp
from agent.meeting.base import Finding, Invitation, Media
from agent.meeting.connection import Route
from agent.meeting.failures import BUSY, NETWORK
from agent.meeting.peer import Peer
from agent.meeting.whip.ingest import Ingest, Session, endpoint_of, open_ingest
from agent.messages import ConnectionLost, Joined, MeetingEvent, RoomState
from agent.tasks import task_group

log = logging.getLogger(__name__)

CONNECT_LIMIT_S = 12.0
LEAVE_LIMIT_S = 2.9
TRIES = 4
"""The first session and three to repair it."""
STEADY_S = 30.0
PAUSE_S = 0.5
NETWORK_LIMIT_S = 120.0
"""For how long a session that broke is tried again while the server cannot be reached."""
EVENT_PLACES = 64


class WhipMeeting:
    """Sends to an ingest server. Implements `Meeting` and `Probing`."""

    @asynccontextmanager
    async def visit(
        self, invitation: Invitation, media: Media
    ) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
        """See `Meeting.visit`. The invitation's PIN is the bearer token."""
        told: Mailbox[MeetingEvent] = Mailbox(EVENT_PLACES)
        leaving = asyncio.Event()
        async with task_group() as group:
            sending = group.create_task(_send(invitation, media, told, leaving))
            try:
                yield told
            finally:
                leaving.set()
                await asyncio.wait([sending], timeout=LEAVE_LIMIT_S)
                sending.cancel()

    async def probe(self, invitation: Invitation) -> AsyncIterator[Finding]:
        """See `Probing.probe`."""
        loop = asyncio.get_running_loop()
        async with open_ingest(invitation) as ingest:
            begin = loop.time()
            status, takes_offers = await ingest.options()
            name = "node_busy" if status in BUSY else "node_well"
            yield Finding(name, {"ms": round((loop.time() - begin) * 1000)})
            yield Finding("takes_offers" if takes_offers else "says_nothing", {"code": status})


async def _send(
    invitation: Invitation,
    media: Media,
    told: Mailbox[MeetingEvent],
    leaving: asyncio.Event,
) -> None:
    try:
        async with open_ingest(invitation) as ingest, task_group() as group:
            here = hosts.is_loopback(endpoint_of(invitation).host or "")
            stream = _Stream(ingest, media, told, Route(loopback=here))
            keeping = group.create_task(stream.keep())
            stopping = group.create_task(leaving.wait())
            try:
                await asyncio.wait({keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                keeping.cancel()
                await asyncio.wait({keeping})
                await stream.end()
    except PartError as failure:
        told.close(failure)
    else:
        told.close()


class _Stream:
    """Keeps one session standing."""

    def __init__(
        self, ingest: Ingest, media: Media, told: Mailbox[MeetingEvent], route: Route
    ) -> None:
        self._ingest = ingest
        self._media = media
        self._told = told
        self._route = route
        self._session: Session | None = None
        self._stood_at: float | None = None

    async def keep(self) -> None:
        """Make a session, and another when it dies; does not return. Raises PartError."""
        loop = asyncio.get_running_loop()
        tries = 0
        while tries < TRIES:
            tries += 1
            begin = loop.time()
            try:
                await self._one_session()
            except PartError as error:
                # Only what stood once is worth waiting for.
                recent = self._stood_at is not None and begin - self._stood_at < NETWORK_LIMIT_S
                if error.fault is not Fault.MEDIA_FAILED and not (
                    recent and error.fault in NETWORK
                ):
                    raise
                tries -= error.fault in NETWORK
            if self._stood_at is not None and self._stood_at - begin > STEADY_S:
                tries = 1
            await self.end()
            await asyncio.sleep(PAUSE_S * tries)
        raise PartError(Fault.MEDIA_FAILED)

    async def end(self) -> None:
        """End the session, if there is one. Never fails."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(PartError):
                await self._ingest.end(session)

    async def _one_session(self) -> None:
        async with Peer.open(self._media, self._route, send_only=True) as peer:
            await peer.offer()
            self._session = await self._ingest.create(sdp.ingest(peer.description))
            servers = self._session.servers
            self._route = replace(self._route, servers=servers or self._route.servers)
            await peer.answer(self._session.answer)
            await peer.connect(CONNECT_LIMIT_S)
            self._told.put(Joined(RoomState()))
            try:
                await peer.lasting()
            finally:
                self._stood_at = asyncio.get_running_loop().time()
            self._told.put(ConnectionLost())

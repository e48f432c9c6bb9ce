"""The call that carries picture and sound: placed, watched, and placed anew when it dies."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

from agent.faults import Fault, PartError
from agent.meeting.base import Media
from agent.meeting.connection import Route
from agent.meeting.failures import BUSY, NETWORK
from agent.meeting.ice import with_relay
from agent.meeting.peer import Peer
from agent.meeting.pexip.models import Call
from agent.meeting.pexip.transport import LONG_REQUEST_LIMIT_S, Transport

log = logging.getLogger(__name__)

CONNECT_LIMIT_S = 12.0
HANG_UP_LIMIT_S = 2.0
RECALLS = 3
STEADY_S = 30.0
"""A call that has stood for so long was a good one: the recalls are counted afresh."""
PAUSE_S = 0.5
NETWORK_PAUSE_S = 2.0


class Calling:
    """Keeps one call standing for as long as the visit lasts.

    The same call serves in the waiting room and in the room. There is no way to mend a call
    (aiortc cannot restart ICE), so a dead one is hung up and another is placed with the same
    token: the seat is kept.
    """

    def __init__(
        self,
        transport: Transport,
        participant: str,
        media: Media,
        route: Route,
        changed: Callable[[], None],
    ) -> None:
        """`participant`: our own id; `changed` is called when `up` or `lost` have changed."""
        self.up = False
        """Picture and sound flow."""
        self.lost = False
        """They did flow, and are being brought back."""
        self._transport = transport
        self._path = ("participants", participant, "calls")
        self._media = media
        self._route = route
        self._dead = 0
        """Calls that never stood."""
        self._changed = changed
        self._call: Call | None = None
        self._peer: Peer | None = None

    async def keep(self) -> None:
        """Place the call, and place it again when it dies; does not return.

        While the node cannot be reached at all it keeps trying: the token's life is the limit.
        Raises PartError(MEDIA_FAILED) when three recalls in a row did not help.
        """
        recalls = 0
        while True:
            try:
                stood = await self._one_call()
            except PartError as error:
                if error.fault in NETWORK:
                    await asyncio.sleep(NETWORK_PAUSE_S)
                    continue
                stood = 0.0
                self._dead += 1
            recalls = 1 if stood > STEADY_S else recalls + 1
            if recalls > RECALLS:
                raise PartError(Fault.MEDIA_FAILED)
            log.info("The call is placed anew, try %d of %d", recalls, RECALLS)
            await asyncio.sleep(PAUSE_S * (recalls - 1))

    def dropped(self, call: str) -> None:
        """The node has ended a call, perhaps ours."""
        if self._call is not None and self._call.id == call and self._peer is not None:
            self._peer.give_up()

    async def hang_up(self) -> None:
        """Tell the node that our call is over. Never fails."""
        call, self._call = self._call, None
        if call is not None:
            with contextlib.suppress(PartError):
                await self._transport.post(
                    *self._path, call.id, "disconnect", limit=HANG_UP_LIMIT_S
                )

    async def _one_call(self) -> float:
        """Hang up the last call and place one: for how many seconds it stood.

        Raises PartError(MEDIA_FAILED) if it never did, or the fault of a request.
        """
        loop = asyncio.get_running_loop()
        await self.hang_up()
        servers = with_relay(self._route.servers, self._dead)
        route = replace(self._route, servers=servers)
        async with Peer.open(self._media, route) as self._peer:
            self._call = await self._place(await self._peer.offer())
            self._use_relays(self._call)
            await self._peer.answer(self._call.description)
            # Some nodes answer `ack` late or not at all; whether media flows is what counts.
            with contextlib.suppress(PartError):
                await self._transport.post(*self._path, self._call.id, "ack", body={})
            await self._peer.connect(CONNECT_LIMIT_S)
            since = loop.time()
            self._tell(up=True)
            try:
                await self._peer.lasting()
            finally:
                self._tell(up=False)
            return loop.time() - since

    async def _place(self, offer: str) -> Call:
        answer = await self._transport.post(
            *self._path,
            body={"call_type": "WEBRTC", "media_type": "video-only", "sdp": offer},
            limit=LONG_REQUEST_LIMIT_S,
        )
        if not answer.ok:
            busy = answer.code in BUSY
            raise PartError(Fault.SERVER_BUSY if busy else Fault.MEDIA_FAILED)
        return Call.parse(answer.result)

    def _use_relays(self, call: Call) -> None:
        """Relays that a call's answer names serve the next call."""
        if call.servers:
            self._route = replace(self._route, servers=(*call.servers, *self._route.servers))

    def _tell(self, up: bool) -> None:
        self.up, self.lost = up, not up
        self._changed()

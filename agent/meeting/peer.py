"""The peer connection that all meeting services share: our picture and sound out, theirs in."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av.frame import Frame
from av.packet import Packet

from agent.faults import Fault, PartError
from agent.meeting import sdp
from agent.meeting.aiortc_hooks import encode_sound_at_once, govern, try_loopback
from agent.meeting.base import Media
from agent.meeting.congestion import feedback
from agent.meeting.congestion.governor import Governor
from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.receiving import receive_live
from agent.meeting.sound import play
from agent.tasks import task_group

log = logging.getLogger(__name__)

GATHER_LIMIT_S = 10.0
CHECK_S = 1.0
SILENCE_LIMIT_S = 6.0
"""Nothing received for so long after something was: the way is broken."""

RECEIVE_LIMIT_BPS = 600_000
"""Video that we ask for at most: nobody looks at the room's picture on a head camera."""


Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Traffic:
    """RTP packets so far, picture and sound together."""

    sent: int
    received: int


class Peer:
    """One peer connection, used once: `offer`, `answer`, `connect`, and it is `lasting` a while.

    Every remote track is read all the time, since unread ones pile up: sound is handed to
    `media.play_room`, of the picture the newest frame is kept in `picture`.
    """

    def __init__(self, connection: RTCPeerConnection, media: Media, start: Start) -> None:
        """Use `Peer.open`. `start`: begins a task that ends with the context."""
        self._connection = connection
        self._media = media
        self._start = start
        self._readers: list[asyncio.Task[None]] = []
        self._decided = asyncio.Event()
        self._ended = asyncio.Event()
        self.picture: av.VideoFrame | None = None
        """The newest picture from the room."""
        self.governor = Governor(media.limits, media.adapt)
        """Decides how fast our picture leaves."""
        connection.on("connectionstatechange", self._on_state)
        connection.on("track", self._on_track)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, media: Media, route: Route, *, send_only: bool = False
    ) -> AsyncIterator["Peer"]:
        """A new peer connection; leaving the context closes it within 2 s.

        The tracks of `media` are lent, not given: they live on for the next call.
        send_only: for services that take picture and sound and give none.
        """
        connection = new_connection(route)
        for track in (media.audio, media.video):
            connection.addTrack(_Lent(track))
        for transceiver in connection.getTransceivers() if send_only else ():
            transceiver.direction = "sendonly"
        if route.loopback and not route.relay_only:
            try_loopback(connection)
        encode_sound_at_once(connection)
        receive_live(connection)
        async with task_group() as group:
            peer = cls(connection, media, group.create_task)
            try:
                yield peer
            finally:
                await peer._close()

    async def offer(self) -> str:
        """Our session description with all candidates in it, as a conference node expects it.

        Raises PartError(MEDIA_FAILED).
        """
        try:
            async with asyncio.timeout(GATHER_LIMIT_S):
                await self._connection.setLocalDescription(await self._connection.createOffer())
        except Exception as error:  # noqa: BLE001 - the edge to aiortc, which raises many kinds
            raise _failed(error) from None
        return sdp.outgoing(self.description, RECEIVE_LIMIT_BPS)

    @property
    def description(self) -> str:
        """Our session description with all that we can do, once it has been offered."""
        return feedback.offered(self._connection.localDescription.sdp)

    async def answer(self, description: str) -> None:
        """Apply the far end's session description; the connection is then being made.

        Raises PartError(MEDIA_FAILED) when it cannot be used.
        """
        answer = RTCSessionDescription(sdp.incoming(description), "answer")
        try:
            await self._connection.setRemoteDescription(answer)
        except Exception as error:  # noqa: BLE001 - the edge to aiortc, and a foreign text
            raise _failed(error) from None
        self.governor.agree(sdp.picture(description))
        for sender in self._connection.getSenders():
            if sender.kind == "video":
                govern(sender, self.governor)

    async def connect(self, limit: float) -> None:
        """Wait until picture and sound flow. The library by itself may try for ever.

        limit: seconds.
        Raises PartError(MEDIA_FAILED) when they do not.
        """
        try:
            async with asyncio.timeout(limit):
                await self._decided.wait()
        except TimeoutError as error:
            raise _failed(error) from None
        if self._ended.is_set():
            raise PartError(Fault.MEDIA_FAILED)

    def give_up(self) -> None:
        """This connection is of no more use: `connect` and `lasting` return."""
        self._ended.set()
        self._decided.set()

    async def lasting(self) -> None:
        """Return when the media has died: closed, failed, or silent for `SILENCE_LIMIT_S`.

        A far end that never sends anything is taken to be well.
        """
        loop = asyncio.get_running_loop()
        received, last = 0, loop.time()
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_S):
                    await self._ended.wait()
            traffic = await self.traffic()
            if traffic.received != received:
                received, last = traffic.received, loop.time()
            elif received and loop.time() - last > SILENCE_LIMIT_S:
                return

    async def traffic(self) -> Traffic:
        """What has gone through so far."""
        report = (await self._connection.getStats()).values()
        return Traffic(
            sent=sum(entry.packetsSent for entry in report if entry.type == "outbound-rtp"),
            received=sum(entry.packetsReceived for entry in report if entry.type == "inbound-rtp"),
        )

    def _on_state(self) -> None:
        state = self._connection.connectionState
        log.info("Peer connection is %s", state)
        if state in {"failed", "closed"}:
            self.give_up()
        elif state == "connected":
            self._decided.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        reading = play(track, self._media.play_room) if track.kind == "audio" else self._see(track)
        self._readers.append(self._start(reading))

    async def _see(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    self.picture = frame

    async def _close(self) -> None:
        await close_connection(self._connection)
        for reader in self._readers:
            reader.cancel()


class _Lent(MediaStreamTrack):
    """A track on loan: aiortc stops a sender's track together with the sender."""

    def __init__(self, track: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = track.kind
        self._track = track

    async def recv(self) -> "Frame | Packet[Any]":
        return await self._track.recv()


def _failed(error: Exception) -> PartError:
    # Only the kind of error: its text may hold addresses.
    log.warning("Peer connection failed: %s", type(error).__name__)
    return PartError(Fault.MEDIA_FAILED)

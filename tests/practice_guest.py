"""A participant of the practice room, for tests: the protocol by hand, and real media."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from aiohttp import ClientError, ClientResponse, ClientSession
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from agent.meeting import sdp
from agent.meeting.aiortc_hooks import try_loopback
from agent.meeting.connection import Route, close_connection, new_connection
from tests.far_end import loudness, until

ALIAS = "sår/rom 1"
CONFERENCE = "/api/client/v2/conferences/s%C3%A5r%2From%201"
HOST_PIN = "4711"


@dataclass
class Seated:
    """Somebody with a token, and what the room has told so far."""

    session: ClientSession
    url: str
    id: str
    token: str
    seat: dict[str, Any]
    events: list[tuple[str, Any]] = field(default_factory=list)
    people: dict[str, Any] = field(default_factory=dict)
    room: dict[str, Any] = field(default_factory=dict)
    ended: bool = False
    """The event stream is over."""

    async def get(self, path: str) -> tuple[int, Any]:
        headers = {"token": self.token}
        async with self.session.get(self._address(path), headers=headers) as response:
            return response.status, await result(response)

    async def post(self, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"token": self.token}
        async with self.session.post(self._address(path), json=body, headers=headers) as response:
            return response.status, await result(response)

    async def do(self, path: str, body: object = None) -> Any:
        """Post something that has to succeed."""
        code, answer = await self.post(path, body)
        assert code == 200, (path, code, answer)
        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    def told(self, name: str) -> list[Any]:
        return [data for told, data in self.events if told == name]

    def waits(self, identity: str | None = None) -> bool | None:
        """Whether somebody, by default oneself, is before the door; None: not known of."""
        person = self.people.get(identity or self.id)
        return person and person["service_type"] == "waiting_room"

    async def follow(self) -> None:
        """Take in the event stream until it ends."""
        self.ended = False
        headers = {"token": self.token}
        async with self.session.get(self._address("events"), headers=headers) as stream:
            assert stream.status == 200
            assert stream.content_type == "text/event-stream"
            name = ""
            async for line in stream.content:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    self._take(name, json.loads(value))
        self.ended = True

    def _take(self, name: str, data: Any) -> None:
        self.events.append((name, data))
        match name:
            case "participant_sync_begin":
                self.people = {}
            case "participant_create" | "participant_update":
                self.people[data["uuid"]] = data
            case "participant_delete":
                del self.people[data["uuid"]]
            case "conference_update":
                self.room = data

    def _address(self, path: str) -> str:
        return f"{self.url}{CONFERENCE}/{path}"


async def result(response: ClientResponse) -> Any:
    """The `result` of an answer, or its text when it is no JSON."""
    if response.content_type != "application/json":
        return await response.text()
    answer = await response.json()
    assert answer.keys() == {"status", "result"}
    return answer["result"]


async def ask(
    session: ClientSession, url: str, pin: str | None, name: str = "Prøve", alias: str = CONFERENCE
) -> tuple[int, Any]:
    """Ask for a seat."""
    headers = {} if pin is None else {"pin": pin}
    body = {"display_name": name}
    address = f"{url}{alias}/request_token"
    async with session.post(address, json=body, headers=headers) as response:
        return response.status, await result(response)


@asynccontextmanager
async def seated(url: str, pin: str = "none", name: str = "Prøve") -> AsyncIterator[Seated]:
    """A seat, with its event stream followed."""
    async with ClientSession() as session:
        code, seat = await ask(session, url, pin, name)
        assert code == 200, seat
        one = Seated(session, url, seat["participant_uuid"], seat["token"], seat)
        following = asyncio.create_task(one.follow())
        try:
            await until(lambda: "presentation_stop" in one.names())
            yield one
        finally:
            with contextlib.suppress(ClientError):  # The room may be gone.
                await one.post("release_token")
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


@dataclass
class Seen:
    """What a call receives."""

    call: str
    answer: str = field(repr=False)
    connection: RTCPeerConnection = field(repr=False)
    colour: tuple[int, int, int] = (0, 0, 0)
    """Mean blue, green, red of the newest picture."""
    size: tuple[int, int] = (0, 0)
    pictures: int = 0
    stamps: list[int] = field(default_factory=list, repr=False)
    """Of the pictures, at 90 kHz."""
    loudness: float = 0.0
    sounds: int = 0
    newest: npt.NDArray[np.int16] = field(
        default_factory=lambda: np.zeros(960, np.int16), repr=False
    )
    """The newest 20 ms, first channel, 48 kHz."""


@asynccontextmanager
async def calling(
    one: Seated,
    *tracks: MediaStreamTrack,
    kinds: tuple[str, ...] = ("audio", "video"),
    slides: bool = False,
) -> AsyncIterator[Seen]:
    """A call that sends these tracks, and watches what comes back of these kinds.

    slides: the last track is.
    """
    connection = new_connection(Route(loopback=True))
    for track in tracks:
        connection.addTrack(track)
    for kind in kinds:
        if kind not in [track.kind for track in tracks]:
            connection.addTransceiver(kind, direction="recvonly")
    try_loopback(connection)
    readers: list[asyncio.Task[None]] = []
    seen = Seen("", "", connection)
    connection.on("track", lambda track: readers.append(asyncio.create_task(_read(track, seen))))
    try:
        await connection.setLocalDescription(await connection.createOffer())
        offer = sdp.outgoing(connection.localDescription.sdp, 1_000_000)
        if slides:
            offer = "a=content:slides".join(offer.rsplit("a=content:main", 1))
        answer = await one.do(f"participants/{one.id}/calls", {"sdp": offer, "call_type": "WEBRTC"})
        seen.call, seen.answer = answer["call_uuid"], answer["sdp"]
        description = RTCSessionDescription(sdp.incoming(seen.answer), "answer")
        await connection.setRemoteDescription(description)
        assert await one.do(f"participants/{one.id}/calls/{seen.call}/ack", {}) is True
        yield seen
    finally:
        await close_connection(connection)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _read(track: MediaStreamTrack, seen: Seen) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            if isinstance(frame, av.AudioFrame):
                sound = frame.to_ndarray()
                seen.loudness = loudness(sound)
                seen.newest = np.asarray(sound.reshape(-1)[:: frame.layout.nb_channels], np.int16)
                seen.sounds += 1
            elif isinstance(frame, av.VideoFrame):
                blue, green, red = frame.to_ndarray(format="bgr24").mean(axis=(0, 1))
                seen.colour = (int(blue), int(green), int(red))
                seen.size = (frame.width, frame.height)
                seen.stamps.append(frame.pts or 0)
                seen.pictures += 1

"""One participant's call: a peer connection, what comes in by it and what goes out by it."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import av
from aiortc import (
    MediaStreamTrack,
    RTCRtpCodecCapability,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

from agent.frames import AudioFrame, Pixels
from agent.meeting.aiortc_hooks import encoders_are_ours, try_loopback
from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.practice import answer
from agent.meeting.practice.screen import Screen
from agent.meeting.practice.tracks import Bell, PictureOut, SlidesOut, SoundOut
from agent.meeting.receiving import receive_live
from agent.meeting.sound import play

log = logging.getLogger(__name__)

ANSWER_LIMIT_S = 10.0
SLIDES_SIZE = (1280, 720)
MAIN = "video"

_ROUTE = Route(loopback=True)


class CallError(Exception):
    """An offer that cannot be answered, or an answer to no call."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a call gets from what it sends, and where it takes what it receives."""

    heard: Callable[[], Collection[str]]
    """Who is heard at this moment."""
    shown: Callable[[], Pixels | None]
    """The picture to show at this moment (I420); None: the waiting card."""
    spread: Callable[[AudioFrame], None]
    """Takes each 20 ms of the participant's sound."""
    died: Callable[["Call"], None]
    """Told that the connection has ended by itself."""
    slides: Callable[[], Pixels | None]
    """The slides to show at this moment (I420); None: nobody shows any."""
    bell: Bell
    """Rung when a picture has come in."""


class Call:
    """Answers offers. Everything that comes in is decoded once, and only the newest is kept."""

    def __init__(self, sources: Sources, group: asyncio.TaskGroup) -> None:
        """The tracks of the call are read in tasks of `group`."""
        self.id = str(uuid.uuid4())
        self.sound = SoundOut(sources.heard)
        self._sources = sources
        self._group = group
        self._readers: list[asyncio.Task[None]] = []
        self._purposes: list[str] = []
        self._mid = "0"
        self._receivers: dict[str, RTCRtpReceiver] = {}
        self._screens = {MAIN: Screen(), answer.SLIDES: Screen(SLIDES_SIZE)}
        self._connection = new_connection(_ROUTE)
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)

    @property
    def picture(self) -> Pixels | None:
        """What the participant sends at this moment, I420; None: nothing that is live."""
        return self._screens[MAIN].picture

    @property
    def slides(self) -> Pixels | None:
        """The slides that the participant shows, I420; None: none came."""
        return self._screens[answer.SLIDES].newest

    def forget_slides(self) -> None:
        """The participant shows none any more."""
        self._screens[answer.SLIDES].newest = None

    async def answer(self, offer: str, recorded_style: bool) -> str:
        """Answer the first or a later offer. Raises CallError."""
        connection = self._connection
        purposes = answer.purposes(offer)
        if not purposes or purposes[: len(self._purposes)] != self._purposes:
            raise CallError  # aiortc would take it and break the call.
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                self._prepare(purposes)
                description = RTCSessionDescription(answer.usable(offer), "offer")
                await connection.setRemoteDescription(description)
                try_loopback(connection)
                receive_live(connection)
                await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:  # noqa: BLE001 - the edge to aiortc, and a foreign text
            log.warning("An offer was not answered: %s", type(error).__name__)
            raise CallError from None  # Its text may hold addresses.
        self._mid = answer.first_mid(offer)
        ours = answer.labelled(connection.localDescription.sdp, offer)
        return answer.as_recorded(ours) if recorded_style else ours

    def _prepare(self, purposes: list[str]) -> None:
        """Have a track to send for the first sound, the first picture and the slides.

        In their order: aiortc takes the first transceiver for the one whose transport all share.
        """
        tracks: Mapping[str, Callable[[], MediaStreamTrack]] = {
            "audio": lambda: self.sound,
            MAIN: lambda: PictureOut(self._sources.shown, self._sources.bell),
            answer.SLIDES: lambda: SlidesOut(self._sources.slides, self._sources.bell),
        }
        for purpose in dict.fromkeys(purposes):
            if purpose in tracks and purpose not in self._receivers:
                transceiver = self._connection.addTransceiver(tracks[purpose]())
                if purpose != "audio":
                    transceiver.setCodecPreferences(preferred_codecs())
                self._receivers[purpose] = transceiver.receiver
        self._purposes = purposes

    async def add_candidate(self, line: str) -> None:
        """A candidate that was found later; one that cannot be used is left out."""
        if not line.startswith("candidate:") or not answer.is_usable_candidate(line):
            return
        # The same one again, one of another generation: none of it may hurt the call.
        with contextlib.suppress(ValueError, IndexError, AssertionError):
            candidate = candidate_from_sdp(line.removeprefix("candidate:"))
            candidate.sdpMid = self._mid  # aiortc knows no other section of the bundle.
            await self._connection.addIceCandidate(candidate)

    async def close(self) -> None:
        """Hang up, in any state."""
        await close_connection(self._connection)
        for reader in self._readers:
            reader.cancel()

    def _on_state(self) -> None:
        state = self._connection.connectionState
        log.info("A call is %s", state)
        if state in {"failed", "closed"}:
            self._sources.died(self)

    def _on_track(self, track: MediaStreamTrack) -> None:
        # Every track is read, also of slides that nobody sees: unread ones pile up.
        self._readers.append(self._group.create_task(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        try:
            if track.kind == "audio":
                await play(track, self._sources.spread)
            else:
                await self._watch(track)
        except Exception as error:  # noqa: BLE001 - the edge to PyAV: one bad stream, one call
            log.warning("A stream could not be read: %s", type(error).__name__)

    async def _watch(self, track: MediaStreamTrack) -> None:
        of = (purpose for purpose, one in self._receivers.items() if one.track is track)
        screen = self._screens.get(next(of, ""))
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame) and screen is not None and screen.put(frame):
                    self._sources.bell.ring()


def preferred_codecs() -> list[RTCRtpCodecCapability]:
    """All video codecs, the one that costs least first.

    aiortc's own H.264 encoder costs more than twice as much as VP8; ours costs half.
    """
    first = "video/H264" if encoders_are_ours() else "video/VP8"
    codecs = RTCRtpSender.getCapabilities("video").codecs
    return sorted(codecs, key=lambda codec: codec.mimeType != first)

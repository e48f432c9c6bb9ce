"""What the agent needs from a meeting service."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from aiortc import MediaStreamTrack

from agent.faults import Value
from agent.frames import AudioFrame
from agent.meeting.congestion.control import Limits
from agent.messages import MeetingEvent


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the meeting is. Everything here is confidential and kept out of `repr`."""

    server: str = field(repr=False)
    """Base address, such as `https://join.example.no` or `http://127.0.0.1:8080`."""
    room: str = field(repr=False)
    """The room's alias."""
    display_name: str = field(repr=False)
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Media:
    """What we send into the room, and where the room's sound goes."""

    video: MediaStreamTrack
    audio: MediaStreamTrack
    play_room: Callable[[AudioFrame], None]
    """Called on the event loop with each 20 ms of the room's sound (16 kHz mono)."""
    show_slides: Callable[[bytes | None], None] = lambda _: None
    """Called on the event loop with each new picture of the slides (JPEG); None: no more slides."""
    adapt: Callable[[int], None] = lambda _: None
    """Called on the event loop with the bits per second that the picture may take now."""
    limits: Limits = field(default_factory=Limits)
    """Of what leaves for the room, in bits per second."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what an administrator is told about a server.

    It never holds a token, a PIN, a name or an address.
    """

    name: str
    """Of the words in `config/pages/probe.yaml`."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What fills their places."""


class Meeting(Protocol):
    """A meeting service that we can visit as one participant."""

    def visit(
        self, invitation: Invitation, media: Media
    ) -> AbstractAsyncContextManager[AsyncIterator[MeetingEvent]]:
        """Join the room; the iterator tells what happens there, `WaitingForHost` or `Joined` first.

        Entering returns at once (or raises); joining goes on while the events are read.
        The iterator raises PartError when the visit is over for any reason but our own leaving:
        wrong PIN, unknown room, not let in, removed, connection lost for good.
        Leaving the context hangs up, gives the seat back and returns within 3 s, from any state.
        """
        ...


class Probing(Protocol):
    """A meeting service whose server can be asked what it would require, without a visit."""

    def probe(self, invitation: Invitation) -> AsyncIterator[Finding]:
        """Ask the server whether it is well and what it would require; nothing is sent into a room.

        The PIN is not used. Raises PartError when the server cannot be asked.
        """
        ...

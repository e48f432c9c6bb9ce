"""The practice room at work: applies changes, tells everybody, ends what is over."""

import asyncio
import logging
import secrets
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from agent.frames import Pixels
from agent.meeting.practice import room as rules
from agent.meeting.practice import wire
from agent.meeting.practice.call import CallError
from agent.meeting.practice.door import Door, Tokens
from agent.meeting.practice.media import Calls
from agent.meeting.practice.news import news
from agent.meeting.practice.people import Person, Role
from agent.meeting.practice.room import Room
from agent.meeting.practice.streams import Streams

log = logging.getLogger(__name__)

PLACES = 10
"""Participants at most, those before the door included."""

TICK_S = 0.5
TOKEN_BYTES = 128

TOKEN_EXPIRED = "Timer expired awaiting token refresh"
REMOVED = "Disconnected by another participant"
ENDED = "Conference terminated by another participant"
CLOSED = "Conference terminated by an administrator"
CALL_DIED = "Ice failure"


class House:
    """Holds the room's state; every change of it goes through `become`."""

    def __init__(
        self, group: asyncio.TaskGroup, door: Door, room: Room, life: float, recorded_style: bool
    ) -> None:
        """life: seconds that a token is good for."""
        self.door = door
        self.room = room
        self.tokens = Tokens(life)
        self.streams = Streams()
        self._stills: dict[str, Pixels] = {}
        self._still_number = 0
        self.calls = Calls(lambda: self.room, self._call_died, group, recorded_style)

    @property
    def is_full(self) -> bool:
        """Whether there is no seat left."""
        return len(self.room.people) >= PLACES

    def seat(self, role: Role, name: str, program: str) -> tuple[Person, str]:
        """Give somebody a seat inside or before the door: who it is now, and the token."""
        newcomer = Person(str(uuid.uuid4()), name, role, arrived=time.time(), program=program)
        self.become(rules.enter(self.room, newcomer, self.now()))
        person = self.room.find(newcomer.id)
        assert person is not None, "somebody who has just entered is there"
        return person, self.renew(person.id)

    def renew(self, owner: str) -> str:
        """The next token for a participant."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.tokens.issue(owner, token, self.now())
        return token

    def owner(self, token: str) -> Person | None:
        """The participant whose token this is."""
        identity = self.tokens.owner(token, self.now())
        return self.room.find(identity) if identity else None

    async def listen(self, identity: str) -> AsyncGenerator[bytes, None]:
        """A participant's event stream, until it is over."""
        person = self.room.find(identity)
        if person is not None:
            opening = wire.opening(self.room, person)
            async with aclosing(self.streams.listen(identity, opening)) as messages:
                async for message in messages:
                    yield message

    def become(self, room: Room, farewells: Mapping[str, str] | None = None) -> None:
        """The room is different now: tell those concerned, and part with those who are gone."""
        before, self.room = self.room, room
        self.streams.send(news(before, room, farewells))
        gone = {person.id for person in before.people} - {person.id for person in room.people}
        self.tokens.revoke(gone)
        for identity in gone:
            self.streams.close(identity)
            self.calls.hang_up(identity)
        self.calls.room_changed()

    def let_go(self, farewells: Mapping[str, str]) -> None:
        """Remove these people; the values are the reasons that they are told."""
        self.become(rules.leave(self.room, farewells.keys(), self.now()), farewells)

    def leave(self, identity: str) -> None:
        """Somebody leaves and needs not be told."""
        self.become(rules.leave(self.room, {identity}, self.now()))

    def end(self, reason: str) -> None:
        """The meeting is over for everybody."""
        self.let_go({person.id: reason for person in self.room.people})

    async def keep_time(self) -> None:
        """Ask twice a second whose time is over. Does not return."""
        while True:
            await asyncio.sleep(TICK_S)
            expired = dict.fromkeys(self.tokens.expired(self.now()), TOKEN_EXPIRED)
            over = rules.overdue(self.room, self.now()) | expired
            if over:
                log.info("%d participants have to leave", len(over))
                self.let_go(over)
            self._offer_stills()

    def _offer_stills(self) -> None:
        """Tell those who get slides when there is a new still of them."""
        watching = {
            one.id: slides
            for one in self.room.people
            if (slides := self.calls.slides_for(one.id)) is not None
        }
        for identity, slides in watching.items():
            if self._stills.get(identity) is not slides:
                self._still_number += 1
                self.streams.put(
                    identity, wire.event("presentation_frame", number=self._still_number)
                )
        self._stills = watching

    def now(self) -> float:
        """Monotonic clock, seconds."""
        return asyncio.get_running_loop().time()

    async def place_call(self, owner: str, offer: str) -> tuple[str, str]:
        """Answer a participant's offer: the call's id and the answer. Raises CallError."""
        placed = await self.calls.place(owner, offer)
        if self.room.find(owner) is None:  # Removed meanwhile.
            self.calls.hang_up(owner)
            raise CallError
        self.set_media(owner)
        return placed

    def set_media(self, identity: str) -> None:
        """Note whether a participant has a call."""
        self.become(rules.change(self.room, identity, has_media=self.calls.has(identity)))

    def _call_died(self, owner: str, call: str) -> None:
        self.set_media(owner)
        message = {"call_uuid": call, "reason": CALL_DIED}
        self.streams.put(owner, wire.event("call_disconnected", message))

"""PURE: the rules of the closed room: who is in it, who waits, who is heard and who is shown.

A room is a value: a change takes a room and gives the next one. What is to be told about it, and
to whom, `news` finds by comparing the two.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from agent.meeting.practice.people import Person, Role

LOBBY_LIMIT_S = 900.0
"""How long a guest waits to be let in, as on real nodes."""

HOSTLESS_LIMIT_S = 60.0
"""How long guests stay when the last host has left: a host may reload the page."""

LOBBY_TIMEOUT = "Timeout waiting for conference host to join or permit access to locked conference"
HOSTS_GONE = "All conference hosts departed hosted conference"


@dataclass(frozen=True, slots=True)
class Room:
    """The room and everybody in it or before its door, in the order in which they came."""

    people: tuple[Person, ...] = ()
    locked: bool = False
    started: bool = False
    """A host has been here since the room was last empty."""
    guests_muted: bool = False
    hostless_since: float | None = None
    """Monotonic clock, seconds; None: there is a host, or has not been one yet."""
    begins_locked: bool = False
    """How an empty room stands."""

    def find(self, identity: str) -> Person | None:
        """The person with this id."""
        return next((person for person in self.people if person.id == identity), None)

    def visible_to(self, viewer: Person) -> dict[str, Person]:
        """Whom a participant is told about: a host of all, a guest of all inside, and oneself.

        Somebody who waits is told about nobody else.
        """
        return {
            person.id: person
            for person in self.people
            if person.id == viewer.id
            or viewer.is_host
            or not (viewer.is_waiting or person.is_waiting)
        }

    def heard_by(self, identity: str) -> list[str]:
        """Whose sound this participant gets."""
        listener = self.find(identity)
        if listener is None or listener.is_waiting:
            return []
        return [one.id for one in self.people if one.is_audible and one.id != identity]

    def shown_to(self, identity: str) -> list[str]:
        """Whose picture this participant gets, the first choice first: guests before hosts."""
        viewer = self.find(identity)
        if viewer is None or viewer.is_waiting:
            return []
        others = [
            one
            for one in self.people
            if one.id != identity and not one.is_waiting and not one.video_muted
        ]
        return [one.id for one in sorted(others, key=lambda one: one.is_host)]

    def slides_for(self, identity: str) -> Person | None:
        """Whose slides this participant gets; nobody gets their own."""
        viewer = self.find(identity)
        if viewer is None or viewer.is_waiting or viewer.presents:
            return None
        return next((person for person in self.people if person.presents), None)


def empty(begins_locked: bool = False) -> Room:
    """A room before anybody has come."""
    return Room(locked=begins_locked, begins_locked=begins_locked)


def enter(room: Room, person: Person, now: float) -> Room:
    """Somebody comes: a host straight in, a guest when the room has begun and is not locked."""
    waiting = None if person.is_host else now
    muted = person.muted or (room.guests_muted and not person.is_host)
    person = replace(person, waiting_since=waiting, muted=muted)
    return _settled(replace(room, people=(*room.people, person)), now)


def leave(room: Room, identities: Collection[str], now: float) -> Room:
    """These people are gone."""
    people = tuple(person for person in room.people if person.id not in identities)
    return _settled(replace(room, people=people), now)


def admit(room: Room, identity: str) -> Room:
    """A host lets somebody in who waits."""
    return change(room, identity, waiting_since=None)


def change(room: Room, identity: str, **values: object) -> Room:
    """The room with some fields of one person changed."""
    return replace(
        room,
        people=tuple(
            replace(person, **values) if person.id == identity else person  # type: ignore[arg-type]  # the callers' fields fit
            for person in room.people
        ),
    )


def set_role(room: Room, identity: str, role: Role, now: float) -> Room:
    """Make somebody a host, who then need not wait any more, or a guest."""
    room = change(room, identity, role=role)
    return _settled(admit(room, identity) if role is Role.HOST else room, now)


def take_floor(room: Room, identity: str) -> Room:
    """Somebody shows slides from now on, whoever did so before."""
    people = tuple(replace(person, presents=person.id == identity) for person in room.people)
    return replace(room, people=people)


def release_floor(room: Room, identity: str) -> Room:
    """Somebody shows slides no more; it changes nothing when another does."""
    return change(room, identity, presents=False)


def lock(room: Room, locked: bool, now: float) -> Room:
    """Lock the door, or unlock it, which lets everybody in who waits."""
    return _settled(replace(room, locked=locked), now)


def mute_guests(room: Room, muted: bool) -> Room:
    """Mute all guests, also those who come later, or none."""
    people = tuple(
        person if person.is_host else replace(person, muted=muted) for person in room.people
    )
    return replace(room, guests_muted=muted, people=people)


def overdue(room: Room, now: float) -> dict[str, str]:
    """Who has to leave by now, and the reason each is told."""
    if room.hostless_since is not None and now - room.hostless_since >= HOSTLESS_LIMIT_S:
        return {person.id: HOSTS_GONE for person in room.people}
    return {
        person.id: LOBBY_TIMEOUT
        for person in room.people
        if person.waiting_since is not None and now - person.waiting_since >= LOBBY_LIMIT_S
    }


def _settled(room: Room, now: float) -> Room:
    """What follows from who is there and from the lock."""
    if not room.people:
        return empty(room.begins_locked)
    if any(person.is_host for person in room.people):
        room = replace(room, started=True, hostless_since=None)
    elif room.started and room.hostless_since is None:
        room = replace(room, hostless_since=now)
    if room.started and not room.locked:
        people = tuple(replace(person, waiting_since=None) for person in room.people)
        room = replace(room, people=people)
    return room

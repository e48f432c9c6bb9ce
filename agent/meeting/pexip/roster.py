"""PURE: who is in the room and how it is, from what the node tells bit by bit."""

from dataclasses import dataclass, field, replace

from agent.meeting.pexip.models import INSIDE, WAITING, Fields, fields, flag, participant, text
from agent.messages import (
    ConnectionLost,
    Joined,
    MeetingEvent,
    Participant,
    RoomChanged,
    RoomState,
    WaitingForHost,
)

PEOPLE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One message of the event stream."""

    name: str
    data: object = field(default=None, repr=False)
    id: str = ""
    """Of a still of the slides; other events have none."""


class Roster:
    """The newest state of the room.

    Every time the event stream is opened, the node tells everybody who is there, in a bracket. It
    is a snapshot, not arrivals: only the difference to what we knew counts.
    """

    def __init__(self, own: str, waiting: bool) -> None:
        """`own`: our participant id; `waiting`: we are before the door."""
        self.waiting = waiting
        self.synced = False
        """The first snapshot is complete."""
        self._own = own
        self._people: dict[str, Participant] = {}
        self._snapshot: dict[str, Participant] | None = None
        self._state = RoomState()

    def room(self) -> RoomState:
        """What is known now; participants in the order in which they came."""
        return replace(self._state, participants=tuple(self._people.values()))

    def apply(self, event: ServerEvent) -> None:
        """Take in one event; those about other things change nothing."""
        match event.name:
            case "participant_sync_begin":
                self._snapshot = {}
            case "participant_sync_end":
                self._end_sync()
            case "participant_create" | "participant_update":
                self._put(fields(event.data))
            case "participant_delete":
                self._current().pop(text(fields(event.data).get("uuid")), None)
            case "conference_update":
                self._change_state(fields(event.data))

    def _current(self) -> dict[str, Participant]:
        return self._people if self._snapshot is None else self._snapshot

    def _end_sync(self) -> None:
        if self._snapshot is None:
            return
        stayed = {one: self._snapshot[one] for one in self._people if one in self._snapshot}
        self._people = stayed | self._snapshot
        self._snapshot = None
        self.synced = True

    def _put(self, told: Fields) -> None:
        person = participant(told, self._own)
        people = self._current()
        if person.id and (person.id in people or len(people) < PEOPLE_LIMIT):
            people[person.id] = person
        if person.is_self:
            self._change_self(told)

    def _change_self(self, told: Fields) -> None:
        place = text(told.get("service_type"))
        if place in WAITING | INSIDE:  # `connecting` says nothing about the door.
            self.waiting = place in WAITING
        muted = flag(told.get("is_muted"))
        if muted is not None:
            self._state = replace(self._state, muted_by_host=muted)

    def _change_state(self, told: Fields) -> None:
        def newest(known: bool | None, *names: str) -> bool | None:
            values = [value for name in names if (value := flag(told.get(name))) is not None]
            return any(values) if values else known

        self._state = replace(
            self._state,
            locked=newest(self._state.locked, "locked"),
            recording=newest(self._state.recording, "recording"),
            streaming=newest(self._state.streaming, "streaming", "public_streaming"),
            transcribing=newest(self._state.transcribing, "transcribing"),
            started=newest(self._state.started, "started"),
            direct_media=newest(self._state.direct_media, "direct_media"),
        )


def news(told: MeetingEvent | None, roster: Roster, up: bool, lost: bool) -> MeetingEvent | None:
    """What is to be told next, given what was told last; None: nothing new.

    up: the media connection stands; lost: it stood and is being repaired.
    """
    now: MeetingEvent
    if lost and told is not None:
        now = ConnectionLost()
    elif roster.waiting:
        now = WaitingForHost()
    elif not up or not roster.synced:
        return None
    elif isinstance(told, Joined | RoomChanged):
        now = RoomChanged(roster.room())
        return None if now.room == told.room else now
    else:
        now = Joined(roster.room())
    return None if now == told else now

"""PURE: the technical course of events, for the report of a fault. In memory only, newest lines."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, time

from agent.faults import Fault
from agent.messages import Event, PartDown, PartUp, VisitEnded
from agent.report.model import MOST_HAPPENINGS, Entry, Happening
from agent.session import Session, Visit

_VISITS = {
    Visit.JOINING: Happening.JOINING,
    Visit.LOBBY: Happening.LOBBY,
    Visit.INSIDE: Happening.INSIDE,
    Visit.RECONNECTING: Happening.RECONNECTING,
    Visit.OUTSIDE: Happening.ENDED,
}


class Diary:
    """Notes what fails, comes back, and how visits to the room go; nothing else."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """now: the local time."""
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=MOST_HAPPENINGS)
        self._visit = Visit.OUTSIDE
        self._note(Happening.STARTED)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The oldest first."""
        return tuple(self._entries)

    def observe(self, event: Event, session: Session, _actions: object) -> None:
        """See `Runner.observe`."""
        match event:
            case PartDown():
                self._entries.append(
                    Entry(
                        at=self._time,
                        what=Happening.PART_FAILED,
                        part=event.part,
                        fault=event.fault,
                    )
                )
            case PartUp():
                self._entries.append(
                    Entry(at=self._time, what=Happening.PART_BACK, part=event.part)
                )
            case VisitEnded() if event.fault is not None:
                self._note(Happening.THROWN_OUT, event.fault)
                self._visit = session.visit
        if session.visit is not self._visit:
            self._visit = session.visit
            if session.visit in _VISITS:
                self._note(_VISITS[session.visit])

    def _note(self, what: Happening, fault: Fault | None = None) -> None:
        self._entries.append(Entry(at=self._time, what=what, fault=fault))

    @property
    def _time(self) -> time:
        return self._now().time().replace(microsecond=0)

"""Whatever happens in the room in whatever order: the agent and the nurse's session know the truth.

The practice room's rules stand for the node: what they tell, byte by byte, goes through the
client's parser, roster and news into the session, with streams that break at any moment.
"""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.meeting.pexip.events import MessageParser
from agent.meeting.pexip.roster import Roster
from agent.meeting.pexip.roster import news as told_of
from agent.meeting.practice import room as rules
from agent.meeting.practice import wire
from agent.meeting.practice.news import news
from agent.meeting.practice.people import Person, Role
from agent.meeting.practice.room import Room
from agent.messages import (
    Command,
    ConnectionLost,
    Heard,
    Joined,
    MeetingEvent,
    Picture,
    RoomChanged,
    VisitEnded,
    WaitingForHost,
)
from agent.session import step
from agent.session.state import Rules, Session, Visit, transmission

US = "us"
HOST = "host"
OTHERS = ("host", "patient", "gp")


class AnyOrder(RuleBasedStateMachine):
    """One nurse, a host and two others."""

    @initialize(hold=st.booleans(), locked=st.booleans())
    def begin(self, hold: bool, locked: bool) -> None:
        self.room = rules.empty(locked)
        self.session = Session(Rules(checklists={}, hold_until_locked=hold))
        self.hear(Heard(Command.START_VIDEO))
        self.now = 0.0
        self.visiting = False
        self.up = self.lost = self.connected = False
        self.told: MeetingEvent | None = None
        self.join()

    def hear(self, event: Heard | MeetingEvent | VisitEnded) -> None:
        self.session, _ = step(self.session, event)

    def join(self) -> None:
        self.room = rules.enter(self.room, Person(US, "Kamera", Role.GUEST), self.now)
        ourselves = self.room.find(US)
        assert ourselves is not None
        self.roster = Roster(US, ourselves.is_waiting)
        self.visiting, self.connected = True, False
        self.up = self.lost = False
        self.told = None
        self.open_stream()

    def become(self, room: Room) -> None:
        before, self.room = self.room, room
        if not self.visiting:
            return
        ours = [notice for notice in news(before, room) if notice.to == US]
        if self.connected:
            self.take(b"".join(wire.notice(notice) for notice in ours))

    def take(self, sent: bytes) -> None:
        for event in MessageParser().feed(sent):
            self.roster.apply(event)
        self.tell()

    def tell(self) -> None:
        if self.visiting:
            new = told_of(self.told, self.roster, self.up, self.lost)
            if new is not None:
                self.told = new
                self.hear(new)

    @rule()
    def open_stream(self) -> None:
        ourselves = self.room.find(US)
        if self.visiting and ourselves is not None:
            self.connected = True
            self.take(wire.opening(self.room, ourselves))

    @rule()
    def drop_stream(self) -> None:
        self.connected = False

    @rule(up=st.booleans())
    def media(self, up: bool) -> None:
        if self.visiting and up != self.up:
            self.up, self.lost = up, not up
            self.tell()

    @rule(who=st.sampled_from(OTHERS))
    def enter(self, who: str) -> None:
        if self.room.find(who) is None:
            role = Role.HOST if who == HOST else Role.GUEST
            self.become(rules.enter(self.room, Person(who, who, role), self.now))

    @rule(who=st.sampled_from(OTHERS))
    def leave(self, who: str) -> None:
        self.become(rules.leave(self.room, {who}, self.now))

    @rule(who=st.sampled_from((US, *OTHERS)))
    def admit(self, who: str) -> None:
        self.become(rules.admit(self.room, who))

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        self.become(rules.lock(self.room, locked, self.now))

    @rule(who=st.sampled_from((US, *OTHERS)), muted=st.booleans())
    def mute(self, who: str, muted: bool) -> None:
        self.become(rules.change(self.room, who, muted=muted))

    @rule(who=st.sampled_from(OTHERS))
    def take_floor(self, who: str) -> None:
        person = self.room.find(who)
        if person is not None and not person.is_waiting:
            self.become(rules.take_floor(self.room, who))

    @rule()
    def kick_us_and_come_again(self) -> None:
        self.visiting = False
        self.room = rules.leave(self.room, {US}, self.now)
        self.hear(VisitEnded())
        assert self.session.visit is Visit.OUTSIDE
        assert transmission(self.session).picture is Picture.NOTHING
        self.hear(Heard(Command.START_VIDEO))
        self.join()

    @invariant()
    def the_agent_knows_what_is_true(self) -> None:
        ourselves = self.room.find(US) if hasattr(self, "room") else None
        if ourselves is None or not self.connected:
            return
        assert self.roster.waiting is ourselves.is_waiting
        state = self.roster.room()
        assert state.locked is self.room.locked
        assert state.started is self.room.started
        assert state.muted_by_host is ourselves.muted
        truth = self.room.visible_to(ourselves)
        assert {
            one.id: (one.is_waiting, one.muted_by_host, one.presents, one.is_host)
            for one in state.participants
        } == {
            one.id: (one.is_waiting, one.muted, one.presents, one.is_host) for one in truth.values()
        }

    @invariant()
    def the_session_stands_where_we_are(self) -> None:
        if not hasattr(self, "session"):
            return
        match self.told:
            case None:
                assert self.session.visit is Visit.JOINING
            case WaitingForHost():
                assert self.session.visit is Visit.LOBBY
            case Joined() | RoomChanged():
                assert self.session.visit is Visit.INSIDE
                assert self.session.room == self.told.room
            case ConnectionLost():
                assert self.session.visit in {Visit.RECONNECTING, Visit.LOBBY}

    @invariant()
    def no_wound_is_shown_to_a_door_or_to_an_open_room_that_should_be_locked(self) -> None:
        if not hasattr(self, "session"):
            return
        shows = transmission(self.session).picture in {Picture.LIVE, Picture.FROZEN}
        if shows:
            assert not self.roster.waiting
            assert self.session.visit in {Visit.INSIDE, Visit.RECONNECTING}
            if self.session.rules.hold_until_locked and self.connected and not self.lost:
                assert self.room.locked


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=25)

"""The rules of the practice room: who waits, who is heard and shown, who is told what."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from agent.meeting.practice import room as rules
from agent.meeting.practice.door import WRONG_PINS, WRONG_PINS_WITHIN_S, Door, Tokens, Verdict
from agent.meeting.practice.news import Notice, news
from agent.meeting.practice.people import Person, Role
from agent.meeting.practice.room import Room

HOST = Person("h", "Vert", Role.HOST)
CAMERA = Person("c", "Kamera", Role.GUEST)
DOCTOR = Person("d", "Lege", Role.GUEST)


def with_people(*people: Person, locked: bool = False) -> Room:
    room = rules.empty(locked)
    for person in people:
        room = rules.enter(room, person, 0.0)
    return room


def waiting(room: Room) -> list[str]:
    return [person.id for person in room.people if person.is_waiting]


# Who waits (section 7.1 of the protocol reference)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (with_people(CAMERA), ["c"]),
        (with_people(CAMERA, HOST), []),
        (with_people(HOST, CAMERA), []),
        (with_people(HOST, locked=True), []),
        (with_people(HOST, CAMERA, locked=True), ["c"]),
        (with_people(CAMERA, HOST, locked=True), ["c"]),
        (rules.lock(with_people(HOST, CAMERA), True, 0.0), []),
        (rules.lock(with_people(HOST, CAMERA, DOCTOR, locked=True), False, 0.0), []),
        (rules.lock(with_people(CAMERA, locked=True), False, 0.0), ["c"]),
        (rules.admit(with_people(HOST, CAMERA, DOCTOR, locked=True), "d"), ["c"]),
        (rules.admit(with_people(HOST, CAMERA, locked=True), "nobody"), ["c"]),
    ],
)
def test_a_guest_waits_until_the_room_has_begun_and_is_not_locked(
    room: Room, expected: list[str]
) -> None:
    assert waiting(room) == expected


def test_a_room_that_is_left_by_all_is_as_in_the_beginning() -> None:
    room = rules.mute_guests(rules.lock(with_people(HOST, locked=True), False, 0.0), True)

    assert rules.leave(room, {"h"}, 1.0) == rules.empty(begins_locked=True)


def test_guests_stay_a_while_without_a_host_and_then_have_to_go() -> None:
    room = rules.leave(with_people(HOST, CAMERA), {"h"}, 10.0)

    assert rules.overdue(room, 10.0 + rules.HOSTLESS_LIMIT_S - 1) == {}
    assert rules.overdue(room, 10.0 + rules.HOSTLESS_LIMIT_S) == {"c": rules.HOSTS_GONE}
    back = rules.enter(room, replace(HOST, id="h2"), 20.0)
    assert rules.overdue(back, 1000.0) == {}


def test_nobody_waits_for_ever() -> None:
    room = with_people(HOST, CAMERA, locked=True)

    assert rules.overdue(room, rules.LOBBY_LIMIT_S - 1) == {}
    assert rules.overdue(room, rules.LOBBY_LIMIT_S) == {"c": rules.LOBBY_TIMEOUT}
    assert rules.overdue(rules.admit(room, "c"), rules.LOBBY_LIMIT_S) == {}


# Who is heard and shown


def test_those_who_wait_neither_see_nor_hear_nor_are_seen_or_heard() -> None:
    room = with_people(HOST, CAMERA, locked=True)

    for one in "hc":
        assert room.heard_by(one) == []
        assert room.shown_to(one) == []


def test_everybody_inside_hears_all_others_but_the_muted() -> None:
    room = with_people(HOST, CAMERA, DOCTOR)

    assert room.heard_by("h") == ["c", "d"]
    assert rules.change(room, "c", muted=True).heard_by("h") == ["d"]
    assert rules.change(room, "c", self_muted=True).heard_by("h") == ["d"]
    assert rules.mute_guests(room, True).heard_by("c") == ["h"]
    assert room.heard_by("nobody") == []


def test_guests_muted_means_those_who_come_later_too() -> None:
    room = rules.enter(rules.mute_guests(with_people(HOST), True), CAMERA, 0.0)

    assert room.heard_by("h") == []
    assert rules.mute_guests(room, False).heard_by("h") == ["c"]


def test_guests_are_shown_before_hosts() -> None:
    room = with_people(HOST, replace(HOST, id="h2"), CAMERA, DOCTOR)

    assert room.shown_to("h") == ["c", "d", "h2"]
    assert room.shown_to("c") == ["d", "h", "h2"]
    assert rules.change(room, "c", video_muted=True).shown_to("h") == ["d", "h2"]


# Who is told what


def test_an_admission_is_told_to_the_guest_to_hosts_and_to_those_inside() -> None:
    before = rules.admit(with_people(HOST, CAMERA, DOCTOR, locked=True), "d")
    after = rules.admit(before, "c")

    told = {(notice.to, notice.name, _identity(notice)) for notice in news(before, after)}
    assert told == {
        ("h", "participant_update", "c"),
        ("d", "participant_create", "c"),
        ("c", "participant_update", "c"),
        ("c", "participant_create", "h"),
        ("c", "participant_create", "d"),
    }


def test_a_lock_is_told_to_all_and_once() -> None:
    before = with_people(HOST, CAMERA)
    after = rules.lock(before, True, 0.0)

    assert news(before, after) == [Notice(to, "conference_update", after) for to in "hc"]
    assert news(after, rules.lock(after, True, 0.0)) == []


def test_whoever_is_removed_is_told_why() -> None:
    before = with_people(HOST, CAMERA)
    after = rules.leave(before, {"c"}, 0.0)

    assert news(before, after, {"c": "why"}) == [
        Notice("c", "disconnect", "why"),
        Notice("h", "participant_delete", "c"),
    ]


def _identity(notice: Notice) -> str:
    assert isinstance(notice.about, Person)
    return notice.about.id


class Client:
    """What a participant knows who was told everything at first and only news since then."""

    def __init__(self, room: Room, person: Person) -> None:
        self.people = room.visible_to(person)
        self.state = room
        self.slides = room.slides_for(person.id)

    def take(self, notice: Notice) -> None:
        match notice.name, notice.about:
            case "participant_create", Person() as person:
                assert person.id not in self.people
                self.people[person.id] = person
            case "participant_update", Person() as person:
                assert self.people[person.id] != person
                self.people[person.id] = person
            case "participant_delete", str() as identity:
                del self.people[identity]
            case "conference_update", Room() as room:
                self.state = room
            case "presentation_start", Person() as person:
                self.slides = person
            case "presentation_stop", None:
                assert self.slides is not None
                self.slides = None
            case _:
                pytest.fail(f"unexpected: {notice.name}")


class AnyConsultation(RuleBasedStateMachine):
    """Whatever happens in whatever order: everybody's knowledge is right and the rules hold."""

    present = Bundle("present")

    def __init__(self) -> None:
        super().__init__()
        self.room = rules.empty()
        self.clients: dict[str, Client] = {}
        self.count = 0
        self.now = 0.0
        self.admitted: set[str] = set()

    def become(self, room: Room) -> None:
        before, self.room = self.room, room
        gone = self.clients.keys() - {person.id for person in room.people}
        for identity in gone:
            del self.clients[identity]
        for notice in news(before, room):
            self.clients[notice.to].take(notice)

    @rule(target=present, role=st.sampled_from(Role))
    def enter(self, role: Role) -> str:
        self.count += 1
        person = Person(str(self.count), "", role)
        self.become(rules.enter(self.room, person, self.now))
        found = self.room.find(person.id)
        assert found is not None
        self.clients[person.id] = Client(self.room, found)
        return person.id

    @rule(who=consumes(present))
    def leave(self, who: str) -> None:
        self.become(rules.leave(self.room, {who}, self.now))

    @rule(who=present)
    def admit(self, who: str) -> None:
        self.become(rules.admit(self.room, who))

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        self.become(rules.lock(self.room, locked, self.now))

    @rule(muted=st.booleans())
    def mute_guests(self, muted: bool) -> None:
        self.become(rules.mute_guests(self.room, muted))

    @rule(
        who=present,
        name=st.sampled_from(["muted", "self_muted", "video_muted", "has_media"]),
        value=st.booleans(),
    )
    def change(self, who: str, name: str, value: bool) -> None:
        self.become(rules.change(self.room, who, **{name: value}))

    @rule(who=present, role=st.sampled_from(Role))
    def set_role(self, who: str, role: Role) -> None:
        self.become(rules.set_role(self.room, who, role, self.now))

    @rule(who=present)
    def take_floor(self, who: str) -> None:
        person = self.room.find(who)
        if person is not None and not person.is_waiting:
            self.become(rules.take_floor(self.room, who))

    @rule(who=present)
    def release_floor(self, who: str) -> None:
        self.become(rules.release_floor(self.room, who))

    @rule(seconds=st.floats(1, 1000))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.become(rules.leave(self.room, rules.overdue(self.room, self.now).keys(), self.now))
        assert rules.overdue(self.room, self.now) == {}

    @invariant()
    def everybody_knows_what_a_newcomer_would_be_told(self) -> None:
        for person in self.room.people:
            client = self.clients[person.id]
            assert client.people == self.room.visible_to(person)
            assert client.state.locked == self.room.locked
            assert client.state.started == self.room.started
            assert client.state.guests_muted == self.room.guests_muted
            shown, should = client.slides, self.room.slides_for(person.id)
            assert (shown and shown.id) == (should and should.id)

    @invariant()
    def at_most_one_shows_slides_and_nobody_sees_their_own(self) -> None:
        presenters = [person for person in self.room.people if person.presents]
        assert len(presenters) <= 1
        for person in presenters:
            assert not person.is_waiting
            assert self.room.slides_for(person.id) is None

    @invariant()
    def only_guests_wait_and_only_before_a_shut_door(self) -> None:
        for person in self.room.people:
            assert not (person.is_waiting and person.is_host)
            assert not (person.is_waiting and self.room.started and not self.room.locked)

    @invariant()
    def a_host_makes_the_room_begin(self) -> None:
        hosts = [person for person in self.room.people if person.is_host]
        assert self.room.started or not hosts
        assert (self.room.hostless_since is None) == (bool(hosts) or not self.room.started)

    @invariant()
    def nobody_hears_the_muted_or_sees_the_waiting(self) -> None:
        for person in self.room.people:
            reached = self.room.heard_by(person.id) + self.room.shown_to(person.id)
            assert person.id not in reached
            assert not (person.is_waiting and reached)
            for other in self.room.people:
                assert not (other.is_waiting and other.id in reached)
                assert not (other.muted and other.id in self.room.heard_by(person.id))


TestAnyConsultation = AnyConsultation.TestCase


# The door


@pytest.mark.parametrize(
    ("guest_pin", "pin", "expected"),
    [
        (None, None, Verdict.PIN_NEEDED),
        (None, "1234", Verdict.HOST),
        (None, "none", Verdict.GUEST),
        (None, "0000", Verdict.PIN_WRONG),
        (None, "", Verdict.PIN_WRONG),
        (None, "æøå", Verdict.PIN_WRONG),
        (None, "\udcff", Verdict.PIN_WRONG),
        ("5678", None, Verdict.PIN_NEEDED),
        ("5678", "1234", Verdict.HOST),
        ("5678", "5678", Verdict.GUEST),
        ("5678", "none", Verdict.PIN_NEEDED),
    ],
)
def test_the_pin_decides_the_role(
    guest_pin: str | None, pin: str | None, expected: Verdict
) -> None:
    assert Door("1234", guest_pin).knock(pin, 0.0) is expected


def test_too_many_wrong_pins_hide_the_room_for_a_while_from_everybody() -> None:
    door = Door("1234")
    for number in range(WRONG_PINS):
        assert door.knock("wrong", float(number)) is Verdict.PIN_WRONG

    for pin in ("wrong", "1234", "none", None):
        assert door.knock(pin, 30.0) is Verdict.HIDDEN
    assert door.knock("1234", WRONG_PINS_WITHIN_S) is Verdict.HOST


def test_a_token_lives_so_long_and_the_one_before_it_a_moment_longer() -> None:
    tokens = Tokens(life=120, grace=5)
    tokens.issue("c", "first", now=0)
    assert tokens.owner("first", 119) == "c"
    tokens.issue("c", "second", now=40)

    assert tokens.owner("first", 44) == "c"
    assert tokens.owner("first", 45) is None
    assert tokens.owner("second", 159) == "c"
    assert tokens.owner("second", 160) is None
    assert tokens.expired(159) == []
    assert tokens.expired(160) == ["c"]


def test_the_grace_does_not_lengthen_a_life() -> None:
    tokens = Tokens(life=6, grace=5)
    tokens.issue("c", "first", now=0)
    tokens.issue("c", "second", now=5)

    assert tokens.owner("first", 6) is None


def test_a_revoked_token_is_worth_nothing() -> None:
    tokens = Tokens(life=120)
    tokens.issue("c", "first", now=0)
    tokens.issue("c", "second", now=1)
    tokens.revoke(["c", "nobody"])

    assert tokens.owner("first", 1) is None
    assert tokens.owner("second", 1) is None

"""The pure parts of the Pexip client: messages however they are cut, and a roster."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.meeting.pexip.events import MESSAGE_BYTES, MessageParser
from agent.meeting.pexip.models import Call, Seat, Token, fields, ice_servers, participant
from agent.meeting.pexip.roster import Roster, ServerEvent, news
from agent.messages import ConnectionLost, Joined, RoomChanged, WaitingForHost

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["participant_create", "layout", "disconnect"])


@given(st.lists(st.tuples(NAMES, JSON), max_size=6), st.data())
def test_messages_are_found_wherever_the_stream_is_cut(
    messages: list[tuple[str, object]], data: st.DataObject
) -> None:
    stream = "".join(
        f": keepalive\r\nevent: {name}\r\ndata: {json.dumps(value)}\r\n\r\n"
        for name, value in messages
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    parser, found = MessageParser(), list[ServerEvent]()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += parser.feed(stream[start:end])

    assert [(event.name, event.data) for event in found] == messages


def test_odd_messages() -> None:
    stream = b"event: a\ndata:\n\nevent: b\n\ndata: 1\n\nevent: c\ndata: {\n\n"
    stream += b"event:d\ndata:[\ndata:]\n\n"
    found = [(event.name, event.data) for event in MessageParser().feed(stream)]
    assert found == [("a", None), ("b", None), ("d", [])]


def test_a_message_without_end_is_refused() -> None:
    parser = MessageParser()
    with pytest.raises(ValueError, match="without end"):
        list(parser.feed(b"data: " + b"x" * MESSAGE_BYTES))


@given(JSON, st.text(max_size=5))
def test_odd_answers_never_raise(value: object, own: str) -> None:
    for name in ("token", "participant_uuid", "expires", "stun", "turn", "sdp", "locked", "uuid"):
        answer = {"token": "t", "participant_uuid": "p", "uuid": own, name: value}
        Seat.parse(answer)
        Token.parse(answer)
        Call.parse(answer)
        participant(fields(answer), own)
        roster = Roster(own, waiting=False)
        for event in ("conference_update", "participant_update", "participant_delete"):
            roster.apply(ServerEvent(event, answer))
            roster.apply(ServerEvent(event, value))
        roster.room()


@pytest.mark.parametrize(
    ("sent", "life"), [("120", 120), (6, 6), ("x", 120), (None, 120), ("nan", 120), ("-5", 1)]
)
def test_the_life_of_a_token(sent: object, life: float) -> None:
    token = Token.parse({"token": "secret", "expires": sent})
    assert token is not None
    assert token.life == life
    assert "secret" not in repr(token)


def test_only_usable_ice_servers_are_kept() -> None:
    servers = ice_servers(
        [
            {"url": "stun:192.0.2.1:3478"},
            {"url": "stun:192.0.2.1?transport=udp"},
            {
                "urls": ["turns:192.0.2.2:443?transport=tcp", "x"],
                "username": "u",
                "credential": "c",
            },
            {"urls": "odd"},
            7,
        ]
    )
    assert [(one.urls, one.username, one.credential) for one in servers] == [
        ("stun:192.0.2.1:3478", None, None),
        ("turns:192.0.2.2:443?transport=tcp", "u", "c"),
    ]


PEOPLE = st.lists(st.sampled_from("abcdef"), unique=True)


def snapshot(people: list[str]) -> list[ServerEvent]:
    return [
        ServerEvent("participant_sync_begin"),
        *(ServerEvent("participant_create", {"uuid": one}) for one in people),
        ServerEvent("participant_sync_end"),
    ]


@given(PEOPLE, PEOPLE)
def test_a_new_snapshot_shows_exactly_who_is_there(before: list[str], after: list[str]) -> None:
    roster = Roster("a", waiting=False)
    for event in snapshot(before):
        roster.apply(event)
    told = news(None, roster, up=True, lost=False)
    assert told == Joined(roster.room())
    for event in snapshot(after)[:-1]:
        roster.apply(event)
        assert news(told, roster, up=True, lost=False) is None
    roster.apply(snapshot(after)[-1])

    room = roster.room()
    stayed = [one for one in before if one in after]
    assert [person.id for person in room.participants][: len(stayed)] == stayed
    assert {person.id for person in room.participants} == set(after)
    changed = set(before) != set(after)
    assert news(told, roster, up=True, lost=False) == (RoomChanged(room) if changed else None)


def test_what_is_told_when() -> None:
    roster = Roster("a", waiting=True)
    assert news(None, roster, up=False, lost=False) == WaitingForHost()
    assert news(WaitingForHost(), roster, up=True, lost=False) is None
    roster.apply(ServerEvent("participant_update", {"uuid": "b", "service_type": "conference"}))
    roster.apply(ServerEvent("participant_update", {"uuid": "a", "service_type": "connecting"}))
    assert roster.waiting
    roster.apply(ServerEvent("participant_update", {"uuid": "a", "service_type": "conference"}))
    assert news(WaitingForHost(), roster, up=True, lost=False) is None  # Not yet synced.
    for event in snapshot(["a"]):
        roster.apply(event)
    assert news(WaitingForHost(), roster, up=False, lost=False) is None  # No media yet.
    joined = news(WaitingForHost(), roster, up=True, lost=False)
    assert joined == Joined(roster.room())
    assert news(joined, roster, up=False, lost=True) == ConnectionLost()
    assert news(ConnectionLost(), roster, up=True, lost=False) == joined

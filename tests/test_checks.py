"""What the agent answers by itself: yes, no, or unknown; never a tick."""

from itertools import product
from pathlib import Path

import pytest

from agent.checklist.checks import NOTHING_KNOWN, Facts, Finding, Ground, Verdict, find
from agent.checklist.model import Check, Checklist, Leader, Point
from agent.config.texts import load_words
from agent.messages import (
    Command,
    Heard,
    Joined,
    Light,
    Part,
    Participant,
    RoomState,
    Sentence,
)
from agent.session import ListId, Rules, Session, found, step

ME = Participant("1", "a", is_self=True)
HOST = Participant("2", "b", is_host=True)
WAITS = Participant("3", "c", is_waiting=True)
WORDS = Path(__file__).parent.parent / "config" / "pages" / "status.yaml"

TABLE = [
    (Check.ROOM_LOCKED, Facts(room=RoomState(locked=True)), Verdict.YES, Ground.LOCKED),
    (Check.ROOM_LOCKED, Facts(room=RoomState(locked=False)), Verdict.NO, Ground.NOT_LOCKED),
    (
        Check.ROOM_LOCKED,
        Facts(room=RoomState(locked=True, recording=True)),
        Verdict.NO,
        Ground.RECORDED,
    ),
    (Check.ROOM_LOCKED, Facts(room=RoomState(streaming=True)), Verdict.NO, Ground.RECORDED),
    (Check.ROOM_LOCKED, Facts(room=RoomState()), Verdict.UNKNOWN, Ground.UNKNOWN),
    (
        Check.OTHERS_PRESENT,
        Facts(room=RoomState(participants=(ME, HOST))),
        Verdict.YES,
        Ground.OTHERS_IN_ROOM,
    ),
    (
        Check.OTHERS_PRESENT,
        Facts(room=RoomState(participants=(ME, WAITS))),
        Verdict.NO,
        Ground.ALONE_IN_ROOM,
    ),
    (Check.OTHERS_PRESENT, Facts(room=RoomState()), Verdict.UNKNOWN, Ground.UNKNOWN),
    (Check.LIGHT, Facts(light=Light.GOOD), Verdict.YES, Ground.LIGHT_GOOD),
    (Check.LIGHT, Facts(light=Light.DARK), Verdict.NO, Ground.LIGHT_DARK),
    (Check.LIGHT, Facts(light=Light.BRIGHT), Verdict.NO, Ground.LIGHT_BRIGHT),
    (Check.LIGHT, Facts(light=Light.SHADOW), Verdict.NO, Ground.LIGHT_UNEVEN),
    (Check.LIGHT, Facts(light=Light.WARM), Verdict.NO, Ground.LIGHT_YELLOW),
    (Check.LIGHT, Facts(light=Light.BLURRED), Verdict.UNKNOWN, Ground.UNKNOWN),
    (Check.DEVICES, Facts(device_missing=True), Verdict.NO, Ground.DEVICE_MISSING),
    (Check.IN_ROOM, Facts(in_room=True), Verdict.YES, Ground.IN_ROOM),
    (Check.IN_ROOM, Facts(in_room=False), Verdict.NO, Ground.NOT_IN_ROOM),
    (Check.OUT_OF_ROOM, Facts(in_room=True), Verdict.NO, Ground.IN_ROOM),
    (Check.OUT_OF_ROOM, Facts(in_room=False), Verdict.YES, Ground.NOT_IN_ROOM),
]


@pytest.mark.parametrize(("check", "facts", "verdict", "ground"), TABLE)
def test_facts_give_an_answer_with_its_grounds(
    check: Check, facts: Facts, verdict: Verdict, ground: Ground
) -> None:
    assert find(check, facts) == Finding(verdict, ground)


@pytest.mark.parametrize("check", Check)
def test_without_facts_the_answer_is_unknown(check: Check) -> None:
    assert find(check, Facts()) == NOTHING_KNOWN


def test_each_ground_has_its_words() -> None:
    words = load_words(WORDS)
    assert {f"found_{ground}" for ground in Ground} <= set(words)


@pytest.mark.parametrize(("check", "light"), list(product(Check, Light)))
def test_a_finding_ticks_nothing(check: Check, light: Light) -> None:
    words = Sentence("a", "a")
    point = Point("p", ("1",), Leader.NURSE, "ord", frozenset(), prompt=words, check=check)
    checklist = Checklist("a", words, (point,))
    session = Session(Rules(checklists=dict.fromkeys(ListId, checklist)))
    joined = Joined(RoomState(locked=True, participants=(ME, HOST)))
    for event in (Heard(Command.START_VIDEO), joined, Heard(Command.OPEN_START)):
        session, _ = step(session, event)

    found(session, check, light)
    assert session.progress is not None
    assert session.progress.open_points == (point,)
    assert not session.answers


def test_what_the_session_knows() -> None:
    outside = Session(Rules(checklists={}))
    assert found(outside, Check.OUT_OF_ROOM).verdict is Verdict.YES
    assert found(outside, Check.ROOM_LOCKED) == NOTHING_KNOWN

    joining, _ = step(outside, Heard(Command.START_VIDEO))
    assert found(joining, Check.IN_ROOM) == NOTHING_KNOWN

    inside, _ = step(joining, Joined(RoomState(locked=True)))
    assert found(inside, Check.IN_ROOM).verdict is Verdict.YES
    assert found(inside, Check.ROOM_LOCKED).verdict is Verdict.YES

    broken = Session(Rules(checklists={}), down=frozenset({Part.CAMERA}))
    assert found(broken, Check.DEVICES).verdict is Verdict.NO

"""What the agent answers by itself: yes, no, or unknown; never a tick."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from agent.checklist.checks import NOTHING_KNOWN, Facts, Finding, Ground, Verdict, find
from agent.checklist.model import Answer, Check, Checklist, Leader, Point
from agent.config.texts import load_words
from agent.messages import (
    Command,
    ConnectionLost,
    Heard,
    HearingReady,
    Joined,
    Light,
    Machine,
    MachineChanged,
    Part,
    Participant,
    Phrase,
    RoomState,
    Say,
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
    (
        Check.IN_ROOM,
        Facts(in_room=False, machine=Machine(network=False)),
        Verdict.NO,
        Ground.NO_NETWORK,
    ),
    (Check.APPOINTMENT, Facts(machine=Machine(appointed=True)), Verdict.YES, Ground.IN_HOURS),
    (Check.APPOINTMENT, Facts(machine=Machine(appointed=False)), Verdict.NO, Ground.OUTSIDE_HOURS),
    (Check.PICTURE_AND_SOUND, Facts(lost=True), Verdict.NO, Ground.CONNECTION_LOST),
    (Check.PICTURE_AND_SOUND, Facts(device_missing=True), Verdict.NO, Ground.DEVICE_MISSING),
    (Check.PICTURE_AND_SOUND, Facts(light=Light.DARK), Verdict.NO, Ground.LIGHT_DARK),
    (
        Check.PICTURE_AND_SOUND,
        Facts(in_room=True, light=Light.GOOD, hearing=True),
        Verdict.YES,
        Ground.PICTURE_AND_SOUND_GOOD,
    ),
    (
        Check.PICTURE_AND_SOUND,
        Facts(in_room=True, light=Light.GOOD),
        Verdict.UNKNOWN,
        Ground.UNKNOWN,
    ),
    (Check.ECHO, Facts(echo=True), Verdict.NO, Ground.ECHO_HEARD),
]


@pytest.mark.parametrize(("check", "facts", "verdict", "ground"), TABLE)
def test_facts_give_an_answer_with_its_grounds(
    check: Check, facts: Facts, verdict: Verdict, ground: Ground
) -> None:
    assert find(check, facts) == Finding(verdict, ground)


@pytest.mark.parametrize(
    ("machine", "verdict", "ground"),
    [
        (Machine(battery=29, charging=True), Verdict.YES, Ground.CHARGING),
        (Machine(battery=30), Verdict.YES, Ground.BATTERY_GOOD),
        (Machine(battery=29, charging=False), Verdict.NO, Ground.BATTERY_LOW),
    ],
)
def test_the_battery_tells_its_percent(machine: Machine, verdict: Verdict, ground: Ground) -> None:
    finding = find(Check.BATTERY, Facts(machine=machine))
    assert finding == Finding(verdict, ground, {"percent": machine.battery or 0})


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


def walk_with(ticked: frozenset[Check], machine: Machine) -> tuple[Session, list[object]]:
    """A list whose middle point has a check, opened and answered once; what was said."""
    words = Sentence("a", "a")
    plain = Point("p", ("1",), Leader.NURSE, "ord", frozenset({Answer.DONE}), prompt=words)
    points = (plain, replace(plain, id="battery", check=Check.BATTERY), replace(plain, id="last"))
    checklist = Checklist("a", words, points)
    session = Session(Rules(checklists=dict.fromkeys(ListId, checklist), ticked=ticked))
    said: list[object] = []
    for event in (
        MachineChanged(machine),
        Heard(Command.OPEN_PREPARATIONS),
        Heard(Command.DONE),
    ):
        session, actions = step(session, event)
        said += [action.line for action in actions if isinstance(action, Say)]
    return session, said


FULL = Machine(battery=100)


def test_the_agent_ticks_only_what_the_configuration_lets_it() -> None:
    asked, _ = walk_with(frozenset(), FULL)
    unknown, _ = walk_with(frozenset({Check.BATTERY}), Machine())
    low, _ = walk_with(frozenset({Check.BATTERY}), Machine(battery=5))
    for session in (asked, unknown, low):
        assert session.progress is not None
        assert session.progress.index == 1

    ticked, said = walk_with(frozenset({Check.BATTERY}), FULL)
    assert ticked.progress is not None
    assert ticked.progress.index == 2
    assert ticked.answers["battery"] is Answer.DONE
    assert Phrase.TICKED in said, "never without a word"


def test_what_was_ticked_can_be_taken_back() -> None:
    session, _ = walk_with(frozenset({Check.BATTERY}), FULL)
    session, _ = step(session, Heard(Command.BACK))
    assert session.progress is not None
    assert session.progress.index == 1


def test_what_the_session_knows() -> None:
    outside = Session(Rules(checklists={}))
    assert found(outside, Check.OUT_OF_ROOM).verdict is Verdict.YES
    assert found(outside, Check.ROOM_LOCKED) == NOTHING_KNOWN

    joining, _ = step(outside, Heard(Command.START_VIDEO))
    assert found(joining, Check.IN_ROOM) == NOTHING_KNOWN

    inside, _ = step(joining, Joined(RoomState(locked=True)))
    assert found(inside, Check.IN_ROOM).verdict is Verdict.YES
    assert found(inside, Check.ROOM_LOCKED).verdict is Verdict.YES

    ready, _ = step(inside, HearingReady())
    assert found(ready, Check.PICTURE_AND_SOUND, Light.GOOD).verdict is Verdict.YES
    lost, _ = step(ready, ConnectionLost())
    assert found(lost, Check.PICTURE_AND_SOUND).ground is Ground.CONNECTION_LOST

    broken = Session(Rules(checklists={}), down=frozenset({Part.CAMERA}))
    assert found(broken, Check.DEVICES).verdict is Verdict.NO

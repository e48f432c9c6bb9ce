"""Technical alerts while the wound is cared for: one at a time, not too often, never at rest."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.texts import Texts
from agent.faults import Fault
from agent.messages import (
    Action,
    Command,
    ConnectionLost,
    Event,
    Heard,
    HeardTwice,
    Joined,
    Light,
    LightChanged,
    Machine,
    MachineChanged,
    NetworkChanged,
    Part,
    PartDown,
    Participant,
    Phrase,
    RoomChanged,
    RoomState,
    Say,
    SetTimer,
    Talked,
    Timer,
    TimerFired,
    Urgency,
    VisitEnded,
)
from agent.network import ENOUGH_BPS, WEAK_BPS, NetworkWatch
from agent.session import Rules, Session, step
from agent.session.alerts import ADVICE, CRITICAL, MOST_HELD

CONFIG = Path(__file__).parent.parent / "config"
ROOM = RoomState(locked=True, recording=False)
TICK = TimerFired(Timer.ALERT_PAUSE)


def run(session: Session, *events: Event) -> tuple[Session, list[Action]]:
    done: list[Action] = []
    for event in events:
        session, actions = step(session, event)
        done += actions
    return session, done


def said(actions: Iterable[Action]) -> list[object]:
    return [action.line for action in actions if isinstance(action, Say)]


INSIDE, _ = run(Session(Rules(checklists={})), Heard(Command.START_VIDEO), Joined(ROOM))
MUTED, _ = run(INSIDE, Heard(Command.MUTE))


def battery(percent: int, *, charging: bool = False) -> MachineChanged:
    return MachineChanged(Machine(battery=percent, charging=charging))


# What the issue calls u01 to u13, and what makes each of them.
OCCASIONS: dict[str, tuple[Session, tuple[Event, ...], Phrase | Fault]] = {
    "u01 dark": (INSIDE, (LightChanged(Light.DARK),), Phrase.TOO_DARK),
    "u02 bright": (INSIDE, (LightChanged(Light.BRIGHT),), Phrase.TOO_BRIGHT),
    "u03 shaking": (INSIDE, (LightChanged(Light.SHAKING),), Phrase.SHAKING),
    "u04 blurred": (INSIDE, (LightChanged(Light.BLURRED),), Phrase.BLURRED),
    "u05 no sound": (
        INSIDE,
        (PartDown(Part.MICROPHONE, Fault.MICROPHONE_SILENT),),
        Fault.MICROPHONE_SILENT,
    ),
    "u06 muted": (MUTED, (Talked(),), Phrase.TALKING_MUTED),
    "u06 muted by the host": (
        INSIDE,
        (RoomChanged(replace(ROOM, muted_by_host=True)), TICK, Talked()),
        Phrase.TALKING_MUTED,
    ),
    "u07 echo": (INSIDE, (HeardTwice(),), Phrase.ECHO),
    "u08 battery": (INSIDE, (battery(20),), Phrase.BATTERY_LOW),
    "u09 battery": (INSIDE, (battery(10),), Phrase.BATTERY_VERY_LOW),
    "u10 network": (
        INSIDE,
        (NetworkChanged(weak=True), TimerFired(Timer.WEAK_NETWORK)),
        Phrase.NETWORK_WEAK,
    ),
    "u11 connection": (INSIDE, (ConnectionLost(),), Phrase.CONNECTION_LOST),
    "u12 newcomer": (
        INSIDE,
        (RoomChanged(replace(ROOM, participants=(Participant("1", "x"),))),),
        Phrase.NEW_PARTICIPANT,
    ),
    "u13 recording": (INSIDE, (RoomChanged(replace(ROOM, recording=True)),), Phrase.RECORDING),
}


@pytest.mark.parametrize("name", OCCASIONS)
def test_each_alert_is_told_when_its_cause_is_there(name: str) -> None:
    session, events, line = OCCASIONS[name]

    assert said(run(session, *events)[1])[-1] == line


@pytest.mark.parametrize("name", OCCASIONS)
def test_none_of_them_interrupts_and_all_wait_for_a_pause_in_speech(name: str) -> None:
    session, events, line = OCCASIONS[name]
    (told,) = [a for a in run(session, *events)[1] if isinstance(a, Say) and a.line is line]

    assert told.urgency in {Urgency.ADVICE} if line in ADVICE else {Urgency.WARNING, Urgency.NEWS}


@pytest.mark.parametrize("name", OCCASIONS)
def test_at_rest_only_what_is_critical_is_told(name: str) -> None:
    session, events, line = OCCASIONS[name]
    resting, _ = run(session, Heard(Command.REST))
    told = said(run(resting, *events)[1])

    assert (line in told) == (line not in ADVICE)


@pytest.mark.parametrize("name", OCCASIONS)
def test_rest_can_always_be_asked_for(name: str) -> None:
    session, events, _ = OCCASIONS[name]
    after, actions = run(run(session, *events)[0], Heard(Command.REST))

    assert after.resting
    assert said(actions) == [Phrase.RESTING]


def test_advice_keeps_its_distance_and_comes_when_the_pause_is_over() -> None:
    told, actions = run(MUTED, HeardTwice(), Talked())
    assert said(actions) == [Phrase.ECHO]
    assert SetTimer(Timer.ALERT_PAUSE, told.rules.alert_pause_s) in actions

    assert said(run(told, TICK)[1]) == [Phrase.TALKING_MUTED]


def test_a_way_that_is_narrow_for_a_moment_is_not_told() -> None:
    events = NetworkChanged(weak=True), NetworkChanged(weak=False), TimerFired(Timer.WEAK_NETWORK)
    assert not said(run(INSIDE, *events)[1])


def test_the_way_is_weak_from_one_limit_to_another() -> None:
    told: list[bool] = []
    watch = NetworkWatch(lambda event: told.append(event.weak))
    for bitrate in (900_000, WEAK_BPS, WEAK_BPS - 1, ENOUGH_BPS - 1, ENOUGH_BPS, WEAK_BPS, 1):
        watch.offer(bitrate)
    assert told == [True, False, True]


def test_what_is_critical_never_waits_and_keeps_advice_away() -> None:
    session, actions = run(
        INSIDE,
        LightChanged(Light.DARK),
        RoomChanged(replace(ROOM, recording=True)),
        HeardTwice(),
    )
    assert said(actions) == [Phrase.TOO_DARK, Phrase.RECORDING]
    assert said(run(session, TICK)[1]) == [Phrase.ECHO]


@pytest.mark.parametrize(
    ("over", "never_told"),
    [
        (LightChanged(Light.GOOD), LightChanged(Light.BRIGHT)),
        (battery(20, charging=True), battery(20)),
        (battery(90), battery(20)),
        (NetworkChanged(weak=False), NetworkChanged(weak=True)),
        (Heard(Command.PAUSE_VIDEO), LightChanged(Light.DARK)),
    ],
)
def test_advice_that_is_no_longer_true_is_never_given(over: Event, never_told: Event) -> None:
    passing = TimerFired(Timer.WEAK_NETWORK)
    session, _ = run(INSIDE, HeardTwice(), never_told, passing)
    assert session.pacing.held

    answers = {Phrase.PAUSED}
    assert not set(said(run(session, over, TICK)[1])) - answers


def test_who_is_heard_again_is_not_told_that_she_was_muted() -> None:
    session, _ = run(MUTED, HeardTwice(), Talked())
    assert session.pacing.held

    assert said(run(session, Heard(Command.UNMUTE), TICK)[1]) == [Phrase.UNMUTED]


def test_the_same_advice_comes_again_only_after_its_time() -> None:
    rules = INSIDE.rules
    echo = (HeardTwice(),)
    session, _ = run(INSIDE, *echo)
    rounds = 0
    while not said(run(session, *echo)[1]):
        session, _ = run(session, *echo, TICK)
        rounds += 1
        assert rounds * rules.alert_pause_s < rules.alert_repeat_s or not session.pacing.rests
    assert rounds * rules.alert_pause_s == rules.alert_repeat_s


def test_each_level_of_the_battery_is_told_once_and_again_after_charging() -> None:
    session, actions = run(INSIDE, battery(20), battery(19), battery(11), TICK, battery(10))
    assert said(actions) == [Phrase.BATTERY_LOW, Phrase.BATTERY_VERY_LOW]
    session, actions = run(session, battery(9), battery(11), TICK)
    assert not said(actions)

    _, actions = run(session, battery(11, charging=True), battery(10))
    assert said(actions) == [Phrase.BATTERY_VERY_LOW]


def test_who_comes_in_with_little_power_is_told() -> None:
    outside, actions = run(Session(Rules(checklists={})), battery(8))
    assert not said(actions)

    _, actions = run(outside, Heard(Command.START_VIDEO), Joined(ROOM))
    assert Phrase.BATTERY_VERY_LOW in said(actions)


@pytest.mark.parametrize("state", [INSIDE, run(MUTED, Heard(Command.PAUSE_VIDEO))[0]])
def test_talk_is_nobodys_business_while_the_room_hears_it_or_she_asked_for_a_pause(
    state: Session,
) -> None:
    assert not said(run(state, Talked(), Talked())[1])


def test_outside_nothing_is_left_of_the_alerts() -> None:
    session, _ = run(INSIDE, HeardTwice(), LightChanged(Light.DARK), VisitEnded())

    assert session.pacing == INSIDE.pacing


EVENTS = st.sampled_from(
    [event for _, events, _ in OCCASIONS.values() for event in events]
    + [Heard(Command.MUTE), Heard(Command.UNMUTE), battery(80), LightChanged(Light.GOOD), TICK]
)


@given(st.lists(EVENTS, max_size=60))
def test_between_two_pieces_of_advice_a_pause_always_passes(events: list[Event]) -> None:
    session, waiting = INSIDE, False
    for event in events:
        waiting = waiting and event != TICK
        session, actions = step(session, event)
        advice = [line for line in said(actions) if line in ADVICE]
        assert len(advice) <= (0 if waiting else 1)
        waiting = waiting or bool(advice)
        assert len(session.pacing.held) <= MOST_HELD


CLINICAL_HINT = re.compile(r"sår|hud|pasient", re.IGNORECASE)
NAMES_THE_WOUND_AS_A_PLACE = {Phrase.TOO_DARK, Phrase.TOO_FAR}
"""«Flytt lampen nærmere såret»: where the lamp goes, and nothing about the wound."""


@pytest.mark.parametrize("form", ["nb", "nn"])
def test_no_alert_says_anything_of_wound_or_patient(form: str) -> None:
    texts = Texts.load(CONFIG, form)
    found = {
        line
        for line in ADVICE | CRITICAL
        if CLINICAL_HINT.search(texts.render(line, {"percent": 20, "name": "x"}))
    }
    assert found <= NAMES_THE_WOUND_AS_A_PLACE

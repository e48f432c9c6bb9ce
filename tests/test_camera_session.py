"""What the nurse asks of the camera, and the light that is measured for point 5c."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.checklist.model import Check
from agent.config.content import load_content
from agent.config.settings import Settings
from agent.messages import (
    Ability,
    Action,
    AdjustCamera,
    CameraReady,
    Command,
    Event,
    Heard,
    Joined,
    LampFailed,
    Light,
    LightFound,
    LightMeasured,
    MeasureLight,
    Phrase,
    RoomState,
    Say,
    SwitchLamp,
)
from agent.session import ListId, Rules, Session, step, valid_commands

CONFIG = Path(__file__).parent.parent / "config"
PREPARATIONS = load_content(CONFIG, Settings()).checklists[ListId.PREPARATIONS]
RULES = Rules(checklists=dict.fromkeys(ListId, PREPARATIONS))
INSIDE = (Heard(Command.START_VIDEO), Joined(RoomState(locked=True)))
ALL = CameraReady(frozenset(Ability))


def after(session: Session, *events: Event) -> tuple[Session, Sequence[Action]]:
    """The session, and the actions of the last event."""
    actions: Sequence[Action] = ()
    for event in events:
        session, actions = step(session, event)
    return session, actions


def said(actions: Sequence[Action]) -> list[object]:
    return [action.line for action in actions if isinstance(action, Say)]


@pytest.mark.parametrize(
    ("command", "order", "phrase"),
    [
        (Command.ADJUST_CAMERA, AdjustCamera(), Phrase.ADJUSTING),
        (Command.LAMP_ON, SwitchLamp(on=True), Phrase.LAMP_IS_ON),
        (Command.LAMP_OFF, SwitchLamp(on=False), Phrase.LAMP_IS_OFF),
    ],
)
def test_the_camera_is_asked_for_what_it_can(
    command: Command, order: Action, phrase: Phrase
) -> None:
    _, actions = after(Session(RULES), *INSIDE, ALL, Heard(command))
    assert list(actions) == [order, Say(phrase)]


@pytest.mark.parametrize(
    ("command", "phrase"),
    [
        (Command.ADJUST_CAMERA, Phrase.CANNOT_ADJUST),
        (Command.LAMP_ON, Phrase.NO_LAMP),
        (Command.LAMP_OFF, Phrase.NO_LAMP),
    ],
)
def test_what_the_camera_cannot_is_said_honestly(command: Command, phrase: Phrase) -> None:
    _, actions = after(Session(RULES), *INSIDE, CameraReady(), Heard(command))
    assert list(actions) == [Say(phrase)]


def test_a_configured_lamp_needs_neither_the_camera_nor_the_room() -> None:
    rules = replace(RULES, lamp_by_command=True)
    _, actions = after(Session(rules), Heard(Command.LAMP_ON))
    assert SwitchLamp(on=True) in actions
    assert said(after(Session(RULES), ALL, Heard(Command.LAMP_ON))[1]) == [Phrase.NO_LAMP]


def test_a_lamp_that_does_not_answer_is_told() -> None:
    assert said(after(Session(RULES), LampFailed())[1]) == [Phrase.LAMP_FAILED]


def test_more_light_is_meant_for_the_agent_only_when_it_was_called() -> None:
    session, _ = after(Session(RULES), *INSIDE)
    assert Command.LAMP_ON not in valid_commands(session)
    assert {Command.ADJUST_CAMERA, Command.LAMP_OFF} <= valid_commands(session)
    called, _ = after(session, Heard(Command.WAKE))
    assert Command.LAMP_ON in valid_commands(called)


def at_light() -> tuple[Session, Sequence[Action]]:
    """Where the checklist asks for the light, and the actions of getting there."""
    session, actions = after(Session(RULES), Heard(Command.OPEN_PREPARATIONS))
    for _ in PREPARATIONS.points:
        point = session.progress and session.progress.point
        if point and point.check is Check.LIGHT:
            return session, actions
        session, actions = after(session, Heard(Command.SKIP))
    raise AssertionError("no point asks for the light")


def test_the_light_is_measured_when_its_point_is_read_and_once() -> None:
    session, actions = at_light()
    assert MeasureLight(on=True) in actions
    assert session.measuring
    _, actions = after(session, Heard(Command.STATUS))
    assert not any(isinstance(action, MeasureLight) for action in actions)


@pytest.mark.parametrize(
    ("light", "phrase"),
    [
        (Light.GOOD, Phrase.LIGHT_FOUND_GOOD),
        (Light.DARK, Phrase.TOO_DARK),
        (Light.BRIGHT, Phrase.TOO_BRIGHT),
        (Light.UNKNOWN, Phrase.LIGHT_FOUND_UNKNOWN),
    ],
)
def test_what_is_found_is_said_and_ticks_nothing(light: Light, phrase: Phrase) -> None:
    session, _ = at_light()
    point = session.progress and session.progress.point
    found, actions = after(session, LightMeasured(LightFound(light)))
    assert said(actions) == [phrase]
    assert found.light_found == LightFound(light)
    assert not found.measuring
    assert found.progress is not None
    assert found.progress.point is point
    assert found.answers == session.answers


def test_a_point_that_is_left_is_not_measured_and_a_late_result_is_forgotten() -> None:
    session, _ = at_light()
    left, actions = after(session, Heard(Command.DONE))
    assert MeasureLight(on=False) in actions
    late, actions = after(left, LightMeasured(LightFound(Light.DARK)))
    assert not said(actions)
    assert late.light_found is None


def test_the_light_is_measured_anew_when_the_point_is_read_again() -> None:
    session, _ = at_light()
    found, _ = after(session, LightMeasured(LightFound(Light.DARK)))
    again, actions = after(found, Heard(Command.REPEAT))
    assert MeasureLight(on=True) in actions
    assert again.light_found is None
    back, actions = after(found, Heard(Command.DONE), Heard(Command.BACK))
    assert MeasureLight(on=True) in actions
    assert back.measuring


def test_at_rest_nothing_is_measured() -> None:
    session, _ = at_light()
    resting, actions = after(session, Heard(Command.REST))
    assert MeasureLight(on=False) in actions
    _, actions = after(resting, Heard(Command.WAKE))
    assert MeasureLight(on=True) in actions

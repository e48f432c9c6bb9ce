"""PURE: what the nurse asks of the camera itself, and the light that is measured for point 5c.

Whether it is measured is *computed* from the checklist's point, never ordered beside it. What is
found is a suggestion that is spoken; it ticks nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.checklist.model import Check
from agent.messages import (
    Ability,
    Action,
    AdjustCamera,
    CameraReady,
    Command,
    Event,
    Heard,
    LampFailed,
    Light,
    LightMeasured,
    MeasureLight,
    Phrase,
    Say,
    SwitchLamp,
    Urgency,
)
from agent.session.state import IN_ROOM, Session, Step

_FOUND: Mapping[Light, Phrase] = {
    Light.GOOD: Phrase.LIGHT_FOUND_GOOD,
    Light.DARK: Phrase.TOO_DARK,
    Light.BRIGHT: Phrase.TOO_BRIGHT,
    Light.GLARE: Phrase.GLARE,
    Light.SHADOW: Phrase.LIGHT_FOUND_UNEVEN,
    Light.WARM: Phrase.TOO_WARM,
}
_LAMP: Mapping[Command, bool] = {Command.LAMP_ON: True, Command.LAMP_OFF: False}
_MEASURED_AGAIN = frozenset({Command.REPEAT, Command.OPEN_PREPARATIONS})


def camera(session: Session, event: Event) -> Step | None:
    """The part of the state machine about the camera itself; None: not about it."""
    match event:
        case CameraReady():
            return replace(session, abilities=event.abilities), ()
        case Heard(Command.ADJUST_CAMERA):
            return _adjust(session)
        case Heard() if event.command in _LAMP:
            return _switch(session, on=_LAMP[event.command])
        case LampFailed():
            return session, (Say(Phrase.LAMP_FAILED, Urgency.WARNING),)
        case LightMeasured() if session.measuring:
            phrase = _FOUND.get(event.found.light, Phrase.LIGHT_FOUND_UNKNOWN)
            found = replace(session, measuring=False, light_found=event.found)
            return found, (Say(phrase, Urgency.LINE),)
        case _:
            return None


def _adjust(session: Session) -> Step:
    if session.visit not in IN_ROOM:
        return session, (Say(Phrase.VIDEO_NOT_ON),)
    if Ability.ADJUST not in session.abilities:
        return session, (Say(Phrase.CANNOT_ADJUST),)
    return session, (AdjustCamera(), Say(Phrase.ADJUSTING))


def _switch(session: Session, *, on: bool) -> Step:
    """By the administrator's command wherever we are, else by the camera while it is open."""
    has_lamp = Ability.LAMP in session.abilities and session.visit in IN_ROOM
    if not (session.rules.lamp_by_command or has_lamp):
        return session, (Say(Phrase.NO_LAMP),)
    return session, (SwitchLamp(on), Say(Phrase.LAMP_IS_ON if on else Phrase.LAMP_IS_OFF))


def measure(before: Session, event: Event, after: Session) -> Step:
    """Measure the light while the point that asks for it is open, once each time it is read."""
    if not _asks_for_light(after):
        stop: tuple[Action, ...] = (MeasureLight(on=False),) if after.measuring else ()
        return replace(after, measuring=False), stop
    again = isinstance(event, Heard) and event.command in _MEASURED_AGAIN
    if _asks_for_light(before) and not again:
        return after, ()
    return replace(after, measuring=True, light_found=None), (MeasureLight(on=True),)


def _asks_for_light(session: Session) -> bool:
    point = session.progress and session.progress.point
    return bool(point and point.check is Check.LIGHT and not session.resting)

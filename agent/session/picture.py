"""PURE: what the nurse lets the room see and hear, and the light in the picture."""

from collections.abc import Mapping
from dataclasses import replace

from agent.messages import (
    AcceptLight,
    Action,
    CancelTimer,
    Command,
    Event,
    Heard,
    Light,
    LightChanged,
    Phrase,
    Say,
    SetTimer,
    Timer,
    TimerFired,
    Urgency,
    Zoom,
)
from agent.session.state import IN_ROOM, ON_THE_WAY, Session, Step, View, Visit, clocks

_ZOOMS: Mapping[Command, tuple[Zoom, Phrase]] = {
    Command.ZOOM_NORMAL: (Zoom.NORMAL, Phrase.ZOOM_IS_NORMAL),
    Command.ZOOM_DOUBLE: (Zoom.DOUBLE, Phrase.ZOOM_IS_DOUBLE),
    Command.ZOOM_MAX: (Zoom.MAX, Phrase.ZOOM_IS_MAX),
}
_LIGHT_WORDS: Mapping[tuple[Light, bool], Phrase] = {
    (Light.COVERED, False): Phrase.LENS_COVERED,
    (Light.COVERED, True): Phrase.LENS_COVERED,
    (Light.DARK, False): Phrase.TOO_DARK,
    (Light.DARK, True): Phrase.STILL_DARK,
    (Light.BRIGHT, False): Phrase.TOO_BRIGHT,
    (Light.BRIGHT, True): Phrase.STILL_BRIGHT,
    (Light.GLARE, False): Phrase.GLARE,
    (Light.SHADOW, False): Phrase.SHADOW,
    (Light.SHAKING, False): Phrase.SHAKING,
    (Light.BLURRED, False): Phrase.BLURRED,
    (Light.FAR, False): Phrase.TOO_FAR,
    (Light.WARM, False): Phrase.TOO_WARM,
    (Light.GOOD, False): Phrase.LIGHT_GOOD_AGAIN,
}
LIGHT_FAULTS = frozenset(_LIGHT_WORDS.values()) - {Phrase.LIGHT_GOOD_AGAIN}
_NEEDS_ROOM = frozenset(
    {
        Command.PAUSE_VIDEO,
        Command.CONTINUE_VIDEO,
        Command.FREEZE_PICTURE,
        Command.MUTE,
        Command.UNMUTE,
    }
)


def picture(session: Session, event: Event) -> Step | None:
    """The part of the state machine about picture and sound; None: not about them."""
    match event:
        case Heard() if event.command in _ZOOMS:
            zoom, phrase = _ZOOMS[event.command]
            return replace(session, zoom=zoom), (Say(phrase),)
        case Heard(Command.TAKE_PHOTO):
            return session, (Say(Phrase.NO_PHOTOS),)
        case Heard(Command.LIGHT_IS_FINE):
            return session, (AcceptLight(), Say(Phrase.LIGHT_ACCEPTED))
        case Heard() if event.command in _NEEDS_ROOM:
            return _send(session, event.command)
        case TimerFired(Timer.FREEZE_LIMIT) if session.view is View.FROZEN:
            words = Say(Phrase.FREEZE_OVER, Urgency.WARNING)
            return replace(session, view=View.LIVE), (words,)
        case LightChanged():
            return replace(session, light=event.light), _light_words(session, event)
        case _:
            return None


def _send(session: Session, command: Command) -> Step:
    if session.visit not in IN_ROOM | ON_THE_WAY:
        return session, (Say(Phrase.VIDEO_NOT_ON),)
    match command:
        case Command.PAUSE_VIDEO:
            return _pause(session)
        case Command.CONTINUE_VIDEO:
            return _continue(session)
        case Command.FREEZE_PICTURE:
            return _freeze(session)
        case Command.MUTE:
            return _mute(session)
        case _:
            return _unmute(session)


def _mute(session: Session) -> Step:
    return replace(session, muted=True, undo=None), (Say(Phrase.MUTED),)


def _pause(session: Session) -> Step:
    paused = replace(session, view=View.PAUSED, undo=None)
    return paused, (CancelTimer(Timer.FREEZE_LIMIT), Say(Phrase.PAUSED))


def _continue(session: Session) -> Step:
    if session.view is View.LIVE:
        return session, (Say(Phrase.NOT_PAUSED),)
    live = replace(session, view=View.LIVE, undo=Command.PAUSE_VIDEO)
    return live, (CancelTimer(Timer.FREEZE_LIMIT), *clocks(live), Say(Phrase.CONTINUED))


def _freeze(session: Session) -> Step:
    if session.visit is not Visit.INSIDE:
        return session, (Say(Phrase.NOT_NOW),)
    if session.view is View.PAUSED:
        return session, (Say(Phrase.PAUSED),)
    limit = SetTimer(Timer.FREEZE_LIMIT, session.rules.freeze_s)
    return replace(session, view=View.FROZEN, undo=None), (limit, Say(Phrase.FROZEN))


def _unmute(session: Session) -> Step:
    if not session.muted:
        return session, (Say(Phrase.ALREADY_UNMUTED),)
    unmuted = replace(session, muted=False, undo=Command.MUTE)
    return unmuted, (*clocks(unmuted), Say(Phrase.UNMUTED))


def light_phrases(light: Light) -> frozenset[Phrase]:
    """What may be said about a picture that is so."""
    return frozenset(phrase for (kind, _), phrase in _LIGHT_WORDS.items() if kind is light)


def _light_words(session: Session, event: LightChanged) -> tuple[Action, ...]:
    """Light is worth a word only while the room sees the picture, and not while she rests."""
    if session.visit is not Visit.INSIDE or session.view is not View.LIVE or session.resting:
        return ()
    phrase = _LIGHT_WORDS.get((event.light, event.repeated))
    return (Say(phrase, Urgency.ADVICE),) if phrase else ()

"""PURE: technical alerts while the wound is cared for: one at a time, and not too often.

Two kinds. What is **critical** (the connection, who hears and sees, the last of the power) is told
at once. What is only **advice** (picture, echo, talking while muted) keeps a distance to the alert
before it, is told again at the earliest after some minutes, is dropped when it is no longer true,
and is never told at rest. Nothing here is about the wound.
"""

from dataclasses import replace
from math import ceil

from agent.faults import Fault
from agent.messages import (
    Action,
    CancelTimer,
    Event,
    HeardTwice,
    MachineChanged,
    NetworkChanged,
    Phrase,
    Say,
    SetTimer,
    Talked,
    Timer,
    TimerFired,
    Urgency,
)
from agent.session.picture import LIGHT_FAULTS, light_phrases
from agent.session.state import IN_ROOM, Pacing, Session, Step, View, Visit

ADVICE = LIGHT_FAULTS | {
    *(Phrase.TALKING_MUTED, Phrase.ECHO, Phrase.BATTERY_LOW, Phrase.NETWORK_WEAK)
}

CRITICAL = frozenset(
    {
        *(Phrase.CONNECTION_LOST, Phrase.BATTERY_VERY_LOW, Phrase.MUTED_BY_HOST),
        *(Phrase.ROOM_UNLOCKED, Phrase.NEW_PARTICIPANT, Phrase.NAMED_PARTICIPANT),
        *(Phrase.RECORDING, Phrase.STREAMING, Phrase.TRANSCRIBING),
    }
)
MOST_HELD = 3

WEAK_S = 5.0
"""So long a narrow way is no passing cloud."""


def alerts(session: Session, event: Event) -> Step | None:
    """The part of the state machine about technical alerts; None: not about them."""
    match event:
        case MachineChanged():
            return _battery(replace(session, machine=event.machine))
        case Talked() if _muted(session):
            return session, (Say(Phrase.TALKING_MUTED, Urgency.ADVICE),)
        case HeardTwice() if session.visit is Visit.INSIDE:
            return session, (Say(Phrase.ECHO, Urgency.ADVICE),)
        case NetworkChanged():
            return _network(session, event.weak)
        case TimerFired(Timer.WEAK_NETWORK) if session.weak:
            return session, (Say(Phrase.NETWORK_WEAK, Urgency.ADVICE),)
        case TimerFired(Timer.ALERT_PAUSE):
            return _next(session)
        case _:
            return None


def paced(before: Session, session: Session, actions: tuple[Action, ...]) -> Step:
    """The last word on what a transition wants to say: advice may be held back or dropped."""
    if session.visit not in IN_ROOM:
        return _outside(before, session, actions)
    if before.visit not in IN_ROOM:
        session, more = _battery(session)
        actions = (*actions, *more)
    let_through: list[Action] = []
    for action in actions:
        session, allowed = _allow(session, action)
        let_through += allowed
    return session, tuple(let_through)


def _outside(before: Session, session: Session, actions: tuple[Action, ...]) -> Step:
    if before.visit not in IN_ROOM:
        return session, actions
    quiet = replace(session, pacing=Pacing(), battery_told=None, weak=False)
    timers = CancelTimer(Timer.ALERT_PAUSE), CancelTimer(Timer.WEAK_NETWORK)
    return quiet, (*timers, *actions)


def _allow(session: Session, action: Action) -> Step:
    if not isinstance(action, Say):
        return session, (action,)
    pacing = session.pacing
    if action.line is Phrase.LIGHT_GOOD_AGAIN:
        held = tuple(say for say in pacing.held if say.line not in LIGHT_FAULTS)
        never_told = held != pacing.held and not LIGHT_FAULTS & pacing.rests.keys()
        return replace(session, pacing=replace(pacing, held=held)), () if never_told else (action,)
    if action.line in CRITICAL or (isinstance(action.line, Fault) and session.visit in IN_ROOM):
        return _pause(session, action)
    if not isinstance(action.line, Phrase) or action.line not in ADVICE:
        return session, (action,)
    if session.resting or action.line in pacing.rests:
        return session, ()
    if pacing.pausing:
        others = [say for say in pacing.held if say.line is not action.line]
        return replace(session, pacing=replace(pacing, held=(*others, action)[-MOST_HELD:])), ()
    rests = {**pacing.rests, action.line: _rounds(session)}
    return _pause(replace(session, pacing=replace(pacing, rests=rests)), action)


def _pause(session: Session, action: Say) -> Step:
    """Say it; what is only advice then has to wait."""
    pausing = replace(session, pacing=replace(session.pacing, pausing=True))
    return pausing, (SetTimer(Timer.ALERT_PAUSE, session.rules.alert_pause_s), action)


def _rounds(session: Session) -> int:
    """How many pauses have to pass before the same advice may be given again."""
    return ceil(session.rules.alert_repeat_s / session.rules.alert_pause_s)


def _next(session: Session) -> Step:
    """A pause is over: the oldest advice that is held and still true."""
    pacing = session.pacing
    rests = {line: rounds - 1 for line, rounds in pacing.rests.items() if rounds > 1}
    true = [say for say in pacing.held if _still(session, say)]
    after = replace(session, pacing=Pacing(held=tuple(true[1:]), rests=rests))
    if true:
        return after, (true[0],)
    again = (SetTimer(Timer.ALERT_PAUSE, session.rules.alert_pause_s),) if rests else ()
    return after, again


def _still(session: Session, say: Say) -> bool:
    match say.line:
        case Phrase.TALKING_MUTED:
            return _muted(session)
        case Phrase.BATTERY_LOW:
            return _level(session) is Phrase.BATTERY_LOW
        case Phrase.NETWORK_WEAK:
            return session.weak
        case Phrase.ECHO:
            return True
        case _:
            return session.view is View.LIVE and say.line in light_phrases(session.light)


def _network(session: Session, weak: bool) -> Step:
    if session.visit not in IN_ROOM:
        return session, ()
    timer = SetTimer(Timer.WEAK_NETWORK, WEAK_S) if weak else CancelTimer(Timer.WEAK_NETWORK)
    return replace(session, weak=weak), (timer,)


def _muted(session: Session) -> bool:
    """Nobody in the room hears her, and she did not ask for a pause."""
    silent = session.muted or session.room.muted_by_host
    return session.visit is Visit.INSIDE and session.view is not View.PAUSED and silent


def _battery(session: Session) -> Step:
    """Each level is told once in a visit, or again when the charger has been there meanwhile."""
    level = _level(session)
    if level is None:
        return replace(session, battery_told=None), ()
    told = session.battery_told in {level, Phrase.BATTERY_VERY_LOW}
    unheard = session.resting and level is Phrase.BATTERY_LOW
    if told or unheard or session.visit not in IN_ROOM:
        return session, ()
    urgency = Urgency.ADVICE if level is Phrase.BATTERY_LOW else Urgency.WARNING
    percent = session.machine.battery or 0
    return replace(session, battery_told=level), (Say(level, urgency, {"percent": percent}),)


def _level(session: Session) -> Phrase | None:
    percent, rules = session.machine.battery, session.rules
    if percent is None or session.machine.charging or percent > rules.battery_low:
        return None
    return Phrase.BATTERY_LOW if percent > rules.battery_very_low else Phrase.BATTERY_VERY_LOW

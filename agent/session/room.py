"""PURE: going into the closed room, waiting, being there, and leaving it."""

from dataclasses import replace

from agent.faults import Fault
from agent.messages import (
    Action,
    CancelTimer,
    Command,
    ConnectionLost,
    Event,
    Heard,
    Joined,
    JoinRoom,
    LeaveRoom,
    Light,
    Phrase,
    RoomChanged,
    RoomState,
    Say,
    SetTimer,
    Timer,
    TimerFired,
    Urgency,
    VisitEnded,
    WaitingForHost,
)
from agent.session.lists import close_question, settle, unasked
from agent.session.news import ARRIVALS, changes, kept
from agent.session.state import Session, Step, View, Visit, clocks


def room(session: Session, event: Event) -> Step | None:
    """The part of the state machine about the meeting room; None: not about it."""
    match event:
        case Heard():
            return _command(session, event.command)
        case TimerFired():
            return _timer(session, event.timer)
        case WaitingForHost():
            return _waiting(session)
        case Joined():
            return _joined(session, event.room)
        case RoomChanged():
            return replace(session, room=event.room), changes(session, event.room)
        case ConnectionLost() if session.visit is Visit.INSIDE:
            lost = Say(Phrase.CONNECTION_LOST, Urgency.WARNING)
            return replace(session, visit=Visit.RECONNECTING), (lost,)
        case VisitEnded():
            return _ended(session, event)
        case _:
            return None


def _command(session: Session, command: Command) -> Step | None:
    match session.visit, command:
        case Visit.OUTSIDE, Command.START_VIDEO:
            return _start(session)
        case Visit.JOINING, Command.START_VIDEO:
            return session, (Say(Phrase.ALREADY_JOINING),)
        case Visit.LOBBY, Command.START_VIDEO:
            return session, (Say(Phrase.ASK_TO_BE_LET_IN),)
        case Visit.INSIDE | Visit.RECONNECTING, Command.START_VIDEO:
            return session, (Say(Phrase.ALREADY_IN_ROOM),)
        case Visit.OUTSIDE | Visit.LEAVING, Command.END_VIDEO:
            return session, (Say(Phrase.VIDEO_NOT_ON),)
        case Visit.JOINING | Visit.LOBBY, Command.END_VIDEO | Command.CANCEL:
            return leave(session, Say(Phrase.CANCELLED))
        case Visit.INSIDE | Visit.RECONNECTING, Command.END_VIDEO:
            return _end(session)
        case Visit.ENDING, Command.CANCEL:
            undone = replace(session, visit=Visit.INSIDE)
            return undone, (CancelTimer(Timer.UNDO), Say(Phrase.END_UNDONE))
        case Visit.ENDING, Command.END_VIDEO:
            return leave(session, Say(Phrase.OK))
        case Visit.ENDING, _:
            # Nothing but «avbryt» brings the picture back: «fortsett» sounds too much like
            # «avslutt» to be trusted with it.
            return session, (Say(Phrase.ENDING),)
        case _:
            return None


def _start(session: Session) -> Step:
    joining = replace(session, visit=Visit.JOINING, view=View.LIVE, muted=False, room=RoomState())
    limit = SetTimer(Timer.JOIN_LIMIT, session.rules.join_limit_s)
    settled, next_point = settle(joining, Command.START_VIDEO)
    return settled, (JoinRoom(), limit, Say(Phrase.JOINING), *next_point)


def _end(session: Session) -> Step:
    """Picture and sound stop at once; the seat is kept for a moment in case it was a slip."""
    quiet = CancelTimer(Timer.QUESTION), CancelTimer(Timer.FREEZE_LIMIT)
    ending = replace(close_question(session), visit=Visit.ENDING, undo=None)
    return ending, (*quiet, *clocks(ending), Say(Phrase.ENDING), *unasked(session))


def leave(session: Session, *words: Say) -> Step:
    """Give the seat back for good; `VisitEnded` will tell when it is done."""
    leaving = replace(session, visit=Visit.LEAVING, undo=None)
    return leaving, (*_stop_timers(), LeaveRoom(), *words)


def _stop_timers() -> tuple[Action, ...]:
    timers = (Timer.JOIN_LIMIT, Timer.LOBBY_REMINDER, Timer.UNDO, Timer.FREEZE_LIMIT)
    return tuple(CancelTimer(timer) for timer in timers)


def _timer(session: Session, timer: Timer) -> Step | None:
    match session.visit, timer:
        case Visit.ENDING, Timer.UNDO:
            return leave(session)
        case Visit.JOINING, Timer.JOIN_LIMIT:
            return leave(session, Say(Fault.SERVER_UNREACHABLE))
        case Visit.LOBBY, Timer.LOBBY_REMINDER:
            return session, (Say(Phrase.STILL_WAITING, Urgency.WARNING),)
        case _:
            return None


def _waiting(session: Session) -> Step | None:
    if session.visit is Visit.ENDING:
        return leave(session)  # A waiting room has nothing that an undo could bring back.
    if session.visit not in {Visit.JOINING, Visit.INSIDE, Visit.RECONNECTING}:
        return None
    reminder = SetTimer(Timer.LOBBY_REMINDER, session.rules.lobby_reminder_s)
    words = Say(Phrase.ASK_TO_BE_LET_IN, Urgency.WARNING)
    lobby = replace(session, visit=Visit.LOBBY)
    return lobby, (CancelTimer(Timer.JOIN_LIMIT), reminder, words)


def _joined(session: Session, state: RoomState) -> Step | None:
    inside = replace(session, visit=Visit.INSIDE, room=state)
    match session.visit:
        case Visit.RECONNECTING:
            back = Say(Phrase.CONNECTION_BACK, Urgency.WARNING)
            return inside, (back, *kept(session.room, state))
        case Visit.JOINING | Visit.LOBBY:
            quiet = (CancelTimer(Timer.JOIN_LIMIT), CancelTimer(Timer.LOBBY_REMINDER))
            arrived = Say(ARRIVALS[state.locked], Urgency.WARNING)
            return inside, (*quiet, arrived, *kept(RoomState(), state))
        case _:
            return replace(session, room=state), ()


def _ended(session: Session, event: VisitEnded) -> Step | None:
    if session.visit is Visit.OUTSIDE:
        return None
    word: Phrase | Fault = Phrase.ENDED
    if event.fault is not None and session.visit not in {Visit.ENDING, Visit.LEAVING}:
        word = event.fault
    outside = replace(
        session,
        visit=Visit.OUTSIDE,
        view=View.LIVE,
        muted=False,
        undo=None,
        room=RoomState(),
        light=Light.UNKNOWN,
    )
    settled, next_point = settle(outside, Command.END_VIDEO)
    return settled, (*_stop_timers(), Say(word, Urgency.ANSWER, event.values), *next_point)

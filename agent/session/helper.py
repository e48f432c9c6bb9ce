"""PURE: the agent itself: waking, resting, its volume, status, telephone numbers, broken parts."""

from collections.abc import Mapping
from dataclasses import replace

from agent.faults import Value
from agent.messages import (
    CancelTimer,
    ChangeLanguage,
    ChangeVolume,
    Command,
    Event,
    Heard,
    HearingReady,
    NotUnderstood,
    PartDown,
    PartUp,
    Phrase,
    Say,
    SetTimer,
    SpeechDone,
    Timer,
    TimerFired,
    Urgency,
    Word,
)
from agent.session.lists import close_question, resume
from agent.session.state import (
    IN_ROOM,
    ON_THE_WAY,
    QUESTIONS,
    Session,
    Step,
    View,
    Visit,
    Window,
    clocks,
)

TRIES_BEFORE_HINT = 2
HINT_PAUSE_S = 300.0
"""The hint is given again at the earliest after this, or when something has been understood."""

_QUESTIONS: Mapping[Command, Phrase] = {
    Command.CALL_CLINIC: Phrase.ASK_CALL_CLINIC,
    Command.CALL_SUPERUSER: Phrase.ASK_CALL_SUPERUSER,
    Command.CALL_SUPPORT: Phrase.ASK_CALL_SUPPORT,
}


def helper(session: Session, event: Event) -> Step | None:
    """The part of the state machine about the agent itself; None: not about it."""
    match event:
        case Heard():
            return _command(session, event.command)
        case NotUnderstood():
            return _hint(session, event.tries)
        case TimerFired(Timer.HINT_PAUSE):
            return replace(session, hinted=False), ()
        case TimerFired(Timer.WAKE_WINDOW):
            return replace(session, called=False), ()
        case TimerFired(Timer.QUESTION) if session.window is Window.CONFIRM:
            resumed, actions = resume(session)
            return resumed, (Say(Phrase.NO_ANSWER), *actions)
        case TimerFired(Timer.UNDO):
            return replace(session, undo=None), ()
        case HearingReady():
            return replace(session, hearing=True), (Say(Phrase.READY, Urgency.LINE),)
        case SpeechDone():
            return session, clocks(session, spoken=True)
        case PartDown():
            words = Say(event.fault, Urgency.WARNING, event.values)
            return replace(session, down=session.down | {event.part}), (words,)
        case PartUp():
            back = Say(Phrase.PART_BACK, Urgency.WARNING, {"part": event.part})
            return replace(session, down=session.down - {event.part}), (back,)
        case _:
            return None


def _command(session: Session, command: Command) -> Step | None:
    match command:
        case Command.WAKE:
            return _wake(session)
        case Command.REST:
            timers = CancelTimer(Timer.QUESTION), CancelTimer(Timer.ANSWER_WINDOW)
            return replace(close_question(session), resting=True), (*timers, Say(Phrase.RESTING))
        case Command.STATUS:
            return session, (_status(session),)
        case Command.HELP:
            return session, (Say(Phrase.COMMANDS_ON_SCREEN),)
        case Command.LOUDER:
            return session, (ChangeVolume(+1), Say(Phrase.VOLUME_UP))
        case Command.QUIETER:
            return session, (ChangeVolume(-1), Say(Phrase.VOLUME_DOWN))
        case Command.SPEAK_BOKMAAL | Command.SPEAK_NYNORSK:
            form = "nb" if command is Command.SPEAK_BOKMAAL else "nn"
            return session, (ChangeLanguage(form), Say(Phrase.LANGUAGE_CHANGED))
        case Command.CALL_CLINIC | Command.CALL_SUPERUSER | Command.CALL_SUPPORT:
            return _ask(session, command)
        case Command.CONFIRM if session.window is Window.CONFIRM:
            resumed, actions = resume(replace(session, number_shown=session.question))
            stop = CancelTimer(Timer.QUESTION)
            return resumed, (stop, Say(Phrase.NUMBER_ON_SCREEN), *actions)
        case Command.CANCEL if session.window is Window.CONFIRM:
            resumed, actions = resume(session)
            return resumed, (CancelTimer(Timer.QUESTION), Say(Phrase.CANCELLED), *actions)
        case Command.CANCEL:
            # Nothing to undo: the agent was told to be quiet while it spoke. An answer ends that.
            return session, (Say(Phrase.OK),)
        case _:
            return None


def _wake(session: Session) -> Step:
    awake = replace(session, resting=False, called=True)
    if session.window not in QUESTIONS:  # The open question stays open.
        awake, _ = resume(awake)
    return awake, (*clocks(awake), Say(Phrase.YES))


def _hint(session: Session, tries: int) -> Step:
    """Say once what helps; at rest, and in the seconds of «avbryt», nothing."""
    if tries < TRIES_BEFORE_HINT or session.hinted or session.resting:
        return session, ()
    if session.visit is Visit.ENDING:
        return session, ()
    pause = SetTimer(Timer.HINT_PAUSE, HINT_PAUSE_S)
    hinted = replace(session, hinted=True)
    return hinted, (pause, Say(Phrase.NOT_UNDERSTOOD, Urgency.WARNING))


def _ask(session: Session, command: Command) -> Step:
    """Open the one question; a list that waits for an answer waits until it is settled."""
    asking = replace(session, window=Window.CONFIRM, question=command, number_shown=None)
    other = CancelTimer(Timer.ANSWER_WINDOW)
    return asking, (other, *clocks(asking), Say(_QUESTIONS[command]))


def _status(session: Session) -> Say:
    if session.visit in ON_THE_WAY:
        return Say(Phrase.STATUS_WAITING)
    if session.visit not in IN_ROOM:
        return Say(Phrase.STATUS_OUTSIDE)
    values: dict[str, Value] = {
        "sound": _sound_word(session),
        "picture": _PICTURE_WORDS[session.view],
        "room": _ROOM_WORDS[session.room.locked],
    }
    return Say(Phrase.STATUS_IN_ROOM, values=values)


_PICTURE_WORDS: Mapping[View, Word] = {
    View.LIVE: Word.PICTURE_LIVE,
    View.FROZEN: Word.PICTURE_FROZEN,
    View.PAUSED: Word.PICTURE_PAUSED,
}
_ROOM_WORDS: Mapping[bool | None, Word] = {
    True: Word.ROOM_LOCKED,
    False: Word.ROOM_OPEN,
    None: Word.ROOM_UNKNOWN,
}


def _sound_word(session: Session) -> Word:
    if session.room.muted_by_host:
        return Word.MICROPHONE_MUTED_BY_HOST
    muted = session.muted or session.view is View.PAUSED
    return Word.MICROPHONE_MUTED if muted else Word.MICROPHONE_ON

"""PURE: «lag feilmelding»: two closed questions, and a report stands on the screen.

No sentence of the nurse goes into it, so nothing about a patient can.
"""

from dataclasses import replace

from agent.checklist.trouble import EFFECTS, SYMPTOMS, Trouble, recipient
from agent.messages import (
    CancelTimer,
    Command,
    Event,
    Heard,
    Phrase,
    Say,
    Timer,
    TimerFired,
)
from agent.session.lists import resume
from agent.session.state import Session, Step, Window, clocks


def trouble(session: Session, event: Event) -> Step | None:
    """The part of the state machine about the report of a fault; None: not about it."""
    match event:
        case Heard(Command.MAKE_REPORT):
            return _ask(session, Trouble(), Phrase.ASK_SYMPTOM)
        case Heard() if event.command in SYMPTOMS or event.command in EFFECTS:
            return _choose(session, event.command)
        case Heard(Command.CANCEL) if session.window is Window.CHOICE:
            return _settle(session, None, Say(Phrase.CANCELLED))
        case TimerFired(Timer.CHOICE) if session.window is Window.CHOICE:
            return _settle(session, None, Say(Phrase.NO_ANSWER))
        case _:
            return None


def _ask(session: Session, told: Trouble, question: Phrase) -> Step:
    """Put one of the two questions; a list that waits for an answer waits until it is settled."""
    asking = replace(session, window=Window.CHOICE, question=None, trouble=told)
    others = CancelTimer(Timer.ANSWER_WINDOW), CancelTimer(Timer.QUESTION)
    return asking, (*others, *clocks(asking), Say(question))


def _choose(session: Session, command: Command) -> Step:
    told = session.trouble
    if told is None or session.window is not Window.CHOICE or command not in told.choices:
        return session, (Say(Phrase.NOT_NOW),)
    if command in SYMPTOMS:
        return _ask(session, replace(told, symptom=SYMPTOMS[command]), Phrase.ASK_EFFECT)
    complete = replace(told, effect=EFFECTS[command])
    assert complete.symptom is not None, "effects are asked for after the symptom"
    values = {"recipient": recipient(complete.symptom)}
    return _settle(session, complete, Say(Phrase.REPORT_READY, values=values))


def _settle(session: Session, told: Trouble | None, words: Say) -> Step:
    resumed, actions = resume(replace(session, trouble=told))
    return resumed, (CancelTimer(Timer.CHOICE), words, *actions)

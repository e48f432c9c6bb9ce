"""PURE: the state machine of a consultation. (session, event) -> (new session, actions).

Split by subject; each subject is a function of the same shape and says None to what is not its
own. The order is the order of precedence. No clock, no device, no randomness: timers are actions
and come back as events.
"""

from dataclasses import replace

from agent.messages import Command, Event, Heard, Phrase, Say
from agent.session.alerts import alerts, paced
from agent.session.camera import camera, measure
from agent.session.helper import helper
from agent.session.lists import lists
from agent.session.picture import picture
from agent.session.room import room
from agent.session.state import (
    IN_ROOM,
    ListId,
    Rules,
    Session,
    Step,
    View,
    Visit,
    Window,
    commands_together,
    found,
    transmission,
    valid_commands,
)
from agent.session.trouble import trouble

__all__ = [
    "IN_ROOM",
    "ListId",
    "Rules",
    "Session",
    "View",
    "Visit",
    "Window",
    "commands_together",
    "found",
    "step",
    "transmission",
    "valid_commands",
]


def step(session: Session, event: Event) -> Step:
    """What follows from an event: the new session and the actions, in order.

    Never raises for any pair of state and event. A recognised command is never met with
    silence. What leaves the machine changes before anything is said or done about it.
    """
    after, actions = paced(session, *_react(session, event))
    if isinstance(event, Heard):
        # Understood: help may be offered again, and nothing has to be said again.
        called = after.called and event.command is Command.WAKE
        after = replace(after, hinted=False, called=called)
    after, orders = measure(session, event, after)
    actions = (*actions, *orders)
    before, now = transmission(session), transmission(after)
    return after, (now, *actions) if now != before else actions


def _react(session: Session, event: Event) -> Step:
    if isinstance(event, Heard):
        early = _before_all(session, event.command)
        if early is not None:
            return early
    for subject in (room, helper, trouble, lists, picture, camera, alerts):
        result = subject(session, event)
        if result is not None:
            return result
    if isinstance(event, Heard):
        return session, (Say(Phrase.NOT_NOW),)
    return session, ()  # A late answer or an old timer: the world has moved on.


def _before_all(session: Session, command: Command) -> Step | None:
    """Rest, the open question and undo come before every subject, but never before leaving."""
    if command is Command.END_VIDEO:
        return None
    if session.resting and command is not Command.WAKE:
        return session, (Say(Phrase.RESTING),)
    if session.window is Window.CONFIRM and command in {Command.CONFIRM, Command.CANCEL}:
        return helper(session, Heard(command))
    if session.window is Window.CHOICE and command is Command.CANCEL:
        return trouble(session, Heard(command))
    if command is Command.CANCEL and session.undo is not None:
        return picture(session, Heard(session.undo))
    return None

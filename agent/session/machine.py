"""PURE: what this machine tells of itself."""

from dataclasses import replace

from agent.messages import Event, MachineChanged
from agent.session.state import Session, Step


def machine(session: Session, event: Event) -> Step | None:
    """The part of the state machine about this machine; None: not about it."""
    match event:
        case MachineChanged():
            return replace(session, machine=event.machine), ()
        case _:
            return None

"""PURE: what a Pexip node says when it refuses or throws out, and which fault that is to us."""

from agent.faults import Fault

_FAULTS = {
    "Invalid PIN": Fault.PIN_WRONG,
    "Participant exceeded PIN entry retries": Fault.PIN_WRONG,
    "Neither conference nor gateway found": Fault.ROOM_UNKNOWN,
    "404 Not Found": Fault.NOT_A_MEETING_SERVER,
    # Nobody opened the door.
    "Timeout waiting for conference host to join or permit access to locked conference": (
        Fault.NOT_LET_IN
    ),
    # The meeting is over for all.
    "API initiated conference termination": Fault.MEETING_ENDED,
    "Conference host ended the conference with a DTMF command": Fault.MEETING_ENDED,
    "Conference terminated by another participant": Fault.MEETING_ENDED,
    "Test call finished": Fault.MEETING_ENDED,
    "All conference hosts departed hosted conference": Fault.HOSTS_LEFT,
    "Last remaining participant removed from conference after timeout": Fault.LEFT_ALONE,
    "No participants can keep conference alive": Fault.LEFT_ALONE,
    # Somebody removed us.
    "API initiated participant disconnect": Fault.REMOVED,
    "Disconnected by another participant": Fault.REMOVED,
    # Neither the clinician nor we: whoever runs the service.
    "Conference terminated by an administrator": Fault.ENDED_BY_SERVICE,
    "Disconnected by an administrator": Fault.ENDED_BY_SERVICE,
    "Disabled": Fault.ENDED_BY_SERVICE,
    # The way broke.
    "Invalid token": Fault.CONNECTION_LOST,
    "Timer expired awaiting token refresh": Fault.CONNECTION_LOST,
    "Signaling node disconnected": Fault.SERVER_STOPPED,
    "Media process disconnected": Fault.SERVER_STOPPED,
    "Media node disconnected": Fault.SERVER_STOPPED,
    "Proxied participant disconnected": Fault.SERVER_STOPPED,
    "Call disconnected": Fault.CONNECTION_LOST,
    "Ice failure": Fault.MEDIA_FAILED,
    # The node has no room for more.
    "Out of resource": Fault.SERVER_BUSY,
    "Out of transcoding resource": Fault.SERVER_BUSY,
    "Out of proxying resource": Fault.SERVER_BUSY,
    "Resource unavailable": Fault.SERVER_BUSY,
    "System in maintenance mode": Fault.SERVER_BUSY,
    "Failed to forward request": Fault.SERVER_BUSY,
    "Participant limit reached": Fault.ROOM_FULL,
    "Insufficient licenses": Fault.ROOM_FULL,
    "Attempted to acquire license while license already acquired. "
    "This is usually due to an internal error.": Fault.SERVER_BUSY,
    # A virtual reception.
    "Conference extension not found": Fault.ROOM_NUMBER_REQUIRED,
    # It wants a login in a browser.
    "SSO Authentication Failed": Fault.LOGIN_REQUIRED,
    "SSO enabled but no Identity Providers configured": Fault.LOGIN_REQUIRED,
    "SSO Authentication Failed. SSO is not available from this domain": Fault.LOGIN_REQUIRED,
    "SSO Authentication Failed. The system is in Maintenance mode": Fault.SERVER_BUSY,
}


def refusal(reason: str) -> Fault:
    """Why we were not given a seat."""
    return _FAULTS.get(reason, Fault.JOIN_REFUSED)


def disconnection(reason: str, waiting: bool) -> Fault:
    """Why we were thrown out: of the room, or of the waiting room when `waiting`."""
    fault = _FAULTS.get(reason, Fault.REMOVED)
    return Fault.NOT_LET_IN if waiting and fault is Fault.REMOVED else fault


def is_known(reason: str) -> bool:
    """Whether it is one of the fixed texts, which hold nothing about anybody and may be logged."""
    return reason in _FAULTS

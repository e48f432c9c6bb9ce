"""PURE: what can be done to a participant or to the room, by the name of its endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.meeting.practice import room as rules
from agent.meeting.practice.room import Room


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a host can do to a participant, or a participant to oneself."""

    change: Callable[[Room, str, float], Room]
    """From the room, whom it is about, and the seconds since 1970."""
    by_host: bool = True
    by_self: bool = False


def _change(name: str, value: object) -> Callable[[Room, str, float], Room]:
    return lambda room, identity, _: rules.change(room, identity, **{name: value})


def _raise_hand(room: Room, identity: str, at: float) -> Room:
    return rules.change(room, identity, hand_raised=at)


TO_PARTICIPANTS: Mapping[str, Deed] = {
    "unlock": Deed(lambda room, identity, _: rules.admit(room, identity)),
    "mute": Deed(_change("muted", True)),
    "unmute": Deed(_change("muted", False)),
    "client_mute": Deed(_change("self_muted", True), by_host=False, by_self=True),
    "client_unmute": Deed(_change("self_muted", False), by_host=False, by_self=True),
    "video_muted": Deed(_change("video_muted", True), by_self=True),
    "video_unmuted": Deed(_change("video_muted", False), by_self=True),
    "buzz": Deed(_raise_hand, by_host=False, by_self=True),
    "clearbuzz": Deed(_change("hand_raised", 0.0), by_self=True),
    "preferred_aspect_ratio": Deed(lambda room, *_: room, by_host=False, by_self=True),
}

TO_ROOM: Mapping[str, Callable[[Room, float], Room]] = {
    "lock": lambda room, now: rules.lock(room, True, now),
    "unlock": lambda room, now: rules.lock(room, False, now),
    "muteguests": lambda room, _: rules.mute_guests(room, True),
    "unmuteguests": lambda room, _: rules.mute_guests(room, False),
    "start_conference": lambda room, _: room,  # It has started: there is a host.
}
"""By a host; from the room and the monotonic clock (seconds)."""

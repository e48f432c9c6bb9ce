"""PURE: the meeting room as words for the screen: the door, what is kept, who is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.messages import Participant, RoomState

LOCK_WORDS: Mapping[bool | None, str] = {
    True: "room_locked",
    False: "room_open",
    None: "room_unknown",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is told at the top of the page."""

    id: str
    """Also the word for what it is about."""
    values: tuple[str, ...]
    """Words of `config/pages/status.yaml`."""
    alert: bool = False
    """The nurse would want to know."""


def rows(room: RoomState, inside: bool) -> Iterator[Row]:
    """What is known of the room itself; more of it while we are inside."""
    host_is_missing = ("room_not_started",) if room.started is False else ()
    yield Row("room", (LOCK_WORDS[room.locked], *host_is_missing), alert=room.locked is False)
    if not inside:
        return
    keeping = {
        "kept_recording": room.recording,
        "kept_streaming": room.streaming,
        "kept_transcribing": room.transcribing,
    }
    on = tuple(word for word, is_on in keeping.items() if is_on)
    off = "kept_no" if all(is_on is False for is_on in keeping.values()) else "kept_unknown"
    yield Row("kept", on or (off,), alert=bool(on))
    if room.direct_media:
        yield Row("path", ("path_direct",))


def person(one: Participant, words: Mapping[str, str]) -> str:
    """A participant with everything that is known: the role, before the door, muted by whom."""
    is_silent = "muted_by_host" if one.muted_by_host else "muted_by_self"
    marks = {
        "you": one.is_self,
        "host" if one.is_host else "guest": not one.is_self or one.is_host,
        "waiting": one.is_waiting,
        is_silent: one.muted_by_host or one.muted_by_self,
        "presents": one.presents,
    }
    return f"{one.name} ({', '.join(words[word] for word, is_so in marks.items() if is_so)})"


def presenter(room: RoomState) -> str:
    """The name of whoever shows slides; empty when that is not told."""
    return next((one.name for one in room.participants if one.presents), "")

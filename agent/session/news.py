"""PURE: what the nurse is told about the room that she is in: the lock, what is kept, who came."""

from collections.abc import Iterable, Mapping

from agent.messages import Phrase, RoomState, Say, Urgency
from agent.session.state import Rules, Session, Visit

ARRIVALS: Mapping[bool | None, Phrase] = {
    True: Phrase.IN_LOCKED_ROOM,
    False: Phrase.IN_OPEN_ROOM,
    None: Phrase.VIDEO_IS_ON,  # A service without a lock, or one that has not told yet.
}
"""Said on coming in, by what is known of the lock."""

LONGEST_NAME = 40
"""What is spoken of a name: people may call themselves anything."""


def changes(session: Session, new: RoomState) -> tuple[Say, ...]:
    """What she should be told now that the room is so; nothing while she is not in it."""
    old = session.room
    if session.visit is not Visit.INSIDE:
        return ()
    phrases = []
    if new.locked is not None and new.locked != old.locked:
        phrases.append(Phrase.ROOM_LOCKED if new.locked else Phrase.ROOM_UNLOCKED)
    phrases += _kept(old, new)
    if new.muted_by_host != old.muted_by_host:
        phrases.append(Phrase.MUTED_BY_HOST if new.muted_by_host else Phrase.UNMUTED_BY_HOST)
    return (*_lines(phrases), *_newcomers(session.rules, old, new))


def kept(old: RoomState, new: RoomState) -> tuple[Say, ...]:
    """What she should be told of ways in which the meeting is kept or sent on, and was not."""
    return _lines(_kept(old, new))


def _newcomers(rules: Rules, old: RoomState, new: RoomState) -> tuple[Say, ...]:
    """Those who came in: each by name if so configured, otherwise that somebody did."""
    came = _present(new) - _present(old)
    if not (rules.announce_newcomers and came):
        return ()
    names = [person.name.strip()[:LONGEST_NAME] for person in new.participants if person.id in came]
    if not (rules.speak_names and all(names)):
        return _lines([Phrase.NEW_PARTICIPANT])
    return tuple(Say(Phrase.NAMED_PARTICIPANT, Urgency.NEWS, {"name": name}) for name in names)


def _lines(phrases: Iterable[Phrase]) -> tuple[Say, ...]:
    return tuple(Say(phrase, Urgency.NEWS) for phrase in phrases)


def _kept(old: RoomState, new: RoomState) -> list[Phrase]:
    ways = {
        Phrase.RECORDING: (old.recording, new.recording),
        Phrase.STREAMING: (old.streaming, new.streaming),
        Phrase.TRANSCRIBING: (old.transcribing, new.transcribing),
    }
    return [phrase for phrase, (was, now) in ways.items() if now and not was]


def _present(state: RoomState) -> frozenset[str]:
    """Ids of the others who are in the room and not waiting outside."""
    return frozenset(
        person.id for person in state.participants if not (person.is_waiting or person.is_self)
    )

"""PURE: what has changed in the room, told to those whom it concerns.

News are found by comparing the room before and after, so that no change can forget to tell anybody:
whoever follows the news knows the same as somebody who comes now and is told everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.meeting.practice.people import Person
from agent.meeting.practice.room import Room

START = "presentation_start"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event for one participant's stream."""

    to: str
    name: str
    about: Person | Room | str | None = field(default=None, repr=False)
    """A person, the room, the reason of a `disconnect`, or the id of somebody who is gone."""


def news(before: Room, after: Room, farewells: Mapping[str, str] | None = None) -> list[Notice]:
    """Who is to be told what, now that `before` has become `after`.

    farewells: id -> reason, for those who did not leave by themselves.
    """
    notices = [Notice(to, "disconnect", reason) for to, reason in (farewells or {}).items()]
    for viewer in after.people:
        known = before.find(viewer.id)
        if known is not None:  # Somebody new gets all of it with the beginning of the stream.
            notices += _news_for(viewer, before.visible_to(known), after.visible_to(viewer))
            notices += _slides(viewer, before, after)
            if _state(before) != _state(after):
                notices.append(Notice(viewer.id, "conference_update", after))
    return notices


def _news_for(
    viewer: Person, before: Mapping[str, Person], after: Mapping[str, Person]
) -> list[Notice]:
    notices = [Notice(viewer.id, "participant_delete", one) for one in before if one not in after]
    for identity, person in after.items():
        if identity not in before:
            notices.append(Notice(viewer.id, "participant_create", person))
        elif before[identity] != person:
            notices.append(Notice(viewer.id, "participant_update", person))
    return notices


def _slides(viewer: Person, before: Room, after: Room) -> list[Notice]:
    was, now = (room.slides_for(viewer.id) for room in (before, after))
    if now is None:
        return [] if was is None else [Notice(viewer.id, "presentation_stop")]
    return [] if was is not None and was.id == now.id else [Notice(viewer.id, START, now)]


def _state(room: Room) -> tuple[bool, bool, bool]:
    return room.locked, room.started, room.guests_muted

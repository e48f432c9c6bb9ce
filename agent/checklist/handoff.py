"""PURE: what the nurse takes along from a point to other systems: a heading, and links.

The agent writes in none of them. A link that belongs to one answer is offered with that answer.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from agent.checklist.model import Answer, Checklist, Link, Point


def links(point: Point, answer: Answer | None) -> tuple[Link, ...]:
    """The links that fit the answer; before there is one, all of them."""
    return tuple(link for link in point.links if answer is None or link.answer in {None, answer})


def code_name(address: str) -> str:
    """What the picture of a link's QR code is called; tells nothing of the address."""
    return sha256(address.encode()).hexdigest()[:16]


def addresses(checklists: Mapping[str, Checklist]) -> Mapping[str, str]:
    """`code_name` -> address, of every link in the lists: for no other is there a QR code."""
    return {code_name(address): address for address in _all(checklists)}


def _all(checklists: Mapping[str, Checklist]) -> Iterator[str]:
    for checklist in checklists.values():
        for point in checklist.points:
            yield from (link.address for link in point.links)


def before_leaving(checklist: Checklist | None, answers: Mapping[str, Answer]) -> tuple[Point, ...]:
    """The points that have to be settled while the clinician is there, and are not."""
    points = checklist.points if checklist else ()
    return tuple(p for p in points if p.before_leaving and not p.settled(answers.get(p.id)))

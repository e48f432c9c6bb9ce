"""PURE: how far a checklist has come. Answers live in memory only.

Points without a prompt stand on the screen and are not asked; the walk passes over them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.checklist.model import Answer, Checklist, Point
from agent.messages import Command


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the nurse is in a list. `index` counts all points; past the end means finished."""

    checklist: Checklist
    index: int = 0
    answers: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    reminded: bool = False
    """The point at `index` was asked a second time because nobody answered."""

    @property
    def point(self) -> Point | None:
        """The point that is being asked, or None when the list is finished."""
        points = self.checklist.points
        return points[self.index] if self.index < len(points) else None

    def number_of(self, point: Point) -> int:
        """«Punkt 3»: the place of a point among those that are asked, from 1."""
        return [p.id for p in self.checklist.points if p.prompt].index(point.id) + 1

    @property
    def number(self) -> int:
        """«Punkt 3 av 14»: the place of the point among those that are asked, from 1."""
        return sum(1 for point in self.checklist.points[: self.index] if point.prompt) + 1

    @property
    def count(self) -> int:
        """How many points are asked in all."""
        return sum(1 for point in self.checklist.points if point.prompt)

    @property
    def open_points(self) -> tuple[Point, ...]:
        """The asked points that no answer has settled."""
        return tuple(
            point
            for point in self.checklist.points
            if point.prompt and not point.settled(self.answers.get(point.id))
        )


def begin(checklist: Checklist, answers: Mapping[str, Answer] | None = None) -> Progress:
    """Open a list, or take it up again: at the first point that is still open.

    A list with no open point begins from the top, so that it can be read once more.
    """
    fresh = Progress(checklist, answers=MappingProxyType(dict(answers or {})))
    if not fresh.open_points:
        return _seek(fresh, 0, +1)
    return replace(fresh, index=checklist.points.index(fresh.open_points[0]))


def record(progress: Progress, answer: Answer) -> Progress:
    """Note an answer to the point at hand, without moving on."""
    assert progress.point is not None, "a finished list has nothing to answer"
    answers = MappingProxyType({**progress.answers, progress.point.id: answer})
    return replace(progress, answers=answers)


def forward(progress: Progress) -> Progress:
    """Go to the next point that is asked, or past the end."""
    return _seek(progress, min(progress.index + 1, len(progress.checklist.points)), +1)


def backward(progress: Progress) -> Progress:
    """Go to the point that was asked before; stays at the first."""
    before = _seek(progress, progress.index - 1, -1)
    return before if before.index >= 0 else _seek(progress, 0, +1)


def settled_by(progress: Progress, command: Command) -> Progress:
    """A command was carried out: if it is the answer to the point at hand, note it and move on."""
    if progress.point is None or progress.point.done_by is not command:
        return progress
    return forward(record(progress, Answer.DONE))


def _seek(progress: Progress, index: int, direction: int) -> Progress:
    points = progress.checklist.points
    while 0 <= index < len(points) and points[index].prompt is None:
        index += direction
    return replace(progress, index=index, reminded=False)

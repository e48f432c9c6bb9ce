"""PURE: which checklist point covers which part of the procedure, and what nothing covers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agent.checklist.model import Checklist
from agent.messages import Command, Phrase

Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """One passage of the procedure, and what covers it besides checklist points."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    text: Text
    """The procedure's own words, verbatim."""
    commands: tuple[Command, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    settings: tuple[str, ...] = ()
    """Paths in the settings, e.g. `phones.clinic`."""
    built_in: Text | None = None
    """How the agent keeps to it by the way it is made."""
    outside: Text | None = None
    """Why it is none of the agent's business."""
    missing: Text | None = None
    """What is not there yet."""

    @property
    def covered_elsewhere(self) -> bool:
        """Something besides the checklists covers it, or nothing needs to."""
        named = self.commands or self.phrases or self.settings
        return bool(named or self.built_in or self.outside)


def points_by_part(checklists: Iterable[Checklist]) -> Mapping[str, Sequence[str]]:
    """Part id -> ids of the points that name it, in the order of the lists."""
    found: dict[str, list[str]] = {}
    for checklist in checklists:
        for point in checklist.points:
            for part in point.procedure:
                found.setdefault(part, []).append(point.id)
    return found


def uncovered(parts: Iterable[Part], checklists: Iterable[Checklist]) -> list[Part]:
    """The parts that no point, command, sentence or setting covers, though something should."""
    points = points_by_part(checklists)
    return [part for part in parts if part.id not in points and not part.covered_elsewhere]

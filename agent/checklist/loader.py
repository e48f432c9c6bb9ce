"""Reads the checklists that a municipality may edit, and checks every line of them."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from agent.checklist.model import Answer, Check, Checklist, Leader, Link, Point
from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.faults import Fault
from agent.messages import Command, Sentence

LONGEST_PROMPT = 9
"""Words. More than that is not taken in by somebody who works."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Forms(_Strict):
    nb: Annotated[str, Field(min_length=1)]
    nn: Annotated[str, Field(min_length=1)]

    def sentence(self) -> Sentence:
        return Sentence(self.nb, self.nn)


class _Prompt(_Forms):
    @pydantic.field_validator("nb", "nn")
    @classmethod
    def _short(cls, text: str) -> str:
        if len(text.split()) > LONGEST_PROMPT:
            raise ValueError(f"≤ {LONGEST_PROMPT}")
        return text


class _Link(_Strict):
    label: _Forms
    address: Annotated[str, Field(pattern=r"^https://\S+$")] | None = None
    setting: str | None = None
    """Instead of the address: its name in the section `links` of the settings."""
    answer: Answer | None = None

    @pydantic.model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.address is None) == (self.setting is None):
            raise PydanticCustomError("link", "one", {"expected": "address | setting"})
        return self

    def link(self, addresses: Mapping[str, str]) -> Link | None:
        """None while the municipality has not filled it in."""
        address = self.address or addresses.get(self.setting or "", "")
        return Link(self.label.sentence(), address, self.answer) if address else None


class _Point(_Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    procedure: Annotated[tuple[str, ...], Field(min_length=1)]
    leader: Leader
    screen: Annotated[str, Field(min_length=1)]
    answers: Annotated[frozenset[Answer], Field(min_length=1)]
    prompt: _Prompt | None = None
    advice: _Prompt | None = None
    check: Check | None = None
    prompt_good: _Prompt | None = None
    prompt_bad: _Prompt | None = None
    done_by: Command | None = None
    copy_text: str | None = None
    links: tuple[_Link, ...] = ()
    choice: bool = False
    before_leaving: bool = False
    only_if: Mapping[str, str | bool] = {}

    def point(self, addresses: Mapping[str, str]) -> Point:
        return Point(
            id=self.id,
            procedure=self.procedure,
            leader=self.leader,
            screen=self.screen,
            answers=self.answers,
            prompt=_sentence(self.prompt),
            advice=_sentence(self.advice),
            check=self.check,
            prompt_good=_sentence(self.prompt_good),
            prompt_bad=_sentence(self.prompt_bad),
            done_by=self.done_by,
            copy_text=self.copy_text,
            links=tuple(link for one in self.links if (link := one.link(addresses))),
            choice=self.choice,
            before_leaving=self.before_leaving,
        )


class _List(_Strict):
    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    title: _Forms
    points: Annotated[tuple[_Point, ...], Field(min_length=1)]


def _sentence(forms: _Forms | None) -> Sentence | None:
    return forms.sentence() if forms else None


def load_checklist(
    file: Path,
    site: Mapping[str, Any] | None,
    parts: Collection[str] | None = None,
    links: Mapping[str, str] | None = None,
) -> Checklist:
    """One checklist, with the points that apply at this site; the file's name is its id.

    site: facts that `only_if` compares with, e.g. `{"epj": "gerica"}` (None: take every point);
    parts: the ids of the procedure's parts, which `procedure` must keep to (None: not asked);
    links: addresses by name, which a point's links may refer to (None: not asked).
    Raises ConfigError with every problem.
    """
    data, positions = strict_yaml.read(file)
    try:
        model = _List.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError(
            [as_problem(detail, positions, file.name) for detail in error.errors()]
        ) from error
    problems = _twice(model, positions, file.name) + _facts(model, positions, file.name, site)
    problems += _parts(model, positions, file.name, parts)
    problems += _links(model, positions, file.name, links)
    if problems:
        raise ConfigError(problems)
    points = tuple(
        point.point(links or {})
        for point in model.points
        if site is None or all(site[fact] == value for fact, value in point.only_if.items())
    )
    return Checklist(file.stem, model.title.sentence(), points)


def as_problem(detail: Any, positions: strict_yaml.Positions, name: str) -> Problem:
    """What pydantic found wrong, with its place in the file called `name`."""
    path = tuple(detail["loc"])
    known = next(path[:n] for n in range(len(path), -1, -1) if path[:n] in positions or n == 0)
    fault = {
        "extra_forbidden": Fault.KEY_UNKNOWN,
        "missing": Fault.KEY_MISSING,
    }.get(detail["type"], Fault.VALUE_INVALID)
    context = detail.get("ctx", {})
    values = {
        "key": ".".join(str(part) for part in path),
        "value": str(detail["input"])[:60],
        "expected": ", ".join(str(part) for part in context.values()) or detail["type"],
    }
    return Problem(fault, positions.get(known, Place(name)), values)


def _twice(model: _List, positions: strict_yaml.Positions, name: str) -> list[Problem]:
    ids = [point.id for point in model.points]
    return [
        Problem(Fault.KEY_DUPLICATE, positions.get(("points", i), Place(name)), {"key": point})
        for i, point in enumerate(ids)
        if point in ids[:i]
    ]


def _facts(
    model: _List, positions: strict_yaml.Positions, name: str, site: Mapping[str, Any] | None
) -> list[Problem]:
    return [
        Problem(Fault.KEY_UNKNOWN, positions.get(("points", i), Place(name)), {"key": fact})
        for i, point in enumerate(model.points)
        for fact in point.only_if
        if site is not None and fact not in site
    ]


def _links(
    model: _List,
    positions: strict_yaml.Positions,
    name: str,
    known: Mapping[str, str] | None,
) -> list[Problem]:
    return [
        Problem(
            Fault.VALUE_INVALID,
            positions.get(("points", i, "links", j), Place(name)),
            {"key": "setting", "value": link.setting, "expected": " | ".join(known)},
        )
        for i, point in enumerate(model.points)
        for j, link in enumerate(point.links)
        if known is not None and link.setting is not None and link.setting not in known
    ]


def _parts(
    model: _List, positions: strict_yaml.Positions, name: str, known: Collection[str] | None
) -> list[Problem]:
    expected = "procedure.yaml"
    return [
        Problem(
            Fault.VALUE_INVALID,
            positions.get(("points", i, "procedure"), Place(name)),
            {"key": "procedure", "value": part, "expected": expected},
        )
        for i, point in enumerate(model.points)
        for part in point.procedure
        if known is not None and part not in known
    ]

"""Reads the municipality's procedure, part by part."""

from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from agent.checklist.coverage import Part
from agent.checklist.loader import as_problem
from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.faults import Fault


class _Procedure(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


def load_procedure(file: Path) -> tuple[Part, ...]:
    """All parts in the procedure's order. Raises ConfigError with every problem."""
    data, positions = strict_yaml.read(file)
    try:
        parts = _Procedure.model_validate(data).parts
    except pydantic.ValidationError as error:
        problems = [as_problem(detail, positions, file.name) for detail in error.errors()]
        raise ConfigError(problems) from error
    ids = [part.id for part in parts]
    twice = [i for i, name in enumerate(ids) if name in ids[:i]]
    if twice:
        place = Place(file.name)
        raise ConfigError(
            [
                Problem(Fault.KEY_DUPLICATE, positions.get(("parts", i), place), {"key": ids[i]})
                for i in twice
            ]
        )
    return parts

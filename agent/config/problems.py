"""What is wrong with the configuration: all of it at once, each with its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.faults import Fault, Value


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a configuration file; line 0 means the file as a whole."""

    file: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. The sentence is in `config/errors.yaml` under the fault's code."""

    fault: Fault
    place: Place
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    """Goes into the sentence: `key`, `value`, `expected`, ..."""


class ConfigError(Exception):
    """The configuration cannot be used. The process ends with status 2."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems in the configuration")
        self.problems = tuple(problems)

"""What the terminal shows: lines, and everything that is wrong with a configuration."""

import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from agent.config.loading import Loaded
from agent.config.problems import Place, Problem
from agent.config.texts import FaultText, fill
from agent.config.unfinished import Note
from agent.faults import Fault


def say(line: str, stream: TextIO | None = None) -> None:
    """One line, at once."""
    out = stream or sys.stdout
    out.write(line + "\n")
    out.flush()


def tell_problems(problems: Iterable[Problem], faults: Mapping[Fault, FaultText]) -> None:
    """Every problem with its code, file and line, what is wrong, and what to do.

    Without `faults` (when `errors.yaml` itself cannot be read) only code, file and line.
    """
    for problem in problems:
        place = _shown_place(problem.place)
        known = faults.get(problem.fault)
        sentence = fill(known.show.nb, problem.values) if known else problem.fault.name
        say(f"{problem.fault.value} {place}: {sentence}", sys.stderr)


def shown_settings(loaded: Loaded) -> Iterable[str]:
    """Every setting with its value, and where the value comes from."""
    for section, values in loaded.settings.model_dump(by_alias=True).items():
        if not isinstance(values, dict):
            yield _setting(loaded, (section,), values)
            continue
        for name, value in values.items():
            yield _setting(loaded, (section, name), value)


def _setting(loaded: Loaded, path: tuple[str, ...], value: object) -> str:
    place = loaded.origin(*path)
    source = f"{place.file}:{place.line}" if place else "–"
    shown = list(value) if isinstance(value, tuple) else value
    return f"{'.'.join(path)}: {shown}  [{source}]"


def note(unfinished: Note, words: Mapping[str, str]) -> str:
    """Something to do, with its place."""
    sentence = fill(words[unfinished.word], unfinished.values)
    return f"{words['warning_line']} {_shown_place(unfinished.place)}: {sentence}"


def _shown_place(place: Place) -> str:
    return place.file + (f":{place.line}" if place.line else "")

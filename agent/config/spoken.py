"""What is said aloud: short enough to be heard at work, and never clinical.

Looks at every spoken text of `config/` where it stands, so that each finding has file and line.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.faults import Fault

LONGEST_PHRASE = 9
"""Words, a placeholder counted as one."""

FORMS = ("nb", "nn")
PROMPTS = frozenset({"prompt", "advice", "prompt_good", "prompt_bad"})

Path_ = tuple[str | int, ...]


def wrong_in_spoken(directory: Path) -> list[Problem]:
    """Every clinical word, and every phrase of `texts.yaml` that is too long.

    A file that cannot be read is somebody else's finding. Raises ConfigError when `clinical.yaml`
    itself is wrong.
    """
    clinical = _pattern(directory / "clinical.yaml")
    problems = []
    files = [directory / "texts.yaml", directory / "errors.yaml"]
    for file in [*files, *sorted((directory / "checklists").glob("*.yaml"))]:
        try:
            data, positions = strict_yaml.read(file)
        except ConfigError:
            continue
        for path, text in _texts(data, ()):
            if not _is_spoken(file, path):
                continue
            place = positions.get(path, Place(file.name))
            key = ".".join(str(part) for part in path)
            found = clinical.search(text)
            if found:
                values = {"key": key, "word": found[0]}
                problems.append(Problem(Fault.CLINICAL_WORD, place, values))
            count = len(text.split())
            if file.name == "texts.yaml" and count > LONGEST_PHRASE:
                values = {"key": key, "count": str(count), "limit": str(LONGEST_PHRASE)}
                problems.append(Problem(Fault.PHRASE_TOO_LONG, place, values))
    return problems


def _pattern(file: Path) -> re.Pattern[str]:
    """The words of `clinical.yaml` as one pattern. Raises ConfigError."""
    data, positions = strict_yaml.read(file)
    lists: dict[str, list[str]] = {}
    problems = []
    for name in ("beginnings", "words"):
        found = data.get(name) if isinstance(data, Mapping) else None
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            place = positions.get((name,), Place(file.name))
            problems.append(Problem(Fault.KEY_MISSING, place, {"key": name}))
        else:
            lists[name] = [re.escape(word) for word in found]
    if problems:
        raise ConfigError(problems)
    beginnings = [rf"{word}\w*" for word in lists["beginnings"]]
    whole = [rf"{word}\b" for word in lists["words"]]
    return re.compile(rf"\b(?:{'|'.join([*beginnings, *whole]) or '(?!)'})", re.IGNORECASE)


def _texts(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    """Every sentence in a written form, with its path."""
    if isinstance(value, str) and path[-1:] and path[-1] in FORMS:
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _is_spoken(file: Path, path: Path_) -> bool:
    match file.name:
        case "texts.yaml":
            return path[0] == "phrases" or path[0] == "words"
        case "errors.yaml":
            return len(path) > 1 and path[1] == "say"
        case _:
            return bool(PROMPTS & set(path))

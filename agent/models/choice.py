"""Writes a choice into a settings file and leaves every other line of it as it is."""

import re
from collections.abc import Mapping

from agent.config import strict_yaml
from agent.config.problems import ConfigError

SECTION = "voice"


def lines(values: Mapping[str, str]) -> str:
    """What to write in a settings file, for people who do it themselves."""
    return "\n".join([f"{SECTION}:", *(f"  {key}: {value}" for key, value in values.items())])


def with_choice(text: str, values: Mapping[str, str]) -> str | None:
    """The settings file `text` with `values` in its section `voice`; comments stay.

    values: key -> a word that YAML takes as it is. None: the file is written in a way that we
    would have to guess at (the section in braces, an error); nothing is lost, nothing written.
    """
    try:
        data, positions = strict_yaml.parse(text, "")
    except ConfigError:
        return None
    if not isinstance(data, dict | None):
        return None
    rows = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    section = (data or {}).get(SECTION)
    for key, value in values.items():
        if isinstance(section, dict) and key in section:
            at = positions[(SECTION, key)].line - 1
            rows[at] = _replaced(rows[at], key, value)
    if isinstance(section, dict) and section:
        first = positions[(SECTION, next(iter(section)))].line - 1
        indent = rows[first][: len(rows[first]) - len(rows[first].lstrip())]
        rows[first:first] = [
            f"{indent}{k}: {v}{end}" for k, v in values.items() if k not in section
        ]
    elif SECTION in (data or {}):
        at = positions[(SECTION,)].line
        rows[at - 1] = rows[at - 1].rstrip("\r\n") + end
        rows[at:at] = [f"  {key}: {value}{end}" for key, value in values.items()]
    else:
        if rows:
            rows[-1] = rows[-1].rstrip("\r\n") + end
        rows += [row + end for row in lines(values).split("\n")]
    changed = "".join(rows)
    return changed if _says(changed, values, data or {}) else None


def _replaced(row: str, key: str, value: str) -> str:
    """The row with another value; what stands after it, stays."""
    found = re.match(
        rf"(\s*[\"']?{re.escape(key)}[\"']?[ \t]*:[ \t]*)(\"[^\"]*\"|'[^']*'|[^\s#]+)?", row
    )
    return f"{found[1].rstrip()} {value}{row[found.end() :]}" if found else row


def _says(changed: str, values: Mapping[str, str], before: Mapping[str, object]) -> bool:
    """Whether the new text says what it should, and everything else that it said before."""
    try:
        data, _ = strict_yaml.parse(changed, "")
    except ConfigError:
        return False
    section = before.get(SECTION)
    wanted = {**section, **values} if isinstance(section, dict) else dict(values)
    return bool(data == {**before, SECTION: wanted})

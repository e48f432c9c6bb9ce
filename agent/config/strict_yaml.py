"""YAML without its traps: `no`, `on` and `12:30` stay text, a key stands once, no tags or aliases.

Values are built from PyYAML's node tree by our own few rules, and every value keeps its place, so
that an error can name file and line.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.reader import ReaderError

from agent.config.problems import ConfigError, Place, Problem
from agent.faults import Fault

LARGEST_FILE = 1_000_000
"""Bytes. A configuration file is a few kilobytes."""

DEEPEST = 32
"""Levels of nesting."""

Path_ = tuple[str | int, ...]
Positions = dict[Path_, Place]
"""Path of keys and indexes -> where the value stands; () is the file as a whole."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def read(file: Path) -> tuple[Any, Positions]:
    """Read one file. Raises ConfigError."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise ConfigError([Problem(Fault.FILE_UNREADABLE, Place(file.name))])
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(Fault.FILE_UNREADABLE, Place(file.name))]) from error
    return parse(text, file.name)


def parse(text: str, name: str) -> tuple[Any, Positions]:
    """Values and their places. `name` is the file's name for messages. Raises ConfigError."""
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The last two: numbers in escapes and directives that no Python type holds.
        place = Place(name, _line(error, text))
        raise ConfigError([Problem(Fault.YAML_INVALID, place)]) from error
    builder = _Builder(name)
    value = builder.build(node, ()) if node is not None else None
    if builder.problems:
        raise ConfigError(builder.problems)
    return value, builder.positions


def _line(error: Exception, text: str) -> int:
    """The line that a library's error is about, from 1; 0 when it does not tell."""
    if isinstance(error, ReaderError):
        return text.count("\n", 0, error.position) + 1
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    # What is missing at the end is told of the line after it.
    return min(mark.line, text.rstrip().count("\n")) + 1 if mark else 0


class _PlainLoader(Composer, yaml.CSafeLoader):
    """YAML without anchors, aliases and tags, and not deeper than anybody writes.

    libyaml reads it, in a fifth of the time: the agent hears a quarter of a second sooner.
    """

    def __init__(self, stream: str) -> None:
        yaml.CSafeLoader.__init__(self, stream)
        Composer.__init__(self)

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()
        alias = isinstance(event, yaml.AliasEvent)
        if alias or event.anchor or event.tag or self._depth >= DEEPEST:
            raise ComposerError(problem_mark=event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Builder:
    """Turns nodes into values; collects every problem on the way."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.positions: Positions = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self.positions[path] = Place(self._name, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = Place(self._name, key_node.start_mark.line + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(Fault.YAML_INVALID, place))
                continue
            key = str(key_node.value)
            if key in result:
                self.problems.append(Problem(Fault.KEY_DUPLICATE, place, {"key": key}))
            result[key] = self.build(value_node, (*path, key))
            self.positions[(*path, key)] = place
        return result


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    if getattr(node, "style", None):  # Quoted or a block: text, whatever it looks like.
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) < 20:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text

"""A table of recordings, what could have been said, and what was said.

Tab-separated UTF-8, one recording a row. The first row names the columns, in any order:

- `wav`: the recording, relative to the table's folder (or to the folder that is named like the
  table); any format that FFmpeg reads.
- `vocabulary`: the phrases that are valid, separated by `|` (or `;`, or `,`), or as a JSON list.
  `NAME=phrase|phrase` names them, and `NAME` alone repeats them in other rows. A name that no row
  explains is the file `NAME` or `NAME.txt` beside the table, with one phrase a line; without such
  a file the vocabulary is every label of the rows that have the name.
- `label`: the phrase that is said; empty or `-` for anything else. A label outside its row's
  vocabulary counts as anything else, too.

Every other column makes groups: speaker, room, dialect. Without a row of names the first three
columns are taken in this order. Capital letters do not matter.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.config.problems import ConfigError, Place, Problem
from agent.faults import Fault

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "wav": ("wav", "path", "file", "audio"),
    "vocabulary": ("vocab", "grammar", "phrases", "words"),
    "label": ("label", "phrase", "said", "word"),
}
"""Column -> how names begin that are taken for it when no column has its name; the first is it."""

NOTHING = frozenset({"", "-", "–", "none"})
"""Labels that mean «none of the phrases»."""

_SOUND = re.compile(r"\.(wav|wave|flac|mp3|ogg|opus|m4a|aiff?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One recording."""

    line: int
    """Where it stands in the table, from 1."""
    wav: str
    """As it is written."""
    vocabulary: tuple[str, ...]
    """The phrases that are valid, each once; at least one."""
    label: str | None
    """The one of them that is said; None for anything else."""
    written: str
    """The label as it is written."""
    groups: Mapping[str, str]
    """Kind of group -> group."""


@dataclass(frozen=True, slots=True)
class _Raw:
    line: int
    wav: str
    vocabulary: str
    label: str
    groups: Mapping[str, str]


def read(file: Path) -> list[Row]:
    """The rows of a table. Raises ConfigError with everything that is wrong with it."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(Fault.FILE_UNREADABLE, Place(str(file)))]) from error

    def phrases_of_file(name: str) -> list[str] | None:
        for beside in (file.parent / name, file.parent / f"{name}.txt"):
            try:
                return beside.read_text("utf-8-sig").splitlines()
            except (OSError, UnicodeDecodeError, ValueError):
                continue  # ValueError: a name that no path can have.
        return None

    return parse(text, str(file), phrases_of_file)


def parse(
    text: str, name: str, phrases_of_file: Callable[[str], Sequence[str] | None] = lambda _: None
) -> list[Row]:
    """The rows of a table's text; `name` is what its errors call it.

    phrases_of_file: the phrases of a vocabulary that is a file, or None.
    Raises ConfigError with every problem.
    """
    rows = _raw_rows(text, name)
    if not rows:
        raise ConfigError([Problem(Fault.TABLE_EMPTY, Place(name))])
    vocabularies = _Vocabularies(rows, phrases_of_file)
    found = [_row(raw, vocabularies.of(raw)) for raw in rows]
    problems = [
        Problem(Fault.TABLE_CELL_EMPTY, Place(name, row.line), {"column": column})
        for row in found
        for column, cell in (("wav", row.wav), ("vocabulary", row.vocabulary))
        if not cell
    ]
    if problems:
        raise ConfigError(problems)
    return found


def _row(raw: _Raw, vocabulary: tuple[str, ...]) -> Row:
    by_form = {normal(phrase): phrase for phrase in vocabulary}
    label = by_form.get(normal(raw.label))
    return Row(raw.line, raw.wav, vocabulary, label, raw.label, raw.groups)


def _raw_rows(text: str, name: str) -> list[_Raw]:
    lines = [
        (number, [cell.strip().strip('"') for cell in line.split("\t")])
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        return []
    header = _header(lines[0][1])
    if header is None:
        return [_raw(number, cells, ["wav", "vocabulary", "label"]) for number, cells in lines]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        problem = Fault.TABLE_COLUMN_MISSING
        place = Place(name, lines[0][0])
        raise ConfigError([Problem(problem, place, {"column": column}) for column in missing])
    return [_raw(number, cells, header) for number, cells in lines[1:]]


def _header(cells: Sequence[str]) -> list[str] | None:
    """The columns' names, ours where they mean ours; None when this is no row of names."""
    if any(_SOUND.search(cell) for cell in cells):
        return None
    names = [cell.casefold() for cell in cells]
    for column, beginnings in COLUMNS.items():
        # The name itself before its likes: beside «label» a «label_id» is a group.
        fitting = [name for name in names if name.startswith(beginnings) and name not in COLUMNS]
        if column not in names and fitting:
            names[names.index(fitting[0])] = column
    return names


def _raw(number: int, cells: Sequence[str], header: Sequence[str]) -> _Raw:
    # A row may end early: editors drop the empty label at its end.
    filled = dict(zip(header, [*cells, *[""] * len(header)], strict=False))
    groups = {key: value for key, value in filled.items() if key not in COLUMNS and value}
    return _Raw(number, filled["wav"], filled["vocabulary"], filled["label"], groups)


class _Vocabularies:
    """What stands in the column `vocabulary` -> the phrases."""

    def __init__(
        self, rows: Sequence[_Raw], phrases_of_file: Callable[[str], Sequence[str] | None]
    ) -> None:
        self._phrases_of_file = phrases_of_file
        self._named: dict[str, tuple[str, ...]] = {}
        self._labels: dict[str, list[str]] = {}
        self._known: dict[str, tuple[str, ...]] = {}
        for row in rows:
            name, equals, phrases = row.vocabulary.partition("=")
            if equals:
                self._named[name.strip()] = _phrases(phrases)
            if normal(row.label) not in NOTHING:
                self._labels.setdefault(row.vocabulary, []).append(row.label)

    def of(self, row: _Raw) -> tuple[str, ...]:
        if row.vocabulary not in self._known:
            self._known[row.vocabulary] = self._find(row.vocabulary)
        return self._known[row.vocabulary]

    def _find(self, cell: str) -> tuple[str, ...]:
        name, equals, _ = cell.partition("=")
        if equals or name in self._named:
            return self._named[name.strip()]
        listed = _phrases(cell)
        if len(listed) != 1 or cell.startswith("["):
            return listed
        if (of_file := self._phrases_of_file(cell)) is not None:
            return _unique(of_file)
        labels = self._labels.get(cell, [])
        if not labels or normal(cell) in map(normal, labels):
            return listed
        words = cell.split()
        if {normal(label) for label in labels} <= {normal(word) for word in words}:
            return _unique(words)
        return _unique(sorted(labels))


def _phrases(cell: str) -> tuple[str, ...]:
    if cell.startswith("["):
        try:
            return _unique(str(each) for each in json.loads(cell))
        except ValueError:
            pass  # Not JSON after all; the brackets are ornament.
    separator = next((sign for sign in "|;," if sign in cell), "|")
    return _unique(cell.strip("[]").split(separator))


def _unique(phrases: Iterable[str]) -> tuple[str, ...]:
    """Without blanks; of phrases that differ in capital letters only, the first."""
    found: dict[str, str] = {}
    for phrase in phrases:
        if phrase.strip():
            found.setdefault(normal(phrase), phrase.strip())
    return tuple(found.values())


def normal(phrase: str) -> str:
    """A phrase as it is compared: composed letters, no capitals, single spaces."""
    return " ".join(unicodedata.normalize("NFC", phrase).casefold().split())

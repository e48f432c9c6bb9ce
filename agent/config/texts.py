"""Phrase -> sentence in the chosen written form; everything is checked when it is loaded."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.config.strict_yaml import Positions
from agent.faults import Fault, Value
from agent.messages import Part, Phrase, Recipient, Sentence, Word

FORMS = ("nb", "nn")

PLACEHOLDERS: Mapping[Phrase, frozenset[str]] = {
    Phrase.STATUS_IN_ROOM: frozenset({"sound", "picture", "room"}),
    Phrase.LIST_CLOSED: frozenset({"open"}),
    Phrase.LIST_FINISHED_WITH_OPEN: frozenset({"open"}),
    Phrase.BATTERY_LOW: frozenset({"percent"}),
    Phrase.BATTERY_VERY_LOW: frozenset({"percent"}),
    Phrase.REPORT_READY: frozenset({"recipient"}),
    Phrase.POINT_STILL_OPEN: frozenset({"number"}),
    Phrase.POINT: frozenset({"number", "count"}),
    Phrase.PART_BACK: frozenset({"part"}),
    Phrase.NAMED_PARTICIPANT: frozenset({"name"}),
}
"""What the session fills in; all other phrases take nothing."""

Line = Phrase | Sentence | Fault


@dataclass(frozen=True, slots=True)
class FaultText:
    """A fault in words: short for the ear, full for the screen."""

    say: Sentence
    show: Sentence


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that the agent says, in one written form."""

    language: str
    phrases: Mapping[Phrase, Sentence]
    words: Mapping[str, Sentence]
    faults: Mapping[Fault, FaultText]

    @classmethod
    def load(cls, directory: Path, language: str) -> "Texts":
        """Read `texts.yaml` and `errors.yaml`. Raises ConfigError with every problem."""
        problems: list[Problem] = []
        try:
            phrases, words = _load_phrases(directory / "texts.yaml")
        except ConfigError as error:
            problems.extend(error.problems)
        try:
            faults = load_faults(directory)
        except ConfigError as error:
            problems.extend(error.problems)
        if problems:
            raise ConfigError(problems)
        return cls(language, phrases, words, faults)

    def in_form(self, sentence: Sentence) -> str:
        """A sentence in the chosen written form."""
        return sentence.nn if self.language == "nn" else sentence.nb

    def render(self, line: Line, values: Mapping[str, Value] | None = None) -> str:
        """What is said aloud."""
        match line:
            case Sentence():  # From a checklist: complete as it is, whatever signs are in it.
                return self.in_form(line)
            case Phrase():
                return self._fill(self.phrases[line], values)
            case Fault():
                return self._fill(self.faults[line].say, values)

    def explain(self, fault: Fault, values: Mapping[str, Value] | None = None) -> str:
        """What stands on the screen about a fault: what is wrong, where, and what to do."""
        return self._fill(self.faults[fault].show, values)

    def _fill(self, sentence: Sentence, values: Mapping[str, Value] | None) -> str:
        known = {name: self._word(value) for name, value in (values or {}).items()}
        return fill(self.in_form(sentence), known)

    def _word(self, value: Value) -> str:
        sentence = self.words.get(value) if isinstance(value, StrEnum) else None
        return self.in_form(sentence) if sentence else str(value)


def _load_phrases(file: Path) -> tuple[Mapping[Phrase, Sentence], Mapping[str, Sentence]]:
    reader = _File(file)
    wanted = {member: PLACEHOLDERS.get(member, frozenset()) for member in Phrase}
    phrases = reader.sentences("phrases", wanted)
    labels: list[Enum] = [*Word, *Part, *Recipient]
    words = reader.sentences("words", dict.fromkeys(labels, frozenset()))
    reader.finish()
    return {Phrase(name): sentence for name, sentence in phrases.items()}, words


def fill(text: str, values: Mapping[str, Value]) -> str:
    """A text with its placeholders filled; a value that is missing becomes a dash."""
    return _Lenient().vformat(text, (), values)


def load_faults(directory: Path) -> Mapping[Fault, FaultText]:
    """Read `errors.yaml`: every fault in both forms. Raises ConfigError."""
    file = _File(directory / "errors.yaml")
    codes = {fault.name.lower(): fault for fault in Fault}
    texts = {}
    for name in file.keys((), codes):
        say, show = (file.sentence((name, part), None) for part in ("say", "show"))
        if say and show:
            texts[codes[name]] = FaultText(say, show)
    file.finish()
    return texts


def load_words(file: Path) -> Mapping[str, Sentence]:
    """Read a file of free words for a page or the terminal. Raises ConfigError."""
    reader = _File(file)
    names = reader.data if isinstance(reader.data, dict) else {}
    found = {name: reader.sentence((name,), None) for name in names}
    reader.finish()
    return {name: sentence for name, sentence in found.items() if sentence}


class _Lenient(string.Formatter):
    """A missing value becomes a dash: an error message must never fail itself."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, "–")


class _File:
    """One YAML file of sentences; collects problems until `finish`."""

    def __init__(self, file: Path) -> None:
        self.data: Any
        self._positions: Positions
        self.data, self._positions = strict_yaml.read(file)
        self._name = file.name
        self._problems: list[Problem] = []

    def finish(self) -> None:
        """Raises ConfigError if anything was wrong."""
        if self._problems:
            raise ConfigError(self._problems)

    def sentences(self, section: str, wanted: Mapping[Any, frozenset[str]]) -> dict[str, Sentence]:
        """A section that has exactly the wanted names, each with exactly its placeholders."""
        allowed = {str(name.value): places for name, places in wanted.items()}
        found = {}
        for name in self.keys((section,), allowed):
            sentence = self.sentence((section, name), allowed[name])
            if sentence:
                found[name] = sentence
        return found

    def keys(self, path: tuple[str, ...], wanted: Iterable[str]) -> list[str]:
        """The wanted names that are there; others, and missing ones, are problems."""
        section = self._at(path)
        there = section if isinstance(section, dict) else {}
        names = list(wanted)
        for name in there:
            if name not in names:
                self._problem(Fault.KEY_UNKNOWN, (*path, name), key=name)
        for name in names:
            if name not in there:
                self._problem(Fault.TEXT_MISSING, path, key=name)
        return [name for name in names if name in there]

    def sentence(self, path: tuple[str, ...], places: frozenset[str] | None) -> Sentence | None:
        """Both forms of a text; `places`: the placeholders it must have, None: any, but alike."""
        forms = self._at(path)
        key = ".".join(path)
        if not isinstance(forms, dict) or set(forms) != set(FORMS):
            self._problem(Fault.TEXT_MISSING, path, key=key)
            return None
        texts = [forms[form] for form in FORMS]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            self._problem(Fault.TEXT_MISSING, path, key=key)
            return None
        used = [_placeholders(text) for text in texts]
        if used[0] is None or used[0] != used[1] or places not in (None, used[0]):
            self._problem(Fault.PLACEHOLDER_WRONG, path, key=key)
            return None
        return Sentence(*texts)

    def _at(self, path: tuple[str, ...]) -> Any:
        value = self.data
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def _problem(self, fault: Fault, path: tuple[str, ...], **values: Value) -> None:
        at = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self._positions), ())
        place = self._positions.get(at, Place(self._name))
        self._problems.append(Problem(fault, place, values))


def _placeholders(text: str) -> frozenset[str] | None:
    """The names in braces; None when there is more than a plain name in one."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    fields = [(name, spec or conversion) for _, name, spec, conversion in parts if name is not None]
    plain = all(name.isidentifier() and not more for name, more in fields)
    return frozenset(name for name, _ in fields) if plain else None

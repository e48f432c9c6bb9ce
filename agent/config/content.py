"""What `config/` holds besides the settings: texts, commands, checklists, words for the pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from agent.checklist.loader import load_checklist
from agent.checklist.model import Check, Checklist
from agent.checklist.procedure import load_procedure
from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.config.settings import Settings
from agent.config.spoken import wrong_in_spoken
from agent.config.strict_yaml import Positions
from agent.config.texts import Texts, load_words
from agent.faults import Fault
from agent.messages import Command, Sentence
from agent.session import ListId, Rules, commands_together
from agent.voice.commands import Collision, CommandPhrases, Risk, collisions

COLLISION_LIMIT = 0.27
"""Phrases of different commands have to be at least this far apart (see `distance`).

The closest pair that the procedure needs, «zoom normal» and «zoom dobbel», is at 0.28 and harmless;
the pairs that were measured as too close («volum opp» and «volum ned») lie below.
"""

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that people hear, say and read."""

    texts: Texts
    commands: tuple[CommandPhrases, ...]
    phrases: Mapping[Command, Sentence]
    """The phrase to show for each command."""
    checklists: Mapping[str, Checklist]
    pronunciation: Mapping[str, str]
    """Word -> what espeak-ng says right."""
    sentences: Mapping[str, Mapping[str, Sentence]]
    """Page -> name -> word in both written forms."""

    @property
    def pages(self) -> Mapping[str, Mapping[str, str]]:
        """Page -> name -> word in the chosen written form."""
        return {
            name: {word: self.texts.in_form(sentence) for word, sentence in words.items()}
            for name, words in self.sentences.items()
        }

    def in_form(self, form: str) -> "Content":
        """The same in this written form: `nb` or `nn`."""
        return replace(self, texts=replace(self.texts, language=form))

    @property
    def shown(self) -> Mapping[Command, str]:
        """The phrase to show for each command, in the chosen written form."""
        return {command: self.texts.in_form(phrase) for command, phrase in self.phrases.items()}


PAGES = (
    *("cli", "demo", "light", "listen", "measuring", "models", "practice", "probe", "report"),
    *("sound", "status"),
)


def load_content(directory: Path, settings: Settings) -> Content:
    """Read and check it all. Raises ConfigError with every problem of every file."""
    problems: list[Problem] = []

    def attempt(load: Callable[[], Loaded]) -> Loaded | None:
        try:
            return load()
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    texts = attempt(lambda: Texts.load(directory, settings.language))
    commands = attempt(lambda: load_commands(directory / "commands.yaml"))
    site = settings.site.model_dump()
    procedure = attempt(partial(load_procedure, directory / "procedure.yaml"))
    parts = [part.id for part in procedure] if procedure else None
    pronunciation = attempt(partial(load_pronunciation, directory / "pronunciation.yaml"))
    lists = {
        name: attempt(
            partial(
                load_checklist,
                directory / "checklists" / f"{name.value}.yaml",
                site,
                parts,
                settings.links.model_dump(),
            )
        )
        for name in ListId
    }
    problems += attempt(partial(wrong_in_spoken, directory)) or []
    pages = {
        name: attempt(partial(load_words, directory / "pages" / f"{name}.yaml")) for name in PAGES
    }
    if problems or texts is None or commands is None:
        raise ConfigError(problems)
    return Content(
        texts,
        commands.table,
        commands.shown,
        {name.value: checklist for name, checklist in lists.items() if checklist},
        pronunciation or {},
        {name: words for name, words in pages.items() if words},
    )


def rules(settings: Settings, content: Content) -> Rules:
    """What the configuration decides about a consultation."""
    clocks = settings.consultation
    return Rules(
        checklists=content.checklists,
        undo_s=clocks.undo_s,
        freeze_s=clocks.freeze_s,
        answer_window_s=clocks.answer_window_s,
        question_s=clocks.question_s,
        wake_window_s=clocks.wake_window_s,
        join_limit_s=clocks.join_limit_s,
        lobby_reminder_s=clocks.lobby_reminder_s,
        hold_until_locked=settings.meeting.require_locked == "hold",
        announce_newcomers=settings.meeting.announce_newcomers,
        lamp_by_command=bool(settings.camera.lamp_on and settings.camera.lamp_off),
        speak_names=settings.meeting.speak_names,
        alert_pause_s=settings.alerts.pause_s,
        alert_repeat_s=settings.alerts.repeat_s,
        battery_low=settings.alerts.battery_low,
        battery_very_low=settings.alerts.battery_very_low,
        ticked=frozenset(Check(name) for name in clocks.tick_by_itself),
    )


def load_pronunciation(file: Path) -> Mapping[str, str]:
    """Read `pronunciation.yaml`: word -> spelling or phonemes. Raises ConfigError."""
    data, positions = strict_yaml.read(file)
    words = data.get("words") if isinstance(data, dict) else None
    if not isinstance(words, dict):
        raise ConfigError([Problem(Fault.KEY_MISSING, Place(file.name), {"key": "words"})])
    problems = [
        Problem(
            Fault.VALUE_INVALID,
            positions.get(("words", word), Place(file.name)),
            {"key": word, "value": str(said), "expected": "text"},
        )
        for word, said in words.items()
        if not isinstance(said, str)
    ]
    if problems:
        raise ConfigError(problems)
    return words


@dataclass(frozen=True, slots=True)
class Commands:
    """`commands.yaml`: what is understood, and what is shown."""

    table: tuple[CommandPhrases, ...]
    shown: Mapping[Command, Sentence]


def load_commands(file: Path) -> Commands:
    """Read `commands.yaml`: every command with its risk and phrases. Raises ConfigError."""
    data, positions = strict_yaml.read(file)
    reader = _Commands(data, positions, file.name)
    commands = reader.read()
    if reader.problems:
        raise ConfigError(reader.problems)
    return commands


class _Commands:
    """Checks one `commands.yaml`; collects every problem."""

    def __init__(self, data: Any, positions: Positions, name: str) -> None:
        section = data.get("commands") if isinstance(data, dict) else None
        self._section: dict[str, Any] = section if isinstance(section, dict) else {}
        self._positions = positions
        self._name = name
        self.problems: list[Problem] = []

    def read(self) -> Commands:
        known = {command.value for command in Command}
        for name in self._section:
            if name not in known:
                self._problem(Fault.KEY_UNKNOWN, name, key=name)
        rows = {command: row for command in Command if (row := self._row(command))}
        self._collisions(tuple(rows.values()))
        shown = {
            command: Sentence(
                self._section[command.value]["nb"], self._section[command.value]["nn"]
            )
            for command in rows
        }
        return Commands(tuple(rows.values()), shown)

    def _row(self, command: Command) -> CommandPhrases | None:
        name = command.value
        entry = self._section.get(name)
        if not isinstance(entry, dict) or not entry.get("nb") or not entry.get("nn"):
            self._problem(Fault.COMMAND_WITHOUT_PHRASE, name, key=name)
            return None
        for key in entry.keys() - {"risk", "nb", "nn", "also"}:
            self._problem(Fault.KEY_UNKNOWN, name, key=f"{name}.{key}")
        also = entry.get("also") or []
        phrases = [entry["nb"], entry["nn"], *(also if isinstance(also, list) else [also])]
        wrong = [(f"{name}.nb|nn|also", said, "…") for said in phrases if not _sayable(said)]
        risk = entry.get("risk")
        if risk not in list(Risk):
            wrong.append((f"{name}.risk", risk, " | ".join(Risk)))
        for key, value, expected in wrong:
            shown = {"key": key, "value": str(value), "expected": expected}
            self._problem(Fault.VALUE_INVALID, name, **shown)
        if wrong:
            return None
        return CommandPhrases(command, Risk(str(risk)), tuple(dict.fromkeys(phrases)))

    def _collisions(self, rows: tuple[CommandPhrases, ...]) -> None:
        together = tuple(commands_together())
        for first, second in combinations(rows, 2):
            if any({first.command, second.command} <= valid for valid in together):
                for found in collisions((first, second), COLLISION_LIMIT):
                    self._collision(found, first.command, second.command)

    def _collision(self, found: Collision, first: Command, second: Command) -> None:
        self._problem(
            Fault.COMMANDS_COLLIDE,
            second.value,
            first=found.phrase,
            second=found.other,
            first_command=first.value,
            second_command=second.value,
            distance=round(found.distance, 2),
            limit=COLLISION_LIMIT,
        )

    def _problem(self, fault: Fault, name: str, **values: str | float) -> None:
        section = self._positions.get(("commands",), Place(self._name))
        place = self._positions.get(("commands", name), section)
        self.problems.append(Problem(fault, place, values))


def _sayable(phrase: object) -> bool:
    return isinstance(phrase, str) and any(sign.isalpha() for sign in phrase)

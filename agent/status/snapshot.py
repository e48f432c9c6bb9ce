"""The state of the agent as words for the screen. Reads the session; changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.checklist.engine import Progress
from agent.checklist.model import Point
from agent.messages import Command, Light, Participant, Sentence
from agent.session import Session, transmission, valid_commands

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything Norwegian that a snapshot needs, in the chosen written form."""

    language: str
    words: Mapping[str, str]
    """`config/pages/status.yaml`."""
    in_form: Callable[[Sentence], str]
    phrases: Mapping[Command, str]
    """The phrase to show for each command."""
    numbers: Mapping[Command, tuple[str, str]]
    """Command that asks for a telephone number -> (who, number)."""


@dataclass(frozen=True, slots=True)
class Meter:
    """The picture as it is measured now, whether or not it was worth a word."""

    light: Light = Light.UNKNOWN
    figures: Mapping[str, float] = field(default_factory=dict)
    """By the names that `light_figures` in `config/pages/status.yaml` has places for."""
    minutes: Mapping[Light, float] = field(default_factory=dict)
    """How long it has been in each state this visit."""
    muted: frozenset[Light] = frozenset()
    """The faults that the nurse has accepted."""


def snapshot(
    session: Session,
    wording: Wording,
    said: Sequence[str],
    problems: Sequence[str],
    meter: Meter = Meter(),
) -> Json:
    """One picture of the agent, ready for JSON.

    said: what the agent has said, newest first; problems: sentences about parts that are down;
    meter: the picture as it is measured now.
    """
    words = wording.words
    return {
        "language": wording.language,
        "words": dict(words),
        "rows": _rows(session, words, meter),
        "said": list(said) or [words["nothing_said"]],
        "problems": list(problems),
        "commands": [
            wording.phrases[command] for command in Command if command in valid_commands(session)
        ],
        "people": [_person(person, words) for person in session.room.participants],
        "number": _number(session, wording),
        "list": session.progress and _list(session.progress, wording),
    }


def _rows(session: Session, words: Mapping[str, str], meter: Meter) -> list[Json]:
    sent = transmission(session)
    rows = [
        ("video", f"visit_{session.visit.name.lower()}"),
        ("picture", f"picture_{sent.picture.name.lower()}"),
        ("sound", "sound_on" if sent.sound else "sound_off"),
        ("room", _room(session)),
        ("light", f"light_{meter.light.name.lower()}"),
    ]
    shown = [{"id": name, "name": words[name], "value": words[value]} for name, value in rows]
    return [*shown, *_measured(meter, words)]


def _measured(meter: Meter, words: Mapping[str, str]) -> list[Json]:
    """The figures behind the state, and the minutes in each; nothing while nothing is measured."""

    def row(name: str, value: str) -> Json:
        return {"id": name, "name": words[name], "value": value}

    def named(light: Light) -> str:
        return words[f"light_{light.name.lower()}"]

    rows = []
    if meter.figures:
        rows.append(row("figures", words["light_figures"].format(**meter.figures)))
    if meter.minutes:
        line = words["light_minutes"]
        spent = [
            line.format(state=named(light), minutes=meter.minutes[light])
            for light in Light
            if light in meter.minutes
        ]
        rows.append(row("minutes", ", ".join(spent)))
    if meter.muted:
        rows.append(
            row("muted", ", ".join(named(light) for light in Light if light in meter.muted))
        )
    return rows


def _room(session: Session) -> str:
    room = session.room
    if room.recording or room.streaming or room.transcribing:
        return "room_recorded"
    return {True: "room_locked", False: "room_open", None: "room_unknown"}[room.locked]


def _person(person: Participant, words: Mapping[str, str]) -> str:
    marks = (
        words["you"] if person.is_self else "",
        words["host"] if person.is_host else "",
        words["waiting"] if person.is_waiting else "",
    )
    known = ", ".join(mark for mark in marks if mark)
    return f"{person.name} ({known})" if known else person.name


def _number(session: Session, wording: Wording) -> Json | None:
    if session.number_shown is None:
        return None
    who, number = wording.numbers[session.number_shown]
    return {"who": who, "value": number}


def _list(progress: Progress, wording: Wording) -> Json:
    number = wording.words["point"].format(number=progress.number, count=progress.count)
    return {
        "title": wording.in_form(progress.checklist.title),
        "number": number if progress.point else "",
        "points": [_point(point, progress, wording) for point in progress.checklist.points],
    }


def _point(point: Point, progress: Progress, wording: Wording) -> Json:
    answer = progress.answers.get(point.id)
    return {
        "id": point.id,
        "current": point is progress.point,
        "prompt": wording.in_form(point.prompt) if point.prompt else "",
        "screen": point.screen,
        "answer": wording.words[f"answer_{answer.value if answer else 'open'}"],
        "copy": point.copy_text,
        "links": [
            {"label": wording.in_form(link.label), "address": link.address} for link in point.links
        ],
    }

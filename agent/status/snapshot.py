"""The state of the agent as words for the screen. Reads the session; changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.checklist.engine import Progress, begin
from agent.checklist.handoff import code_name, links
from agent.checklist.model import Answer, Point
from agent.messages import Command, Light, Sentence
from agent.session import (
    IN_ROOM,
    ListId,
    Session,
    Visit,
    found,
    transmission,
    valid_commands,
)
from agent.status.meter import NOT_MEASURED, Meter, light_word, measured, measured_once
from agent.status.room import Row, person, presenter
from agent.status.room import rows as room_rows

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


def snapshot(
    session: Session,
    wording: Wording,
    said: Sequence[str],
    problems: Sequence[str],
    meter: Meter = NOT_MEASURED,
    slides: int = 0,
    report: Json | None = None,
) -> Json:
    """One picture of the agent, ready for JSON.

    said: what the agent has said, newest first; problems: sentences about parts that are down;
    meter: the picture as it is measured now; slides: the number of the newest picture of
    somebody's slides, 0: nobody shows any; report: the report of a fault, or its open question.
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
        "people": [person(one, words) for one in session.room.participants],
        "slides": {"number": slides, "by": presenter(session.room)} if slides else None,
        "number": _number(session, wording),
        "report": report,
        "make_report": _if_valid(session, wording, Command.MAKE_REPORT),
        "list": _open_list(session, wording, meter.light),
    }


def _if_valid(session: Session, wording: Wording, command: Command) -> str | None:
    """The phrase of a command that has a button of its own, while it can be given."""
    return wording.phrases[command] if command in valid_commands(session) else None


def _rows(session: Session, words: Mapping[str, str], meter: Meter) -> list[Json]:
    sent = transmission(session)
    rows = [
        Row("video", (f"visit_{session.visit.name.lower()}",)),
        Row("picture", (f"picture_{sent.picture.name.lower()}",)),
        _sound(session, sent.sound),
        *room_rows(session.room, session.visit in IN_ROOM),
        Row("light", (light_word(meter.light),)),
    ]
    shown = [
        {
            "id": row.id,
            "name": words[row.id],
            "value": ", ".join(words[value] for value in row.values),
            "alert": row.alert,
        }
        for row in rows
    ]
    figures = [
        {"id": name, "name": words[name], "value": value, "alert": False}
        for name, value in measured(meter, words)
    ]
    if session.light_found is not None:
        value = measured_once(session.light_found, words)
        figures.insert(
            0, {"id": "light_found", "name": words["light_found"], "value": value, "alert": False}
        )
    return [*shown, *figures]


def _sound(session: Session, is_sent: bool) -> Row:
    if is_sent and session.room.muted_by_host:
        return Row("sound", ("sound_muted_by_host",), alert=True)
    return Row("sound", ("sound_on" if is_sent else "sound_off",))


def _number(session: Session, wording: Wording) -> Json | None:
    if session.number_shown is None:
        return None
    who, number = wording.numbers[session.number_shown]
    return {"who": who, "value": number}


def _open_list(session: Session, wording: Wording, light: Light) -> Json | None:
    """The open list; in the room, when none is open, the one that is only there to be read."""
    if session.progress is not None:
        return _list(session.progress, wording) | {"found": _found(session, wording, light)}
    during = session.rules.checklists.get(ListId.DURING)
    if during is None or session.visit is not Visit.INSIDE:
        return None
    return _list(begin(during), wording) | {"found": None}


def _found(session: Session, wording: Wording, light: Light) -> str | None:
    """What the agent suggests about the point at hand; the nurse answers."""
    point = session.progress and session.progress.point
    if not point or point.check is None:
        return None
    finding = found(session, point.check, _light(session, light))
    what = wording.words[f"found_{finding.ground}"].format(**finding.values)
    return wording.words["found"].format(what=what)


def _light(session: Session, now: Light) -> Light:
    """As the steady look found it; without one, as it is now."""
    return now if session.light_found is None else session.light_found.light


def _list(progress: Progress, wording: Wording) -> Json:
    number = wording.words["point"].format(number=progress.number, count=progress.count)
    return {
        "title": wording.in_form(progress.checklist.title),
        "number": number if progress.point else "",
        "points": [_point(point, progress, wording) for point in progress.checklist.points],
    }


def _answer_word(point: Point, answer: Answer | None) -> str:
    if answer is None:
        return "answer_open"
    return (
        f"{'choice' if point.choice and answer is not Answer.NOT_APPLICABLE else 'answer'}_{answer}"
    )


def _point(point: Point, progress: Progress, wording: Wording) -> Json:
    answer = progress.answers.get(point.id)
    return {
        "id": point.id,
        "current": point is progress.point,
        "prompt": wording.in_form(point.prompt) if point.prompt else "",
        "screen": point.screen,
        "answered": answer is not None,
        "answer": wording.words[_answer_word(point, answer)],
        "copy": point.copy_text,
        "links": [
            {
                "label": wording.in_form(link.label),
                "address": link.address,
                "code": f"qr/{code_name(link.address)}.svg",
            }
            for link in links(point, answer)
        ],
    }

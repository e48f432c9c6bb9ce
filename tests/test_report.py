"""«Lag feilmelding»: two closed questions, a report free of patient data, nothing sent."""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agent.checklist.trouble import EFFECTS, SYMPTOMS, Effect, Symptom, recipient
from agent.config.content import load_content
from agent.config.loading import load_settings
from agent.config.problems import ConfigError
from agent.config.settings import PhoneSettings, ReportSettings, Settings
from agent.config.written import Configured
from agent.faults import Fault
from agent.messages import (
    Action,
    Command,
    Event,
    Heard,
    Joined,
    Machine,
    MachineChanged,
    Part,
    PartDown,
    Participant,
    PartUp,
    Phrase,
    Recipient,
    RoomChanged,
    RoomState,
    Say,
    Timer,
    TimerFired,
    VisitEnded,
    WaitingForHost,
)
from agent.report.diary import Diary
from agent.report.model import MOST_HAPPENINGS, Happening, Report
from agent.report.paper import as_mail, as_pdf
from agent.report.writing import as_text
from agent.reporting import Reporting
from agent.session import Rules, Session, Window, step, valid_commands
from agent.status.server import StatusServer

CONFIG = Path(__file__).parent.parent / "config"
NOON = datetime(2026, 11, 25, 12, 0, 5)
CONTENT = load_content(CONFIG, Settings())
START = Session(Rules(checklists=CONTENT.checklists))


def run(session: Session, *events: Event) -> tuple[Session, list[Action]]:
    done: list[Action] = []
    for event in events:
        session, actions = step(session, event)
        done += actions
    return session, done


def hear(*commands: Command) -> tuple[Heard, ...]:
    return tuple(Heard(command) for command in commands)


def said(actions: list[Action]) -> list[object]:
    return [action.line for action in actions if isinstance(action, Say)]


# By voice


def test_two_closed_questions_make_a_report() -> None:
    asked, actions = run(START, *hear(Command.MAKE_REPORT))
    assert said(actions) == [Phrase.ASK_SYMPTOM]
    assert valid_commands(asked) == set(SYMPTOMS) | {
        *(Command.WAKE, Command.END_VIDEO, Command.CANCEL)
    }

    asked, actions = run(asked, *hear(Command.SYMPTOM_ECHO))
    assert said(actions) == [Phrase.ASK_EFFECT]
    assert set(EFFECTS) < valid_commands(asked)
    assert not set(SYMPTOMS) & valid_commands(asked)

    done, actions = run(asked, *hear(Command.EFFECT_POSTPONED))
    assert done.trouble is not None
    assert (done.trouble.symptom, done.trouble.effect) == (Symptom.ECHO, Effect.POSTPONED)
    assert done.window is Window.CLOSED
    (words,) = [action for action in actions if isinstance(action, Say)]
    assert words == Say(Phrase.REPORT_READY, values={"recipient": Recipient.SUPERUSER})


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Heard(Command.CANCEL), Phrase.CANCELLED),
        (TimerFired(Timer.CHOICE), Phrase.NO_ANSWER),
    ],
)
@pytest.mark.parametrize("answers", [(), (Command.SYMPTOM_ECHO,)])
def test_it_can_be_given_up(event: Event, line: Phrase, answers: tuple[Command, ...]) -> None:
    asked, _ = run(START, *hear(Command.MAKE_REPORT, *answers))
    given_up, actions = run(asked, event)

    assert said(actions) == [line]
    assert given_up.trouble is None
    assert given_up.window is Window.CLOSED


def test_an_open_list_waits_and_goes_on() -> None:
    walking, _ = run(START, *hear(Command.OPEN_PREPARATIONS, Command.DONE))
    asked, _ = run(walking, *hear(Command.MAKE_REPORT))
    assert Command.DONE not in valid_commands(asked)

    back, _ = run(asked, *hear(Command.SYMPTOM_NO_SOUND, Command.EFFECT_WENT_ON))
    assert back.progress == walking.progress
    assert back.window is Window.ANSWER


def test_avbryt_means_the_question_and_not_what_could_be_undone_before() -> None:
    inside, _ = run(START, Heard(Command.START_VIDEO), Joined(RoomState()))
    unmuted, _ = run(inside, *hear(Command.MUTE, Command.UNMUTE, Command.MAKE_REPORT))
    after, actions = run(unmuted, Heard(Command.CANCEL))

    assert said(actions) == [Phrase.CANCELLED]
    assert not after.muted


@given(st.lists(st.sampled_from(list(Command)).map(Heard), max_size=30))
def test_it_is_complete_only_after_both_answers(said_: list[Heard]) -> None:
    session, _ = run(START, *said_)
    if session.trouble is not None and session.trouble.complete:
        heard = {one.command for one in said_}
        assert Command.MAKE_REPORT in heard
        assert heard & set(SYMPTOMS)
        assert heard & set(EFFECTS)


def test_every_choice_has_its_command_and_its_recipient() -> None:
    assert set(SYMPTOMS.values()) == set(Symptom)
    assert set(EFFECTS.values()) == set(Effect)
    assert {recipient(symptom) for symptom in Symptom} == set(Recipient)


# What is in it

HEADSET = Settings.model_validate(
    {
        "meeting": {"room": "998112", "pin_env": None},
        "report": {
            "customer": "Kongsberg kommune",
            "camera": "Navigator 500",
            "camera_serial": "SN-77",
            "mail_superuser": "super@example.no",
        },
    }
)


def reporting(settings: Settings = HEADSET, *events: Event) -> Reporting:
    """After a visit in which everything that must not be told has been seen."""
    sessions = [START]
    made = Reporting(settings, CONTENT, lambda: sessions[-1], now=lambda: NOON)
    for event in (*EVERYTHING, *events, *hear(*ANSWERS)):
        session, actions = step(sessions[-1], event)
        sessions.append(session)
        made.diary.observe(event, session, actions)
    return made


ANSWERS = Command.MAKE_REPORT, Command.SYMPTOM_ECHO, Command.EFFECT_POSTPONED
PATIENT = Participant("12", "Ola Nordmann 01017012345")
SECRETS = ("Ola", "Nordmann", "01017012345", "998112", "sårflate", "hemmelig")
EVERYTHING: tuple[Event, ...] = (
    MachineChanged(Machine(battery=62)),
    Heard(Command.START_VIDEO),
    WaitingForHost(),
    Joined(RoomState(participants=(PATIENT,))),
    RoomChanged(RoomState(participants=(PATIENT, Participant("2", "Kari sårflate")))),
    PartDown(Part.CAMERA, Fault.CAMERA_LOST, {"name": "Ola Nordmann", "detail": "hemmelig"}),
    PartUp(Part.CAMERA),
    VisitEnded(Fault.REMOVED, {"room": "998112", "who": "Ola Nordmann"}),
)


def test_the_four_fields_are_filled_in() -> None:
    report = reporting().report()
    assert report is not None
    text = as_text(report, CONTENT.pages["report"])

    assert "Kundenavn: Kongsberg kommune" in text
    assert "Telefonnummer: ikke fylt inn" in text
    assert "Serienummer: SN-77" in text
    assert re.search(r"Programvare og versjon: Hodekamera \d", text)
    assert "Strøm på maskinen: 62 prosent" in text
    assert "Siste feilkoder: HK-202, HK-408" in text
    assert "Feil og symptom: ekko" in text
    assert "Påvirkning på driften: konsultasjonen ble utsatt" in text
    assert "12:00:05: kameraet sviktet (HK-202)" in text
    assert report.recipient is Recipient.SUPERUSER


@pytest.mark.parametrize("form", ["txt", "pdf", "eml"])
async def test_nothing_of_patient_room_or_secret_is_in_any_form_of_it(form: str) -> None:
    file = await reporting().file(form)
    assert file is not None
    body = file.body
    if form == "eml":
        message = email.message_from_bytes(body, policy=email.policy.default)
        part = message.get_body()
        assert part is not None
        body += part.get_content().encode()
    report = reporting().report()
    assert report is not None
    for secret in SECRETS:
        assert secret.encode() not in body
        assert secret not in report.model_dump_json()


def test_only_a_fixed_room_is_named() -> None:
    fixed = HEADSET.model_copy(
        update={"report": HEADSET.report.model_copy(update={"fixed_room": True})}
    )
    open_one, fixed_one = reporting().report(), reporting(fixed).report()
    assert open_one is not None
    assert fixed_one is not None
    assert (open_one.room, fixed_one.room) == (None, "998112")
    assert "Fast møterom: 998112" in as_text(fixed_one, CONTENT.pages["report"])


def leaves(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Every field with its type, in the models inside too."""
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        for one in inner:
            yield from leaves(one)
        if not inner:
            yield name, field


WRITTEN_BY_THE_ADMINISTRATOR = {
    *("name", "address", "contact", "phone", "email", "camera", "serial", "other", "room")
}


def test_the_schema_has_no_place_for_a_sentence() -> None:
    """Whatever is no closed choice, number or time comes from the settings, or is a version."""
    for name, field in leaves(Report):
        kinds = set(get_args(field.annotation) or [field.annotation]) - {type(None)}
        closed = all(
            isinstance(k, type) and issubclass(k, Enum | int | datetime | time) for k in kinds
        )
        assert closed or name in WRITTEN_BY_THE_ADMINISTRATOR | {"software", "system"}, name


@given(st.text(max_size=60), st.sampled_from(["symptom", "effect", "recipient", "made"]))
def test_no_text_can_be_put_where_a_choice_belongs(text: str, field: str) -> None:
    report = reporting().report()
    assert report is not None
    for other in ({field: text}, {"note": text}):
        with pytest.raises(pydantic.ValidationError):
            Report.model_validate({**report.model_dump(), **other})


@pytest.mark.parametrize("text", ["Ola 01017012345", "010170 12345", "x" * 121])
def test_an_identity_number_is_refused_in_the_settings(text: str, tmp_path: Path) -> None:
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(Configured).validate_python(text)
    file = tmp_path / "kommune.yaml"
    file.write_text(f'report:\n  contact: "{text}"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings([file])
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.values["key"]) == (2, "report.contact")


def test_the_course_of_events_is_bounded_and_keeps_the_newest() -> None:
    diary = Diary(lambda: NOON)
    for _ in range(3 * MOST_HAPPENINGS):
        diary.observe(PartUp(Part.CAMERA), START, ())
    assert len(diary.entries) == MOST_HAPPENINGS
    assert diary.entries[-1].what is Happening.PART_BACK


# On the page, and as files


def test_the_page_shows_it_before_anything_is_shared() -> None:
    made = reporting()
    shown = made.shown()
    assert shown is not None
    assert "Feilmeldingen er laget uten pasientopplysninger." in shown["text"]
    assert [one["who"] for one in shown["to"] if one["chosen"]] == ["Lokal superbruker"]
    assert "Compilo" in shown["note"]
    assert shown["to"][-1]["number"] == "ikke fylt inn", "and not «xxx»"
    assert "Til: Lokal superbruker" in shown["text"]


async def test_the_mail_is_a_draft_to_the_recipient() -> None:
    file = await reporting().file("eml")
    assert file is not None
    message = email.message_from_bytes(file.body, policy=email.policy.default)
    assert message["To"] == "super@example.no"
    assert message["X-Unsent"] == "1"
    assert message["From"] is None
    assert message["Subject"] == "Feilmelding hodekamera: ekko"


def test_paper_holds_the_same_words_in_both_forms() -> None:
    report = reporting().report()
    assert report is not None
    for form in ("nb", "nn"):
        settings = HEADSET.model_copy(update={"language": form})
        words = load_content(CONFIG, settings).pages["report"]
        paper = as_pdf(report, words)
        assert paper.startswith(b"%PDF-")
        assert paper == as_pdf(report, words), "nothing random in it"
        assert as_mail(report, words, "").startswith(b"Subject: ")


async def test_the_files_come_through_the_door_and_only_when_there_is_a_report() -> None:
    made = reporting()
    status = StatusServer(0, dict, _nothing, report=made.file)
    async with status.serve(), aiohttp.ClientSession() as http:
        for kind, mime in (("pdf", "application/pdf"), ("txt", "text/plain")):
            async with http.get(f"{status.url}/report/{kind}") as answer:
                assert answer.status == 200
                assert answer.content_type == mime
                assert "attachment" in answer.headers["Content-Disposition"]
        async with http.get(f"{status.url}/report/exe") as answer:
            assert answer.status == 404

    empty = StatusServer(0, dict, _nothing, report=Reporting(HEADSET, CONTENT, lambda: START).file)
    async with (
        empty.serve(),
        aiohttp.ClientSession() as http,
        http.get(f"{empty.url}/report/txt") as answer,
    ):
        assert answer.status == 404


async def _nothing(_text: str) -> dict[str, Any]:
    return {}


def test_each_recipient_has_a_number_and_a_mail_address_in_the_settings() -> None:
    for one in Recipient:
        assert one.value in PhoneSettings.model_fields
        assert f"mail_{one}" in ReportSettings.model_fields


@pytest.mark.parametrize("kind", [Symptom, Effect, Happening, Part])
def test_each_choice_has_its_words(kind: type[Enum]) -> None:
    prefix = {"Symptom": "symptom", "Effect": "effect", "Happening": "did", "Part": "part"}
    words = CONTENT.pages["report"]
    assert {f"{prefix[kind.__name__]}_{one.value}" for one in kind} <= set(words)

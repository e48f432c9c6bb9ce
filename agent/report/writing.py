"""PURE: a report in words: sections with rows, and as plain text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.report.model import Entry, Report

Words = Mapping[str, str]
"""`config/pages/report.yaml` in the chosen written form."""


@dataclass(frozen=True, slots=True)
class Row:
    """What it is about, and what is known of it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of the fields a–d."""

    title: str
    rows: tuple[Row, ...]


def title(report: Report, words: Words) -> str:
    """One line that says what it is, for a subject or a heading."""
    return words["subject"].format(symptom=words[f"symptom_{report.symptom}"])


def heading(report: Report, words: Words) -> tuple[str, str]:
    """When it was made, and whom it is for."""
    made = words["made"].format(time=f"{report.made:%d.%m.%Y %H:%M}")
    return made, words["to"].format(who=words[f"to_{report.recipient}"])


def parts(report: Report, words: Words) -> tuple[Part, ...]:
    """The fields that there is something to say in, in the procedure's order."""
    room = (Part(words["c"], (Row(words["room"], report.room),)),) if report.room else ()
    return (
        Part(words["a"], tuple(_customer(report, words))),
        Part(words["b"], tuple(_equipment(report, words))),
        *room,
        Part(words["d"], tuple(_description(report, words))),
    )


def as_text(report: Report, words: Words) -> str:
    """The whole report as plain text."""
    lines = [title(report, words), *heading(report, words)]
    for part in parts(report, words):
        lines += ["", part.title, *(f"- {row.name}: {row.value}" for row in part.rows)]
    return "\n".join([*lines, "", words["no_patients"], ""])


def _customer(report: Report, words: Words) -> Iterator[Row]:
    for name in ("name", "address", "contact", "phone", "email"):
        yield Row(words[name], getattr(report.customer, name) or words["not_filled_in"])


def _equipment(report: Report, words: Words) -> Iterator[Row]:
    equipment = report.equipment
    yield Row(words["camera"], equipment.camera or words["not_filled_in"])
    yield Row(words["serial"], equipment.serial or words["not_filled_in"])
    if equipment.other:
        yield Row(words["other"], equipment.other)
    yield Row(words["software"], equipment.software)
    yield Row(words["system"], equipment.system)
    if equipment.battery is not None:
        yield Row(words["battery"], words["percent"].format(percent=equipment.battery))
    codes = dict.fromkeys(entry.fault.value for entry in report.events if entry.fault)
    yield Row(words["codes"], ", ".join(codes) or words["none"])


def _description(report: Report, words: Words) -> Iterator[Row]:
    yield Row(words["symptom"], words[f"symptom_{report.symptom}"])
    yield Row(words["effect"], words[f"effect_{report.effect}"])
    for entry in report.events:
        yield Row(f"{entry.at:%H:%M:%S}", _happened(entry, words))


def _happened(entry: Entry, words: Words) -> str:
    part = words[f"part_{entry.part}"] if entry.part else ""
    told = words[f"did_{entry.what}"].format(part=part)
    return f"{told} ({entry.fault.value})" if entry.fault else told

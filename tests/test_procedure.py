"""The municipality's procedure: every part has its place, and its words are its own."""

import shutil
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from agent.checklist.coverage import Part, points_by_part, uncovered
from agent.checklist.loader import load_checklist
from agent.checklist.model import Checklist
from agent.checklist.procedure import load_procedure
from agent.config.content import load_content
from agent.config.problems import ConfigError
from agent.config.settings import Settings
from agent.faults import Fault
from agent.session import ListId

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
ORIGINAL = ROOT.parent / "shared" / "content" / "prosedyre.txt"

STRICT = ("UTFØRELSE", "Forutsetninger", "Ansvarsforhold", "Taushetsplikt")
"""The sections in which nothing may be missing."""


@pytest.fixture(scope="module")
def parts() -> tuple[Part, ...]:
    return load_procedure(CONFIG / "procedure.yaml")


@pytest.fixture(scope="module")
def checklists() -> list[Checklist]:
    """All points, whatever their conditions."""
    return [load_checklist(CONFIG / "checklists" / f"{name}.yaml", None) for name in ListId]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_part_has_its_place(parts: tuple[Part, ...], checklists: list[Checklist]) -> None:
    left = [part for part in uncovered(parts, checklists) if part.missing is None]
    assert not left, f"nothing covers {[part.id for part in left]}"


def test_no_step_responsibility_or_privacy_point_is_missing(parts: tuple[Part, ...]) -> None:
    assert not [part.id for part in parts if part.id.startswith(STRICT) and part.missing]


@pytest.mark.parametrize("step", range(1, 13))
def test_each_of_the_twelve_steps_is_asked_shown_or_commanded(
    step: int, parts: tuple[Part, ...], checklists: list[Checklist]
) -> None:
    points = points_by_part(checklists)
    letters = tuple(f"UTFØRELSE {step}{letter}" for letter in "abcdefghijklmnop")
    mine = [p for p in parts if p.id == f"UTFØRELSE {step}" or p.id.startswith(letters)]
    assert mine
    assert [p for p in mine if p.id in points], f"no point covers step {step}"
    assert not [p.id for p in mine if p.outside and p.text.rstrip(":") != "Teknisk utstyr"]


def test_a_part_that_loses_its_point_is_named(
    parts: tuple[Part, ...], checklists: list[Checklist]
) -> None:
    without = [c for c in checklists if c.id != ListId.PREPARATIONS]
    named = {part.id for part in uncovered(parts, without)}
    assert {"UTFØRELSE 1", "UTFØRELSE 5b", "Ansvarsforhold d"} <= named


def test_settings_that_cover_a_part_exist(parts: tuple[Part, ...]) -> None:
    for path in [path for part in parts for path in part.settings]:
        model: type[BaseModel] = Settings
        *sections, last = path.split(".")
        for section in sections:
            field = model.model_fields[section].annotation
            model = next(t for t in (field, *get_args(field)) if isinstance(t, type))
        assert last in model.model_fields, path


def test_the_screen_shows_the_procedures_own_words(
    parts: tuple[Part, ...], checklists: list[Checklist]
) -> None:
    words = {part.id: plain(part.text) for part in parts}
    for checklist in checklists:
        for point in checklist.points:
            sources = [words[part] for part in point.procedure]
            for line in point.screen.splitlines():
                assert any(plain(line) in source for source in sources), (point.id, line)


@pytest.mark.skipif(not ORIGINAL.is_file(), reason=f"the procedure is not at {ORIGINAL}")
def test_the_words_are_those_of_the_procedure_itself(
    parts: tuple[Part, ...], checklists: list[Checklist]
) -> None:
    original = plain(ORIGINAL.read_text(encoding="utf-8"))
    screens = [line for c in checklists for point in c.points for line in point.screen.splitlines()]
    wrong = [text for text in [*(p.text for p in parts), *screens] if plain(text) not in original]
    assert not wrong


def test_who_leads(checklists: list[Checklist]) -> None:
    leads = {part: p.leader for c in checklists for p in c.points for part in p.procedure}
    assert {str(leads[f"UTFØRELSE 9{letter}"]) for letter in "abcdefg"} == {"clinician"}


def test_a_no_has_its_advice(checklists: list[Checklist]) -> None:
    for point in [point for checklist in checklists for point in checklist.points]:
        assert ("no" in point.answers) == (point.advice is not None), point.id
        assert not point.choice or "no" in point.answers, point.id


def test_a_point_that_names_no_part_of_the_procedure_is_an_error(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    file = folder / "checklists" / "oppstart.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("UTFØRELSE 9a", "UTFØRELSE 9z"), encoding="utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        load_content(folder, Settings())

    (problem,) = caught.value.problems
    assert (problem.place.file, problem.values["value"]) == ("oppstart.yaml", "UTFØRELSE 9z")


def test_a_part_that_stands_twice_is_named(tmp_path: Path) -> None:
    file = tmp_path / "procedure.yaml"
    row = '  - {id: "1", text: "a"}\n'
    file.write_text(f"schema: 1\nparts:\n{row}{row}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_procedure(file)
    (problem,) = caught.value.problems
    assert (problem.fault, problem.place.line) == (Fault.KEY_DUPLICATE, 4)

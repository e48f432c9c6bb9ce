"""After the call: the right heading, the right form, and the appointment before hanging up."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from playwright.async_api import BrowserContext, Page, expect

from agent.checklist.handoff import addresses, before_leaving, code_name, links
from agent.checklist.loader import load_checklist
from agent.checklist.model import Answer, Checklist, Link, Point
from agent.config.content import load_content, rules
from agent.config.problems import ConfigError
from agent.config.settings import LinkSettings, Settings
from agent.faults import Fault
from agent.messages import Command, Event, Heard, Joined, Phrase, RoomState, Say, Sentence
from agent.session import ListId, Session, step
from agent.status.code import qr_code
from tests.desk import at_desk

pytest_plugins = ("tests.browser",)

CONFIG = Path(__file__).parent.parent / "config"
WITH, WITHOUT = LinkSettings().form_with_patient, LinkSettings().form_without_patient


def lists(**changes: object) -> dict[str, Checklist]:
    settings = Settings.model_validate(changes)
    return dict(load_content(CONFIG, settings).checklists)


def point(checklists: dict[str, Checklist], name: str) -> Point:
    return next(p for one in checklists.values() for p in one.points if p.id == name)


@pytest.mark.parametrize(
    ("epj", "there", "gone", "where"),
    [
        ("profil", "d01_profil", "d01_gerica", "prioritert"),
        ("gerica", "d01_gerica", "d01_profil", "hud og vev"),
    ],
)
def test_the_heading_for_the_record_system_of_the_municipality(
    epj: str, there: str, gone: str, where: str
) -> None:
    points = {p.id: p for p in lists(site={"epj": epj})["dokumentasjon"].points}

    assert points[there].copy_text == "VIDEOKONSULTASJON"
    assert where in points[there].screen
    assert gone not in points


@pytest.mark.parametrize(
    ("answer", "forms"),
    [(None, [WITH, WITHOUT]), (Answer.DONE, [WITH]), (Answer.NO, [WITHOUT])],
)
def test_the_form_that_fits_the_answer(answer: Answer | None, forms: list[str]) -> None:
    form = point(lists(), "d04_nettskjema")

    assert [link.address for link in links(form, answer)] == forms


def test_another_region_has_no_form() -> None:
    assert "d04_nettskjema" not in {
        p.id for p in lists(site={"region": "sør"})["dokumentasjon"].points
    }


def test_a_link_that_is_not_filled_in_is_not_shown_and_one_that_is_has_a_code() -> None:
    assert not point(lists(), "d05_avvik").links

    address = "https://compilo.example.no/avvik"
    filled = lists(links={"compilo": address})
    assert [link.address for link in point(filled, "d05_avvik").links] == [address]
    assert addresses(filled)[code_name(address)] == address


def test_a_link_to_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    text = (CONFIG / "checklists" / "dokumentasjon.yaml").read_text(encoding="utf-8")
    file = tmp_path / "dokumentasjon.yaml"
    file.write_text(text.replace("setting: compilo", "setting: kompilo"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_checklist(file, None, links=LinkSettings().model_dump())

    (problem,) = caught.value.problems
    assert problem.fault is Fault.VALUE_INVALID
    assert problem.values["value"] == "kompilo"
    assert (
        "setting: kompilo" in file.read_text(encoding="utf-8").splitlines()[problem.place.line - 1]
    )


@pytest.mark.parametrize("address", [WITH, WITHOUT, "https://a.no/" + "x" * 280])
def test_a_code_reads_as_its_address(address: str) -> None:
    svg = qr_code(address)
    assert svg.startswith(b"<svg")
    # OpenCV reads pixels only, so the same code is drawn as pixels here.
    code = segno.make_qr(address, error="m")
    rows = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    framed = np.pad(rows, 4, constant_values=255)
    size = (6 * len(framed), 6 * len(framed))
    picture = cv2.resize(framed, size, interpolation=cv2.INTER_NEAREST)
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert read == address


# In the session


def session_with(**changes: object) -> Session:
    settings = Settings.model_validate(changes)
    return Session(rules(settings, load_content(CONFIG, settings)))


def run(session: Session, *events: Event) -> tuple[Session, list[object]]:
    said: list[object] = []
    for event in events:
        session, actions = step(session, event)
        said += [action.line for action in actions if isinstance(action, Say)]
    return session, said


def at(session: Session, name: str) -> Session:
    session, _ = run(session, Heard(Command.OPEN_DOCUMENTATION))
    while session.progress and session.progress.point and session.progress.point.id != name:
        session, _ = run(session, Heard(Command.SKIP))
    return session


@pytest.mark.parametrize("answer", [Command.DONE, Command.NO])
def test_both_answers_to_a_choice_settle_it_and_tell_of_the_code(answer: Command) -> None:
    asked = at(session_with(), "d04_nettskjema")
    session, said = run(asked, Heard(answer))

    assert said[0] == Sentence(
        "Koden til skjemaet står på skjermen.", "Koden til skjemaet står på skjermen."
    )
    assert session.progress is not None
    assert session.progress.point is not None
    assert session.progress.point.id == "d05_avvik"
    assert "d04_nettskjema" not in {p.id for p in session.progress.open_points}


INSIDE = Heard(Command.START_VIDEO), Joined(RoomState(locked=True))
APPOINTMENT = Sentence("Er ny avtale gjort?", "Er ny avtale gjord?")


def test_who_hangs_up_without_an_appointment_is_asked_while_it_can_be_undone() -> None:
    session, said = run(session_with(), *INSIDE, Heard(Command.END_VIDEO))
    assert said[-2:] == [Phrase.ENDING, APPOINTMENT]

    back, _ = run(session, Heard(Command.CANCEL), Heard(Command.OPEN_ENDING), Heard(Command.DONE))
    _, said = run(back, Heard(Command.END_VIDEO))
    assert APPOINTMENT not in said


def test_the_appointment_comes_before_everything_that_hangs_up() -> None:
    ending = lists()["avslutning"]
    (first, *_) = ending.points
    assert first.before_leaving
    assert first.procedure == ("UTFØRELSE 12a",)
    assert before_leaving(ending, {}) == (first,)
    assert not before_leaving(ending, {first.id: Answer.NOT_APPLICABLE})
    assert before_leaving(ending, {first.id: Answer.NO})
    assert not before_leaving(None, {})


def test_a_plain_link_fits_any_answer() -> None:
    link = Link(Sentence("a", "a"), "https://a.no")
    plain = Point(
        "p", ("1",), point(lists(), "d05_avvik").leader, "ord", frozenset(), links=(link,)
    )
    assert links(plain, Answer.NO) == (link,)


def test_every_list_has_its_links_among_the_codes() -> None:
    checklists = lists(links=dict.fromkeys(LinkSettings.model_fields, "https://a.no/x"))
    assert set(addresses(checklists).values()) == {"https://a.no/x"}
    assert set(checklists) == set(ListId)


# On the page


async def _code_of(page: Page) -> str:
    """What a telephone would read from the picture on the screen."""
    shot = await page.locator("#points [aria-current] img, #points img").first.screenshot()
    pixels = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(pixels, None, fx=3, fy=3))
    return str(read)


@pytest.mark.browser
async def test_the_heading_is_copied_and_the_code_leads_to_the_form(
    browser: BrowserContext,
) -> None:
    await browser.grant_permissions(["clipboard-read", "clipboard-write"])
    async with at_desk(browser) as (desk, page):
        await desk.typed("vis dokumentasjon")
        await page.get_by_role("button", name="VIDEOKONSULTASJON").click()
        await expect(page.get_by_role("button", name="Kopiert")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == "VIDEOKONSULTASJON"

        for phrase in ("klart", "klart", "nei"):
            await desk.typed(phrase)
        form = page.get_by_role("link", name="Pasienten var ikke med")
        await expect(form).to_have_attribute("href", WITHOUT)
        await expect(page.get_by_role("link", name="Pasienten var med")).to_have_count(0)
        await page.wait_for_function(
            "() => [...document.querySelectorAll('#points img')].every((one) => one.complete)"
        )
        assert await _code_of(page) == WITHOUT
        asked = page.locator("#points li", has_text="Var pasienten med?").locator(".answer")
        await expect(asked).to_have_text("nei")

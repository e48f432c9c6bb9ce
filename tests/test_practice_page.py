"""The clinic's page in a real Chromium, with a head camera that is a real WebRTC guest."""

import asyncio
import re
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
import yaml
from aiohttp import ClientSession
from aiortc import VideoStreamTrack
from playwright.async_api import BrowserContext, Page, expect

from agent.meeting.practice.server import PAGE, PracticeRoom
from tests.far_end import ToneTrack, until
from tests.practice_guest import ALIAS, HOST_PIN, Seated, calling, seated

pytest_plugins = ("tests.browser",)

TEXTS = yaml.safe_load(
    (Path(__file__).parents[1] / "config/pages/practice.yaml").read_text("utf-8")
)

REASONS = ("ended", "left", "removed", "unreachable", "refused", "no_link")
"""Why one is not in the room: each has a title and a text."""

NO_DEVICES = "navigator.mediaDevices.getUserMedia = async () => { throw new Error('none'); };"

PIXELS = """() => {
  const canvas = new OffscreenCanvas(16, 9).getContext("2d");
  canvas.drawImage(document.getElementById("remote"), 0, 0, 16, 9);
  return [...canvas.getImageData(0, 0, 16, 9).data];
}"""


def words(form: str = "nb") -> dict[str, str]:
    return {name: forms[form] for name, forms in TEXTS.items()}


class MovingStripes(VideoStreamTrack):
    """A head camera: reddish stripes that wander, 640 x 360."""

    def __init__(self) -> None:
        super().__init__()
        across = 128 + 100 * np.sin(np.arange(640) / 40)
        self._row = np.stack([np.full(640, 40), across * 0.4, across], axis=1).astype(np.uint8)
        self._moved = 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        self._moved += 6
        pixels = np.broadcast_to(np.roll(self._row, self._moved, axis=0), (360, 640, 3))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "bgr24")
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


@pytest_asyncio.fixture
async def room() -> AsyncIterator[PracticeRoom]:
    async with PracticeRoom(ALIAS, HOST_PIN, page_texts=words(), locked=True) as open_room:
        yield open_room


@pytest_asyncio.fixture
async def page(browser: BrowserContext) -> AsyncIterator[Page]:
    """An empty page. Whatever goes wrong in it makes the test fail."""
    opened = await browser.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if "Policy" in line.text else None)
    opened.set_default_timeout(15_000)
    yield opened
    await opened.close()
    assert not wrong


async def join(page: Page, room: PracticeRoom) -> None:
    await page.goto(room.page_url)
    await expect(page.locator("#join")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#meeting")).to_be_visible(timeout=15_000)


async def picture(page: Page) -> np.ndarray:
    """What the page shows of the room: shape (9, 16, 3), red, green, blue."""
    return np.array(await page.evaluate(PIXELS)).reshape(9, 16, 4)[..., :3].astype(int)


async def wait_for(page: Page, condition: str) -> None:
    await page.wait_for_function(condition, timeout=15_000)


# Functions, since the page's policy lets nobody evaluate texts.
LOUD = "() => Number(document.getElementById('level').dataset.level) > 0.05"
STILL = "() => Number(document.getElementById('level').dataset.level) < 0.002"
FLUENT = "() => Number(document.getElementById('quality').dataset.fps) > 8"
FITS = "() => document.documentElement.scrollWidth <= innerWidth"
SMALL_BUTTONS = """() => [...document.querySelectorAll("button")]
  .filter((button) => button.offsetParent && button.getBoundingClientRect().height < 44).length"""


async def shows_moving_stripes(page: Page) -> bool:
    first, second = await picture(page), await picture(page)
    is_reddish = first[..., 0].mean() > first[..., 2].mean() + 40
    has_stripes = np.ptp(first[4, :, 0]) > 100
    return bool(is_reddish and has_stripes and np.abs(second - first).max() > 20)


async def until_it_shows_the_camera(page: Page) -> None:
    async with asyncio.timeout(15):
        while not await shows_moving_stripes(page):
            pass


@pytest.mark.browser
async def test_a_consultation(page: Page, room: PracticeRoom) -> None:
    await join(page, room)
    await expect(page.locator("#lock-state")).to_have_text("Rommet er låst")
    async with (
        seated(room.url, name="Hodekamera") as camera,
        calling(camera, ToneTrack(), MovingStripes()) as at_camera,
    ):
        # It waits: nothing of it is seen or heard.
        await expect(page.locator("#waiting")).to_contain_text("Hodekamera venter på å bli")
        await expect(page.locator("#live")).to_contain_text("Hodekamera venter")
        await expect(page).to_have_title(re.compile(r"^\(1\) "))
        assert not await shows_moving_stripes(page)
        await wait_for(page, STILL)

        # It is let in: picture and sound go both ways.
        await page.get_by_role("button", name="Slipp inn: Hodekamera").click()
        await until(lambda: camera.waits() is False)
        await expect(page.locator("#waiting")).to_be_hidden()
        await expect(page.locator("#shown")).to_have_text("Hodekamera")
        await wait_for(page, LOUD)
        await wait_for(page, FLUENT)
        await until_it_shows_the_camera(page)
        await until(lambda: at_camera.colour[1] > at_camera.colour[2] + 60)  # Chromium's is green.
        await expect(page.locator("#quality")).to_have_attribute("data-quality", "good")

        # Lock, mute, remove.
        await page.get_by_role("button", name="Lås opp").click()
        await until(lambda: camera.room["locked"] is False)
        await expect(page.locator("#lock-state")).to_have_text("Rommet er ikke låst")
        await page.get_by_role("button", name="Lås rommet").click()
        await until(lambda: camera.room["locked"] is True)
        await page.get_by_role("button", name="Demp: Hodekamera").click()
        await wait_for(page, STILL)
        await page.get_by_role("button", name="Slå på lyd: Hodekamera").click()
        await wait_for(page, LOUD)
        await page.get_by_role("button", name="Fjern: Hodekamera").click()
        await page.keyboard.press("Escape")
        assert not camera.ended
        await page.get_by_role("button", name="Fjern: Hodekamera").click()
        await page.get_by_role("dialog").get_by_role("button", name="Fjern").click()
        await until(lambda: camera.ended)
        await expect(page.locator("#empty")).to_be_visible()


@pytest.mark.browser
async def test_own_microphone_and_camera_are_switched_off(page: Page, room: PracticeRoom) -> None:
    await join(page, room)
    async with seated(room.url, HOST_PIN, "Kollega") as other, calling(other) as at_other:
        await until(lambda: at_other.colour[1] > at_other.colour[2] + 60)
        (clinician,) = other.people.keys() - {other.id}
        await page.get_by_role("button", name="Mikrofon på").click()
        await page.get_by_role("button", name="Kamera på").click()
        await until(lambda: other.people[clinician]["is_client_muted"] is True)
        await until(lambda: other.people[clinician]["is_video_muted"] is True)
        await expect(page.get_by_role("button", name="Mikrofon av")).to_be_visible()
        await until(lambda: at_other.size == (640, 360) and at_other.colour[1] < 100)


@pytest.mark.browser
async def test_without_camera_and_microphone_it_says_so_and_goes_on(
    page: Page, room: PracticeRoom
) -> None:
    await page.add_init_script(NO_DEVICES)
    await join(page, room)
    await expect(page.locator("#devices")).to_have_text(words()["no_devices"])
    await expect(page.locator("#microphone")).to_be_disabled()
    await expect(page.locator("#own")).to_be_hidden()
    async with seated(room.url) as camera, calling(camera, ToneTrack(), MovingStripes()):
        await page.locator(".admit").click()
        await wait_for(page, LOUD)
        await until_it_shows_the_camera(page)


@pytest.mark.browser
async def test_it_follows_the_room_again_when_the_events_break_off(
    page: Page, room: PracticeRoom
) -> None:
    tokens: list[str] = []
    page.on("request", lambda request: tokens.append(request.headers.get("token", "")))
    await join(page, room)
    await expect(page.locator("#people li")).to_have_count(1)
    async with ClientSession() as session:
        thief = Seated(session, room.url, "", tokens[-1], {})
        await thief.follow()  # Takes the page's stream away, and loses it to the page again.
    await expect(page.locator("#trouble")).to_be_hidden()
    async with seated(room.url, name="Fastlege"):
        await expect(page.locator("#waiting")).to_contain_text("Fastlege")


@pytest.mark.browser
async def test_the_tokens_never_stand_in_an_address(page: Page, room: PracticeRoom) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    await join(page, room)
    await expect(page.locator("#quality")).to_have_attribute("data-quality", "good", timeout=15_000)

    for address in addresses:
        assert address.startswith((room.url, "data:"))
        assert "token=" not in address
        assert HOST_PIN not in address.replace(room.page_url, "")


@pytest.mark.browser
async def test_ending_for_all_empties_the_room_and_one_can_join_again(
    page: Page, room: PracticeRoom
) -> None:
    await join(page, room)
    async with seated(room.url) as camera:
        await page.locator(".admit").click()
        await page.get_by_role("button", name="Avslutt for alle").click()
        await page.get_by_role("dialog").get_by_role("button", name="Avslutt for alle").click()
        await until(lambda: camera.ended)
    await expect(page.locator("#over-title")).to_have_text("Møtet er avsluttet")
    await page.get_by_role("button", name="Bli med på nytt").click()
    await expect(page.locator("#meeting")).to_be_visible(timeout=15_000)
    await expect(page.locator("#people li")).to_have_count(1)


@pytest.mark.browser
async def test_closing_the_page_gives_the_seat_back(page: Page, room: PracticeRoom) -> None:
    await join(page, room)
    async with seated(room.url, HOST_PIN, "Kollega") as other:
        assert len(other.people) == 2
        await page.goto("about:blank")
        await until(lambda: len(other.people) == 1)


@pytest.mark.browser
async def test_it_says_so_when_the_room_is_gone(page: Page) -> None:
    async with PracticeRoom(ALIAS, HOST_PIN, page_texts=words("nn")) as room:
        await page.goto(room.page_url + "&auto")
        await expect(page.locator("#meeting")).to_be_visible(timeout=15_000)
        assert await page.evaluate("document.documentElement.lang") == "nn"
    await expect(page.locator("#over-title")).to_have_text("Møtet er avslutta")
    await page.get_by_role("button", name="Bli med på nytt").click()
    await expect(page.locator("#over-title")).to_have_text("Rommet svarar ikkje", timeout=15_000)


@pytest.mark.browser
@pytest.mark.parametrize(("link", "why"), [("/", "no_link"), ("/#room=x&pin=1&auto", "refused")])
async def test_a_link_that_does_not_fit(
    page: Page, room: PracticeRoom, link: str, why: str
) -> None:
    await page.goto(room.url + link)
    await expect(page.locator("#over-title")).to_have_text(words()[f"{why}_title"], timeout=15_000)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1180, 820, 768, 360])  # 1180 and 820: an iPad.
async def test_it_fits_the_screen(page: Page, room: PracticeRoom, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await join(page, room)
    async with seated(room.url, name="Hodekameraet til hjemmesykepleien i Kongsberg"):
        await expect(page.locator(".admit")).to_be_in_viewport(ratio=1)
        assert await page.evaluate(FITS)
        assert await page.evaluate(SMALL_BUTTONS) == 0


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    page = (PAGE / "index.html").read_text("utf-8")
    scripts = "".join(file.read_text("utf-8") for file in PAGE.glob("*.js"))
    composed = {
        *(f"{device}_{state}" for device in ("microphone", "camera") for state in ("on", "off")),
        *(f"quality_{quality}" for quality in ("connecting", "good", "weak")),
        *(f"{why}_{part}" for why in REASONS for part in ("title", "text")),
    }
    named = {name for name in TEXTS if re.search(rf'words\.{name}\b|"{name}"', scripts + page)}
    needed = set(re.findall(r'data-(?:text|label)="(\w+)"|words\.(\w+)', scripts + page))

    assert {one or other for one, other in needed} | composed <= set(TEXTS)
    assert set(TEXTS) <= named | composed


@pytest.mark.parametrize("name", TEXTS)
def test_both_written_forms_have_the_same_places(name: str) -> None:
    assert set(TEXTS[name]) == {"nb", "nn"}
    bokmaal, nynorsk = (re.findall(r"{\w+}", TEXTS[name][form]) for form in ("nb", "nn"))
    assert bokmaal == nynorsk

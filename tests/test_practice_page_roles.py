"""The page for everybody: a typed PIN, guests, slides both ways, the keyboard, screen readers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from agent.meeting.practice.server import PracticeRoom
from tests.far_end import until
from tests.practice_guest import ALIAS, HOST_PIN, seated
from tests.test_practice_page import join, page, words

pytest_plugins = ("tests.browser",)
__all__ = ["page"]

GUEST_PIN = "135790"
SHARED = """
navigator.mediaDevices.getDisplayMedia = async () => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    context.fillStyle = "COLOUR";
    context.fillRect(0, 0, 300, 150);
    context.fillStyle = "white";
    context.fillRect(turn++ % 300, 0, 2, 4);
  }, 50);
  return canvas.captureStream(20);
};
"""
MEAN = """() => {
  const canvas = new OffscreenCanvas(8, 8).getContext("2d");
  canvas.drawImage(document.getElementById("slides"), 0, 0, 8, 8);
  const pixels = canvas.getImageData(2, 2, 4, 4).data;
  return [0, 1, 2].map((at) => pixels.filter((_, n) => n % 4 === at).reduce((a, b) => a + b) / 16);
}"""
NAMELESS = """() => [
    ...document.querySelectorAll("button, input, video, meter, main, nav, section")
  ]
  .filter((node) => node.offsetParent)
  .filter((node) => {
    const labels = [...(node.labels ?? [])].map((label) => label.textContent).join("");
    const heading = node.matches("main") ? node.querySelector("h1")?.textContent : "";
    const text = node.matches("button") ? node.textContent : "";
    return !(node.getAttribute("aria-label") || labels || heading || text).trim();
  }).map((node) => node.outerHTML.slice(0, 80))"""
FOCUSED = "() => document.activeElement.id || document.activeElement.className"


@pytest_asyncio.fixture
async def room() -> AsyncIterator[PracticeRoom]:
    async with PracticeRoom(ALIAS, HOST_PIN, GUEST_PIN, page_texts=words()) as open_room:
        yield open_room


@pytest.mark.browser
async def test_a_guest_types_the_pin_waits_and_has_no_power(page: Page, room: PracticeRoom) -> None:
    async with seated(room.url, HOST_PIN, "Vert") as host:
        await host.do("lock")
        await page.goto(room.page_url.partition("&pin")[0])
        await expect(page.locator("#pin")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#pin")).to_be_focused()
        await page.keyboard.type("0000")
        await page.keyboard.press("Enter")
        await expect(page.locator("#start-status")).to_have_text(words()["wrong_pin"])
        await expect(page.locator("#pin")).to_be_focused()
        await page.keyboard.type(GUEST_PIN)
        await page.locator("#name").fill("Fastlegen")
        await page.keyboard.press("Enter")

        await expect(page.locator("#empty")).to_have_text(words()["you_wait"], timeout=15_000)
        await until(lambda: any(one["display_name"] == "Fastlegen" for one in host.people.values()))
        guest = next(one for one in host.people.values() if one["display_name"] == "Fastlegen")
        await host.do(f"participants/{guest['uuid']}/unlock")
        await expect(page.locator("#people")).to_contain_text("Vert")
        await expect(page.locator("#lock")).to_be_hidden()
        assert await page.locator(".mute, .remove").count() == 0
        await page.get_by_role("button", name="Forlat rommet").click()
        await expect(page.locator("#over-title")).to_have_text(words()["left_title"])
        await until(lambda: len(host.people) == 1)


async def shares(page: Page, colour: str) -> None:
    await page.add_init_script(SHARED.replace("COLOUR", colour))


async def until_slides_are(page: Page, channel: int) -> None:
    await expect(page.locator("#slides")).to_be_visible()
    condition = f"() => {{ const mean = ({MEAN})(); return mean[{channel}] > 120 && "
    condition += "mean.filter((one) => one > 120).length === 1; }"
    await page.wait_for_function(condition, timeout=15_000)


@pytest.mark.browser
async def test_slides_are_shared_both_ways(
    page: Page, browser: BrowserContext, room: PracticeRoom
) -> None:
    other = await browser.new_page()
    await shares(page, "red")
    await shares(other, "blue")
    await join(page, room)
    await join(other, room)
    await expect(page.locator("#quality")).not_to_have_attribute("data-quality", "connecting")
    await expect(other.locator("#quality")).not_to_have_attribute("data-quality", "connecting")

    await page.get_by_role("button", name="Del skjermen").click()
    await until_slides_are(other, 0)
    await expect(other.locator("#presenter")).to_have_text("Sårpoliklinikken deler skjermen")
    await expect(page.locator("#slides")).to_be_hidden()  # One's own are not shown.
    await other.get_by_role("button", name="Del skjermen").click()  # It takes over.
    await until_slides_are(page, 2)
    await expect(page.locator("#share")).to_have_attribute("aria-pressed", "false")
    await other.get_by_role("button", name="Slutt å dele").click()
    await expect(page.locator("#slides")).to_be_hidden()
    await other.close()


@pytest.mark.browser
async def test_a_tablet_without_screen_sharing_has_no_such_button(
    page: Page, room: PracticeRoom
) -> None:
    await page.add_init_script("delete MediaDevices.prototype.getDisplayMedia")
    await join(page, room)

    await expect(page.locator("#share")).to_be_hidden()


@pytest.mark.browser
async def test_all_of_it_by_keyboard_and_everything_has_a_name(
    page: Page, room: PracticeRoom
) -> None:
    await join(page, room)
    async with seated(room.url, HOST_PIN, "Kollega") as other:
        await other.do("lock")
        async with seated(room.url, GUEST_PIN, "Hodekamera") as camera:
            await expect(page.locator(".admit")).to_be_visible()
            assert await page.evaluate(NAMELESS) == []
            reached = await tab_until(page, "admit")
            assert "admit" in reached[-1]
            await page.keyboard.press("Enter")
            await until(lambda: camera.waits() is False)
            reached = await tab_until(page, "end")
            assert {"microphone", "camera", "share", "lock"} <= set(reached)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("dialog")).to_be_visible()
            await expect(page.get_by_role("button", name="Avbryt")).to_be_focused()
            await page.keyboard.press("Escape")
            await expect(page.locator("#end")).to_be_focused()


async def tab_until(page: Page, wanted: str) -> list[str]:
    """Press Tab until something is focused; what was passed on the way."""
    passed: list[str] = []
    for _ in range(25):
        await page.keyboard.press("Tab")
        passed.append(await page.evaluate(FOCUSED))
        if wanted in passed[-1].split():
            break
    return passed

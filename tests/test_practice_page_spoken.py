"""The clinic's page as a screen reader gets it (the accessibility tree), by keyboard only."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from agent.meeting.practice.server import PracticeRoom
from tests.far_end import until
from tests.practice_guest import ALIAS, HOST_PIN, seated
from tests.test_practice_page import page, words
from tests.test_practice_page_roles import tab_until

pytest_plugins = ("tests.browser",)
__all__ = ["page"]

CONTROLS = {
    "button",
    "link",
    "textbox",
    "checkbox",
    "radio",
    "combobox",
    "meter",
    "Video",
    "dialog",
}
LANDMARKS = {"navigation", "complementary", "region", "heading"}
"""Of no use without a name; `main` and `banner` need none."""


class Node(NamedTuple):
    """What is read out of one thing on the page."""

    role: str
    name: str
    pressed: str
    live: str


@pytest_asyncio.fixture
async def room() -> AsyncIterator[PracticeRoom]:
    async with PracticeRoom(ALIAS, HOST_PIN, page_texts=words(), locked=True) as open_room:
        yield open_room


async def tree(page: Page) -> list[Node]:
    """All that a screen reader is told, in no order."""
    session = await page.context.new_cdp_session(page)
    told = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    return [_node(node) for node in told["nodes"] if not node.get("ignored")]


def _node(node: dict[str, Any]) -> Node:
    properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    return Node(
        role=node.get("role", {}).get("value", ""),
        name=str(node.get("name", {}).get("value", "")).strip(),
        pressed=str(properties.get("pressed", "")),
        live=str(properties.get("live", "")),
    )


def controls(nodes: list[Node]) -> set[tuple[str, str]]:
    return {(node.role, node.name) for node in nodes if node.role in CONTROLS}


def nameless(nodes: list[Node]) -> list[Node]:
    return [node for node in nodes if node.role in CONTROLS | LANDMARKS and not node.name]


@pytest.mark.browser
async def test_join_admit_lock_and_end_by_keyboard_and_by_ear(
    page: Page, room: PracticeRoom
) -> None:
    texts = words()
    await page.goto(room.page_url)
    await expect(page.locator("#join")).to_be_focused()
    nodes = await tree(page)
    assert controls(nodes) == {("button", texts["join"])}
    assert ("heading", texts["start_title"]) in [(node.role, node.name) for node in nodes]
    assert not nameless(nodes)

    await page.keyboard.press("Enter")
    await expect(page.locator("#meeting")).to_be_visible(timeout=15_000)
    async with seated(room.url, name="Hodekamera") as camera:
        await expect(page.locator("#live")).to_contain_text("Hodekamera venter")
        # Chromium calls a video without a picture unplayable, whatever we call it.
        await expect(page.locator("#quality")).to_have_attribute("data-quality", "good")
        nodes = await tree(page)
        assert controls(nodes) == {
            ("button", f"{texts['admit']}: Hodekamera"),
            ("button", f"{texts['decline']}: Hodekamera"),
            ("Video", texts["remote_video"]),
            ("meter", texts["level"]),
            ("Video", texts["own_video"]),
            ("button", texts["microphone_on"]),
            ("button", texts["camera_on"]),
            ("button", texts["share"]),
            ("button", texts["unlock"]),
            ("button", texts["end"]),
        }
        assert not nameless(nodes)
        assert "polite" in {node.live for node in nodes}
        marks = {node.name for node in nodes if node.role in {"region", "complementary"}}
        assert {texts["waiting_title"], texts["stage_title"], texts["people_title"]} <= marks

        await tab_until(page, "admit")
        await page.keyboard.press("Enter")
        await until(lambda: camera.waits() is False)
        await expect(page.locator("#live")).to_contain_text("Hodekamera er i rommet")
        named = controls(await tree(page))
        assert ("button", f"{texts['mute']}: Hodekamera") in named
        assert ("button", f"{texts['remove']}: Hodekamera") in named

        await tab_until(page, "microphone")
        await page.keyboard.press("Space")
        pressed = {node.name: node.pressed for node in await tree(page) if node.role == "button"}
        assert pressed[texts["microphone_off"]] == "false"
        assert pressed[texts["camera_on"]] == "true"

        await tab_until(page, "lock")
        await page.keyboard.press("Space")
        await until(lambda: camera.room["locked"] is False)
        await expect(page.locator("#lock")).to_contain_text(texts["lock"])
        await page.keyboard.press("Space")
        await until(lambda: camera.room["locked"] is True)
        await expect(page.locator("#lock-state")).to_have_text(texts["locked"])

        await tab_until(page, "end")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog", name=texts["end_question"])).to_be_visible()
        in_dialog = controls(await tree(page))
        assert ("button", texts["cancel"]) in in_dialog
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await until(lambda: bool(camera.told("disconnect")))

    await expect(page.locator("#again")).to_be_focused()
    assert controls(await tree(page)) == {("button", texts["join_again"])}

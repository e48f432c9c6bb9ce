"""The status page in a real Chromium: the room in words, and the slides that somebody shows."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from playwright.async_api import BrowserContext, expect

from agent.messages import Command, Heard, Joined, Participant, RoomChanged, RoomState
from agent.session import Rules, Session, step
from agent.status.server import StatusServer
from agent.status.snapshot import Wording, snapshot

pytest_plugins = ("tests.browser",)

FILE = Path(__file__).parents[1] / "config/pages/status.yaml"
WORDS = {name: forms["nn"] for name, forms in yaml.safe_load(FILE.read_text("utf-8")).items()}
WORDING = Wording(
    "nn", WORDS, lambda sentence: sentence.nn, {one: one.value for one in Command}, {}
)
WIDTH = "() => document.getElementById('slides-picture').naturalWidth"


async def typed(text: str) -> dict[str, object]:
    return {"known": False, "said": [text]}


@pytest.mark.browser
async def test_the_room_is_shown_in_words_and_the_slides_as_a_picture(
    browser: BrowserContext,
) -> None:
    session, _ = step(Session(Rules(checklists={})), Heard(Command.START_VIDEO))
    clinic = Participant("1", "Poliklinikken", is_host=True, presents=True)
    ours = Participant("2", "Hovudkamera", is_self=True, muted_by_host=True)
    room = RoomState(locked=True, recording=True, streaming=False, participants=(clinic, ours))
    session, _ = step(session, Joined(room))
    state = {"session": session, "slides": 1}
    _, coded = cv2.imencode(".jpg", np.full((90, 160, 3), 200, np.uint8))
    server = StatusServer(
        0,
        lambda: snapshot(state["session"], WORDING, [], [], slides=state["slides"]),  # type: ignore[arg-type]
        typed,
        coded.tobytes,
    )
    async with server.serve():
        page = await browser.new_page()
        wrong: list[str] = []
        page.on("console", lambda line: wrong.append(line.text) if "Policy" in line.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(server.url)

        await expect(page.locator("#state")).to_contain_text("Opptak" + "møtet blir teke opp")
        await expect(page.locator("#state .alert")).to_contain_text("møtet blir teke opp")
        await expect(page.locator("#people")).to_contain_text(
            "Poliklinikken (vert, deler skjermen)"
        )
        await expect(page.locator("#people")).to_contain_text("(dette kameraet, dempa av verten)")
        await expect(page.locator("#slides-by")).to_have_text("Poliklinikken")
        await expect(page.get_by_role("img", name=WORDS["slides_picture"])).to_be_visible()
        await page.wait_for_function(WIDTH)
        assert await page.evaluate(WIDTH) == 160

        state["session"], _ = step(session, RoomChanged(RoomState(locked=False)))
        state["slides"] = 0
        server.changed()
        await expect(page.locator("#state .alert")).to_contain_text(WORDS["room_open"])
        await expect(page.locator("#slides")).to_be_hidden()
        assert not wrong
        await page.close()

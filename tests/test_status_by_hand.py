"""What can be done by hand on the status page, in a real Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from agent.config.content import load_content, rules
from agent.config.settings import Settings
from agent.messages import Command, Heard
from agent.reporting import Reporting
from agent.session import Session, step, valid_commands
from agent.status.server import StatusServer
from agent.status.snapshot import Wording, snapshot
from agent.voice.commands import Grammar

pytest_plugins = ("tests.browser",)
pytestmark = pytest.mark.browser

CONFIG = Path(__file__).parent.parent / "config"


class Desk:
    """The status page with a session behind it, and nothing else of the agent."""

    def __init__(self, settings: Settings) -> None:
        self.content = load_content(CONFIG, settings)
        self.session = Session(rules(settings, self.content))
        self.reporting = Reporting(settings, self.content, lambda: self.session)
        texts, words = self.content.texts, self.content.pages["status"]
        self.wording = Wording(settings.language, words, texts.in_form, self.content.shown, {})
        self.server = StatusServer(0, self.snapshot, self.typed, report=self.reporting.file)

    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.session, self.wording, [], [], report=self.reporting.shown())

    async def typed(self, text: str) -> dict[str, Any]:
        grammar = Grammar(self.content.commands, valid_commands(self.session))
        command = grammar.command_for_text(text)
        assert command is not None, text
        self.session, _ = step(self.session, Heard(command))
        self.server.changed()
        return {"known": True, "said": []}


@asynccontextmanager
async def at_desk(browser: BrowserContext, **settings: Any) -> AsyncIterator[tuple[Desk, Page]]:
    desk = Desk(Settings.model_validate(settings))
    async with desk.server.serve():
        page = await browser.new_page()
        wrong: list[str] = []
        page.on("console", lambda line: wrong.append(line.text) if "Policy" in line.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(desk.server.url)
        yield desk, page
        assert not wrong
        await page.close()


@pytest.mark.parametrize("language", ["nb", "nn"])
async def test_a_report_is_made_and_read_before_it_is_saved(
    browser: BrowserContext, language: str
) -> None:
    async with at_desk(browser, language=language) as (desk, page):
        shown, words = desk.content.shown, desk.content.pages["report"]
        await page.get_by_role("button", name="lag feilmelding").click()
        await expect(page.locator("#report-choices button")).to_have_count(9)
        await page.get_by_role("button", name=shown[Command.SYMPTOM_ECHO]).click()
        await page.get_by_role("button", name=shown[Command.EFFECT_POSTPONED]).click()

        report = page.locator("#report")
        await expect(report).to_contain_text(words["no_patients"])
        await expect(report.locator("[aria-current]")).to_contain_text(words["to_superuser"])
        async with page.expect_download() as download:
            await report.get_by_role("link", name=words["pdf"]).click()
        saved = await (await download.value).path()
        assert saved.read_bytes().startswith(b"%PDF-")

"""The status page with a session behind it and nothing else of the agent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

from agent.checklist.handoff import addresses
from agent.config.content import load_content, rules
from agent.config.settings import Settings
from agent.messages import Heard
from agent.reporting import Reporting
from agent.session import Session, step, valid_commands
from agent.status.server import StatusServer
from agent.status.snapshot import Wording, snapshot
from agent.voice.commands import Grammar

CONFIG = Path(__file__).parent.parent / "config"


class Desk:
    """One nurse at it."""

    def __init__(self, settings: Settings) -> None:
        self.content = load_content(CONFIG, settings)
        self.session = Session(rules(settings, self.content))
        self.reporting = Reporting(settings, self.content, lambda: self.session)
        texts, words = self.content.texts, self.content.pages["status"]
        self.wording = Wording(settings.language, words, texts.in_form, self.content.shown, {})
        self.server = StatusServer(
            *(0, self.snapshot, self.typed),
            report=self.reporting.file,
            links=addresses(self.content.checklists),
        )

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

"""What can be done by hand on the status page, in a real Chromium."""

import pytest
from playwright.async_api import BrowserContext, expect

from agent.messages import Command
from tests.desk import at_desk

pytest_plugins = ("tests.browser",)
pytestmark = pytest.mark.browser


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

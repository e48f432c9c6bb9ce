"""A real headless Chromium for the tests: one process per session, one clean context per test.

Use it with `pytest_plugins = ("tests.browser",)` and the fixture `browser`.
"""

import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, async_playwright

START_LIMIT_S = 30.0
SWITCHES = (
    "--headless",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--allow-loopback-in-peer-connection",  # The machine may have no network at all.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="session")
def chromium_address(chromium: str) -> Iterator[str]:
    """Where a running Chromium takes orders."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromium, *SWITCHES, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _address(process, Path(profile))
        finally:
            process.terminate()
            process.wait(10)


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    told = profile / "DevToolsActivePort"
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        lines = told.read_text().splitlines() if told.exists() else []
        if len(lines) == 2:
            return f"http://127.0.0.1:{lines[0]}"
        time.sleep(0.05)
    pytest.fail("Chromium did not start")


@pytest_asyncio.fixture
async def browser(chromium_address: str) -> AsyncIterator[BrowserContext]:
    """A browser window's worth of Chromium, 1280 x 800, with a camera and a microphone."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.connect_over_cdp(chromium_address)
        context = await chromium.new_context(
            viewport={"width": 1280, "height": 800}, permissions=["camera", "microphone"]
        )
        try:
            yield context
        finally:
            await context.close()
            await chromium.close()

"""Makes the README's pictures from a real demonstration: the clinic's page and the terminal.

    .venv/bin/python scripts/make_pictures.py

Needs the development dependencies and a Chromium (CHROMIUM or on the path). Takes two minutes.
"""

import asyncio
import html
import os
import re
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
LIMIT_S = 180.0
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
TERMINAL = """<body style="margin:0;background:#14212a;color:#e6edf0"><pre id="terminal" style="
display:inline-block;margin:0;padding:22px 28px;font:15px/1.5 'DejaVu Sans Mono',monospace">
{}</pre></body>"""


class Demonstration:
    """`hodekamera demo`, and what it has written so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def until(self, pattern: str) -> re.Match[str]:
        """Read on until a line matches."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.lines.append(line.decode("utf-8").rstrip())
            if match := re.search(pattern, self.lines[-1]):
                return match
        raise RuntimeError(f"the demonstration ended before it wrote {pattern}")


async def main() -> None:
    """Run the demonstration and take the pictures."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "demo", "--no-browser"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    demo = Demonstration(process)
    try:
        async with asyncio.timeout(LIMIT_S), async_playwright() as playwright:
            path = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=path, args=SWITCHES)
            await _clinic(browser, demo)
            await demo.until("HK-|skriving")
            await _terminal(browser, demo)
            await browser.close()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _clinic(browser: Browser, demo: Demonstration) -> None:
    link = await demo.until(r"http://\S+#\S+")
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(link[0])
    await page.click("#join")
    status = await demo.until(r"http://127\.0\.0\.1:\d+$")
    screen = await browser.new_page(viewport={"width": 1280, "height": 800})
    await screen.goto(status[0])
    await demo.until("ventesonen")
    await page.click("#waiting li button")
    await demo.until("2/7")
    await _save(page, "clinic.png")
    await _save(screen, "status.png")
    await page.close()
    await screen.close()


async def _terminal(browser: Browser, demo: Demonstration) -> None:
    page = await browser.new_page(viewport={"width": 1100, "height": 800})
    # The PIN of the practice room is no secret, but a picture of one is a bad example.
    lines = [re.sub(r"pin=\d+", "pin=…", line) for line in demo.lines]
    await page.set_content(TERMINAL.format(html.escape("\n".join(lines))))
    await page.locator("#terminal").screenshot(path=PICTURES / "terminal.png")


async def _save(page: Page, name: str) -> None:
    await page.wait_for_timeout(500)
    await page.screenshot(path=PICTURES / name)


if __name__ == "__main__":
    asyncio.run(main())

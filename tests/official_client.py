"""Pexip's own client, unmodified, in headless Chromium and in Node. See `tests/conformance`.

`./test` fetches it into `.venv/conformance` (scripts/conformance.py).
"""

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from conformance import node
from playwright.async_api import BrowserContext, Page

SOURCES = Path(__file__).parent / "conformance"
BUNDLE_LIMIT_S = 60.0
LIMIT_S = 45.0
"""For something to happen: seconds."""

POLL_MS = 150
"""How often the page looks whether it has: a picture is read back each time."""

CLEAR = 80
"""Between a colour that is there and one that is not, of 255. A browser's «green» is 128; encoded
with H.264 and decoded again twice it came back as 109, with VP8 as more."""


def bundled(folder: Path, source: str, *options: str) -> str:
    """A program of ours with the client in it, as one text."""
    command = [node(folder), folder / "node_modules/esbuild/bin/esbuild", SOURCES / source]
    done = subprocess.run(
        [*map(str, command), "--bundle", "--format=esm", "--log-level=warning", *options],
        env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        check=True,
        timeout=BUNDLE_LIMIT_S,
        encoding="utf-8",
    )
    return done.stdout


class Official:
    """A page of its own with the official client in it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    @asynccontextmanager
    async def open(cls, browser: BrowserContext, address: str, program: str) -> AsyncIterator[Self]:
        """Served, as far as the browser can tell, by the server at `address`."""
        page = await browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        html = '<!doctype html><script type="module" src="visit.js"></script>'
        for name, kind, body in (
            ("official.html", "text/html", html),
            ("visit.js", "text/javascript", program),
        ):
            await _serve(page, f"{address}/{name}", kind, body)
        await page.goto(f"{address}/official.html")
        await page.wait_for_function("window.Visit !== undefined")
        await page.evaluate("() => { window.visit = new Visit() }")
        try:
            yield cls(page)
        finally:
            await page.close()
        assert not wrong, wrong

    async def join(
        self, room: str, pin: str | None, name: str, colour: str = "red", hertz: int = 440
    ) -> int | None:
        """Ask for a seat, and call when there is one; the HTTP status."""
        asked = "([...given]) => visit.join(...given)"
        status: int | None = await self.page.evaluate(asked, [room, pin or "", name, colour, hertz])
        return status

    async def do(self, script: str) -> Any:
        """Run something; `visit` and `client` are there."""
        return await self.page.evaluate(
            f"async () => {{ const client = visit.client; return {script}; }}"
        )

    async def told(self, signal: str) -> list[Any]:
        """What has come with a signal so far."""
        given: list[Any] = await self.page.evaluate("(name) => visit.told(name)", signal)
        return given

    async def people(self) -> dict[str, dict[str, Any]]:
        """Display name -> participant."""
        known: dict[str, dict[str, Any]] = await self.page.evaluate("() => visit.people()")
        return known

    async def until(self, script: str, limit: float = LIMIT_S) -> None:
        """Until this is true; what is said when it never is."""
        whole = f"() => {{ const client = visit.client; return {script}; }}"
        try:
            await self.page.wait_for_function(whole, timeout=limit * 1000, polling=POLL_MS)
        except Exception as error:
            said = await self.page.evaluate("() => [visit.said.map(([n]) => n), visit.logged]")
            raise AssertionError(f"{script}: {said}") from error

    async def sees(self, colour: str, where: str = "main", limit: float = LIMIT_S) -> None:
        """Until the picture is of this colour: `red`, `green` or `blue`."""
        at = ("red", "green", "blue").index(colour)
        only = f"(one, n) => n === {at} ? one > {CLEAR} : one < {CLEAR}"
        await self.until(f"visit.picture('{where}')?.colour.every({only})", limit)

    async def hears(self, loud: bool = True) -> None:
        """Until there is sound, or none."""
        await self.until("visit.level() > 0.02" if loud else "visit.level() < 0.002")


async def _serve(page: Page, address: str, kind: str, body: str) -> None:
    await page.route(address, lambda route: route.fulfill(content_type=kind, body=body))

"""The status page and the door for typed commands, on loopback only.

Besides naming a loopback host, a command must carry a header that a foreign page cannot send
without asking first (against cross-site requests).
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from agent.loopback import listen, loopback_only
from agent.status.code import qr_code

COMMAND_HEADER = "X-Hodekamera"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
PAGE = Path(__file__).parent / "page"
LONGEST_COMMAND = 200
"""Characters of a typed command."""
WAIT_S = 5.0
"""Seconds between two signs of life to an idle page."""


@dataclass(frozen=True, slots=True)
class File:
    """Something that can be taken along from the page, made when it is asked for."""

    body: bytes
    kind: str
    """The MIME type."""


Snapshot = Callable[[], dict[str, Any]]
Typed = Callable[[str], Awaitable[dict[str, Any]]]


class StatusServer:
    """Serves the page, streams snapshots to it, and takes typed commands."""

    def __init__(
        self,
        port: int,
        snapshot: Snapshot,
        typed: Typed,
        slides: Callable[[], bytes | None] = lambda: None,
        report: Callable[[str], Awaitable[File | None]] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> None:
        """port: 1–65535, or 0 for any free one; see `url` afterwards.

        slides: the newest picture of somebody's slides (JPEG); report: the report of a fault as a
        file of this kind (`pdf`, `eml`, `txt`), if there is one; links: the addresses that have a
        QR code, by the code's name.
        """
        self._port = port
        self._slides = slides
        self._report = report
        self._links = links or {}
        self._snapshot = snapshot
        self._typed = typed
        self._changed = asyncio.Event()
        self._closing = False
        self.url = ""

    def changed(self) -> None:
        """Something that the page shows is different now: wake every stream once."""
        self._changed.set()
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen while the context is open. Raises PartError(PORT_IN_USE)."""
        app = web.Application(middlewares=[loopback_only(HEADERS)])
        app.router.add_get("/", self._page)
        app.router.add_get("/events", self._events)
        app.router.add_get("/slides.jpg", self._picture)
        app.router.add_get("/report/{kind}", self._file)
        app.router.add_get("/qr/{name}.svg", self._code)
        app.router.add_post("/command", self._command)
        app.router.add_static("/", PAGE)
        # No access log: a typed command is not written down.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            self.url = await listen(runner, self._port)
            yield
        finally:
            self._closing = True
            self.changed()
            await runner.cleanup()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        slides = self._slides()
        if slides is None:
            raise web.HTTPNotFound
        return web.Response(body=slides, content_type="image/jpeg")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        file = await self._report(kind) if self._report else None
        if file is None:
            raise web.HTTPNotFound
        name = f'attachment; filename="feilmelding.{kind}"'
        headers = {"Content-Disposition": name}
        charset = "utf-8" if file.kind == "text/plain" else None
        return web.Response(
            body=file.body, content_type=file.kind, charset=charset, headers=headers
        )

    async def _code(self, request: web.Request) -> web.StreamResponse:
        address = self._links.get(request.match_info["name"])
        if address is None:
            raise web.HTTPNotFound
        return web.Response(body=qr_code(address), content_type="image/svg+xml")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            while not self._closing:
                data = json.dumps(self._snapshot(), ensure_ascii=False)
                await response.write(f"data: {data}\n\n".encode())
                await self._wait()
        return response

    async def _wait(self) -> None:
        """Until something changes, at most `WAIT_S`: a page that is gone is then noticed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                await self._changed.wait()

    async def _command(self, request: web.Request) -> web.Response:
        if COMMAND_HEADER not in request.headers:
            raise web.HTTPForbidden
        body = await request.content.read(4 * LONGEST_COMMAND + 1)
        text = body.decode("utf-8", errors="replace")[:LONGEST_COMMAND]
        return web.json_response(await self._typed(text))

"""The practice room («øvingsrom»): a closed meeting room of our own, on loopback unless told else.

Any web page that somebody opens may try to reach a loopback port. So a request must name a
loopback host (against DNS rebinding), and nothing is done without a PIN or token in a header,
which a foreign page cannot send (against cross-site requests).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from aiohttp import web

from agent.loopback import listen, loopback_only
from agent.meeting.practice import lan
from agent.meeting.practice import room as rules
from agent.meeting.practice.api import Api
from agent.meeting.practice.door import Door
from agent.meeting.practice.house import CLOSED, House
from agent.tasks import task_group

PAGE = Path(__file__).parent / "page"
TOKEN_LIFE_S = 120.0
LARGEST_REQUEST = 256 * 1024
"""Bytes; a browser's session description is about 8 KiB."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class PracticeRoom:
    """One room with a host PIN, its Pexip client API, its media and the clinic's web page.

    Used as `async with PracticeRoom(...) as room`; inside, `url` is what an invitation's server
    is, and `page_url` the link for the clinician, who is host by it.
    """

    def __init__(
        self,
        alias: str,
        host_pin: str,
        guest_pin: str | None = None,
        port: int = 0,
        page_texts: Mapping[str, str] | None = None,
        *,
        locked: bool = False,
        token_life: float = TOKEN_LIFE_S,
        recorded_style: bool = False,
        lan_address: str | None = None,
    ) -> None:
        """guest_pin: None when guests need none.

        port: 1-65535, or 0 for any free one.
        page_texts: the words of `config/pages/practice.yaml` in one written form.
        locked: the room begins locked, so that every guest waits until a host lets it in.
        token_life: seconds; short ones are for tests.
        recorded_style: answer calls in the shape that real nodes have been recorded to give.
        lan_address: an address of this machine (`lan.addresses`): HTTPS there as well. The page's
            link then leads there and holds no PIN: it is typed in.
        """
        self.url = ""
        """Base address, such as `http://127.0.0.1:8080`."""
        self.page_url = ""
        """The clinician's page. The PIN stands behind `#`, which browsers do not send."""
        self._alias = alias
        self.host_pin = host_pin
        self._guest_pin = guest_pin
        self._port = port
        self._page_texts = dict(page_texts or {})
        self._locked = locked
        self._token_life = token_life
        self._recorded_style = recorded_style
        self._lan_address = lan_address
        self.fingerprint = ""
        """Of the certificate, when the room is open to a network."""
        self._running = self._run()

    async def __aenter__(self) -> Self:
        """Open the room. Raises PartError(PORT_IN_USE)."""
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Tell everybody that it is over, and end all of it within 3 s."""
        return await self._running.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[None]:
        async with task_group() as group:
            house = House(
                group,
                Door(self.host_pin, self._guest_pin),
                rules.empty(self._locked),
                self._token_life,
                self._recorded_style,
            )
            clock = group.create_task(house.keep_time())
            # No access log: browsers may send tokens in addresses.
            runner = web.AppRunner(self._app(house), access_log=None, shutdown_timeout=1.0)
            try:
                await runner.setup()
                self.url = await listen(runner, self._port)
                self.page_url = await self._link(runner)
                yield
            finally:
                # The streams first: the server would wait for them.
                house.end(CLOSED)
                clock.cancel()
                await runner.cleanup()
                house.calls.hang_up_all()  # Also what was being placed all the while.

    async def _link(self, runner: web.AppRunner) -> str:
        """The clinician's page; opens the room to the network if it is to be."""
        room = {"room": self._alias}
        if self._lan_address is None:
            return f"{self.url}/#{urlencode(room | {'pin': self.host_pin})}"
        identity = lan.new_identity([self._lan_address])
        self.fingerprint = identity.fingerprint
        outside = await lan.listen(runner, self._lan_address, self._port, identity)
        return f"{outside}/#{urlencode(room)}"

    def _app(self, house: House) -> web.Application:
        also = () if self._lan_address is None else (self._lan_address,)
        only = loopback_only(HEADERS, also)
        app = web.Application(middlewares=[only], client_max_size=LARGEST_REQUEST)
        app.router.add_routes(Api(house, self._alias).routes())
        app.router.add_get("/", self._index)
        app.router.add_get("/texts", self._texts)
        app.router.add_static("/page/", PAGE)
        return app

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _texts(self, request: web.Request) -> web.Response:
        return web.json_response(self._page_texts)

"""A WHIP server for tests, written from RFC 9725: it takes nothing that the RFC does not allow."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.far_end import FarEnd

SDP = "application/sdp"
TURN = (
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; '
    'username="user"; credential="secret"; credential-type="password"'
)


@dataclass
class StrictWhip:
    """One endpoint, `/ingest/room`. Set what it is to do; read what it saw."""

    token: str | None = None
    planned: list[web.Response] = field(default_factory=list)
    """Answers to the first offers, before the real thing."""
    links: tuple[str, ...] = ()

    address: str = ""
    violations: list[str] = field(default_factory=list)
    sessions: dict[str, FarEnd] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path."""

    def newest(self) -> FarEnd:
        """The newest session's media."""
        return list(self.sessions.values())[-1]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        match request.method, request.path.strip("/").split("/"):
            case "OPTIONS", ["ingest", "room"]:
                return web.Response(headers={"Accept-Post": SDP})
            case "POST", ["ingest", "room"]:
                return self._unauthorised(request) or await self._make(request)
            case "DELETE", ["session", identity] if identity in self.sessions:
                return self._unauthorised(request) or await self._end(identity)
            case "PATCH", ["session", identity] if identity in self.sessions:
                return web.Response(status=501)  # Neither trickling nor ICE restarts.
            case _, ["ingest", "room"]:
                return self._violation(405, f"{request.method} is not for {request.path}")
            case method, ["session", _] if method not in ("DELETE", "PATCH"):
                return self._violation(405, f"{request.method} is not for {request.path}")
        return web.Response(status=404)

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization")
        if given == (f"Bearer {self.token}" if self.token else None):
            return None
        return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})

    async def _make(self, request: web.Request) -> web.Response:
        if request.content_type != SDP:
            return self._violation(415, f"an offer as {request.content_type}")
        offer = await request.text()
        if wrong := faults_of(offer):
            return self._violation(406, *wrong)
        if self.planned:
            plan = self.planned.pop(0)
            return web.Response(status=plan.status, headers=plan.headers, body=plan.body)
        identity = f"s{len(self.sessions) + 1}"
        far = self.sessions[identity] = FarEnd(sends=False)
        answer = (await far.answer(offer)).replace(
            "a=rtcp-mux\r\n", "a=rtcp-mux\r\na=rtcp-mux-only\r\n"
        )
        headers = web.Response().headers
        headers.extend([("Location", f"/session/{identity}"), ("ETag", '"1"')])
        headers.extend([("Link", link) for link in self.links])
        return web.Response(status=201, text=answer, content_type=SDP, headers=headers)

    async def _end(self, identity: str) -> web.Response:
        self.ended.append(identity)
        await self.sessions[identity].close()
        return web.Response()

    def _violation(self, status: int, *what: str) -> web.Response:
        self.violations += what
        return web.Response(status=status)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["StrictWhip"]:
        """Listen on loopback."""
        app = web.Application(client_max_size=100_000)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            for far in self.sessions.values():
                await far.close()
            await runner.cleanup()


def faults_of(offer: str) -> list[str]:
    """What the RFC forbids in this offer, or misses in it."""
    head, *sections = re.split(r"^(?=m=)", offer, flags=re.MULTILINE)
    mids = re.findall(r"^a=mid:(\S+)", offer, re.MULTILINE)
    bundle = re.search(r"^a=group:BUNDLE (.*?)\s*$", head, re.MULTILINE)
    wrong = []
    if not sections:
        wrong.append("no streams")
    if bundle is None or bundle[1].split() != mids or len(mids) != len(sections):
        wrong.append("not all streams are in one bundle")
    streams = set()
    kinds = []
    for section in sections:
        kinds.append(section[2:].split(" ")[0])
        needed = {
            "sendonly": r"^a=(sendonly|sendrecv)\s*$",
            "rtcp-mux": r"^a=rtcp-mux\s*$",
            "rtcp-mux-only": r"^a=rtcp-mux-only\s*$",
            "setup": r"^a=setup:(actpass|active)\s*$",
            "ufrag": r"^a=ice-ufrag:\S{4,}",
            "password": r"^a=ice-pwd:\S{22,}",
            "fingerprint": r"^a=fingerprint:sha-256 ",
        }
        wrong += [
            f"{name} is missing in {kinds[-1]}"
            for name, pattern in needed.items()
            if not re.search(pattern, section, re.MULTILINE)
        ]
        streams |= set(re.findall(r"^a=msid:(\S+)", section, re.MULTILINE)) or {""}
    if len(streams) != 1 or "" in streams:
        wrong.append("not one stream of media")
    if len(set(kinds)) != len(kinds):
        wrong.append("two tracks of a kind")
    return wrong

"""A small Pexip node for the client's tests: one room, our participant, real media, many faults.

Written from the protocol, independent of the practice room, and shaped as recorded nodes answer.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

from aiohttp import web

from tests.far_end import FarEnd

US = "11111111-aaaa-4bbb-8ccc-000000000001"
HOST = {
    "uuid": "22222222-aaaa-4bbb-8ccc-000000000002",
    "display_name": "Kari Vert",
    "role": "chair",
    "service_type": "conference",
    "is_muted": "NO",
}
LOBBY_TIMEOUT = "Timeout waiting for conference host to join or permit access to locked conference"
NOT_FOUND = "Neither conference nor gateway found"


@dataclass
class FakePexip:
    """The node. Set what it is to do before or during a visit; read what it saw afterwards."""

    room: str = "rom/45@x"
    pin: str | None = None
    guest_pin: bool = True
    waiting: bool = False
    life: str = "120"
    locked: bool = True
    answers: dict[str, list[web.Response]] = field(default_factory=dict)
    """Last part of a path -> what to answer to it, one after the other, before the real thing."""
    dead_calls: int = 0
    """So many calls get an answer that leads nowhere."""
    slow: dict[str, float] = field(default_factory=dict)
    """Last part of a path -> seconds to wait before answering."""

    seat: dict[str, object] = field(default_factory=dict)
    """What else stands in the answer to `request_token`."""
    turn_of_calls: object = None
    """The `turn` list in answers to `calls`."""

    healthy: bool = True

    address: str = ""
    requests: list[tuple[str, str | None, dict[str, object]]] = field(default_factory=list)
    """Path below the conference, PIN header, body."""
    calls: dict[str, FarEnd] = field(default_factory=dict)
    hung_up: list[str] = field(default_factory=list)
    token: str | None = None
    issued: int = 0
    streams: list[asyncio.Queue[tuple[str, object] | None]] = field(default_factory=list)
    opened: int = 0
    """How often the event stream was opened."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    people: list[dict[str, object]] = field(default_factory=lambda: [dict(HOST)])

    def asked(self, last: str) -> int:
        """How many requests ended in this part of a path."""
        return sum(path.split("/")[-1] == last for path, _, _ in self.requests)

    def pins(self) -> list[str]:
        return [pin for _, pin, _ in self.requests if pin is not None]

    def call(self) -> FarEnd:
        """The newest call's far end."""
        return list(self.calls.values())[-1]

    def ourselves(self) -> dict[str, object]:
        place = "waiting_room" if self.waiting else "conference"
        return {"uuid": US, "display_name": "oss", "role": "guest", "service_type": place}

    def tell(self, name: str, data: object = None) -> None:
        for stream in self.streams:
            stream.put_nowait((name, data))

    def admit(self) -> None:
        self.waiting = False
        self.tell("participant_update", self.ourselves())
        for person in self.people:
            self.tell("participant_create", person)

    def drop_streams(self) -> None:
        for stream in self.streams:
            stream.put_nowait(None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/client/v2/status":
            return result("OK") if self.healthy else web.Response(status=503, text="maintenance")
        *api, room, path = request.rel_url.raw_path.split("/", 6)
        if api != ["", "api", "client", "v2", "conferences"] or unquote(room) != self.room:
            return refusal(NOT_FOUND, 404)
        body = await request.read()
        self.requests.append((path, request.headers.get("pin"), json.loads(body or "{}")))
        await self._dawdle(self.slow.get(path.split("/")[-1], 0))
        if planned := self.answers.get(path.split("/")[-1]):
            answer = planned.pop(0)
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        if path == "request_token":
            return self._request_token(request)
        if self.token is None or request.headers.get("token") != self.token:
            return refusal("Invalid token")
        return await self._with_token(path, request)

    async def _dawdle(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.closing.wait()

    def _request_token(self, request: web.Request) -> web.Response:
        pin = request.headers.get("pin")
        if self.pin is not None and pin is None:
            needs = {"pin": "required", "guest_pin": "required" if self.guest_pin else "none"}
            return refusal({**needs, "version": {}})
        if self.pin is not None and pin != self.pin and (self.guest_pin or pin != "none"):
            return refusal("Invalid PIN")
        place = "waiting_room" if self.waiting else "conference"
        return result(
            self._new_token()
            | {"participant_uuid": US, "display_name": "oss", "role": "GUEST", "version": {}}
            | {"current_service_type": place, "service_type": "conference", "turn": []}
            | self.seat
        )

    def _new_token(self) -> dict[str, object]:
        self.issued += 1
        self.token = f"very-secret-token-{self.issued}=="
        return {"token": self.token, "expires": self.life}

    async def _with_token(self, path: str, request: web.Request) -> web.StreamResponse:
        match path.split("/"):
            case ["events"]:
                return await self._events(request)
            case ["refresh_token"]:
                return result(self._new_token())
            case ["release_token"]:
                self.token = None
                self.drop_streams()
                return result(True)
            case ["participants", uuid, "calls"] if uuid == US:
                return await self._calls(await request.json())
            case ["participants", uuid, "calls", call, "ack"] if uuid == US and call in self.calls:
                return result(True)
            case ["participants", uuid, "calls", call, "disconnect"] if uuid == US:
                self.hung_up.append(call)
                await self.calls[call].close()
                return result(None)
        return refusal("Invalid role")

    async def _calls(self, body: dict[str, str]) -> web.Response:
        assert body["call_type"] == "WEBRTC"
        call = f"call-{len(self.calls) + 1}"
        far = self.calls[call] = FarEnd()
        answer = await far.answer(body["sdp"])
        if self.dead_calls:
            self.dead_calls -= 1
            answer = ""
        return result({"call_uuid": call, "sdp": answer, "turn": self.turn_of_calls or []})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.opened += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        stream: asyncio.Queue[tuple[str, object] | None] = asyncio.Queue()
        self.streams.append(stream)
        stream.put_nowait(("participant_sync_begin", None))
        for person in [self.ourselves(), *([] if self.waiting else self.people)]:
            stream.put_nowait(("participant_create", person))
        stream.put_nowait(("participant_sync_end", None))
        stream.put_nowait(("conference_update", {"locked": self.locked, "started": True}))
        stream.put_nowait(("nobody_knows_this", {"a": [1]}))
        stream.put_nowait(("presentation_stop", None))
        while (message := await stream.get()) is not None:
            name, data = message
            await response.write(f"event: {name}\r\ndata: {json.dumps(data)}\r\n\r\n".encode())
        self.streams.remove(stream)
        return response

    @asynccontextmanager
    async def serve(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["FakePexip"]:
        """Listen on loopback; `address` is where."""
        app = web.Application(client_max_size=100_000)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        try:
            yield self
        finally:
            self.closing.set()
            self.drop_streams()
            for far in self.calls.values():
                await far.close()
            await runner.cleanup()


def result(value: object) -> web.Response:
    return web.json_response({"status": "success", "result": value})


def refusal(value: object, status: int = 403) -> web.Response:
    """As recorded: `success` although it is refused."""
    return web.json_response({"status": "success", "result": value}, status=status)

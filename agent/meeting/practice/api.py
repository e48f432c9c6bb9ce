"""The Pexip client API over HTTP, as far as a consultation needs it."""

import asyncio
import contextlib
import time
from http import HTTPStatus

from aiohttp import web

from agent.meeting.practice import house as houses
from agent.meeting.practice import room as rules
from agent.meeting.practice import wire
from agent.meeting.practice.call_api import CallApi
from agent.meeting.practice.deeds import TO_PARTICIPANTS, TO_ROOM
from agent.meeting.practice.door import Verdict
from agent.meeting.practice.house import House
from agent.meeting.practice.people import Role
from agent.meeting.practice.picture import jpeg
from agent.meeting.practice.requests import (
    INVALID_ROLE,
    Access,
    Handler,
    RefusalError,
    body,
    ok,
    refusing,
    text,
    unknown,
)

BASE = "/api/client/v2"
CONFERENCE = BASE + "/conferences/{alias}"
PARTICIPANT = CONFERENCE + "/participants/{participant}"

INVALID_PIN = "Invalid PIN"
FULL = "Participant limit reached"
NO_IMAGE = "No image available"
LONGEST_NAME = 80
WRITE_LIMIT_S = 10.0


class Api:
    """The endpoints of one room. Result types are those that the official client insists on."""

    def __init__(self, house: House, alias: str) -> None:
        self._house = house
        self._alias = alias
        self._access = Access(house, alias)
        self._calls = CallApi(house, self._access)

    def routes(self) -> list[web.RouteDef]:
        """All endpoints; every refusal comes out as JSON."""
        posts: dict[str, Handler] = {
            CONFERENCE + "/request_token": self._request_token,
            CONFERENCE + "/refresh_token": self._refresh_token,
            CONFERENCE + "/release_token": self._release_token,
            CONFERENCE + "/disconnect": self._end,
            CONFERENCE + "/{deed}": self._to_room,
            **self._calls.posts(PARTICIPANT),
            PARTICIPANT + "/disconnect": self._remove,
            PARTICIPANT + "/role": self._set_role,
            PARTICIPANT + "/take_floor": self._take_floor,
            PARTICIPANT + "/release_floor": self._release_floor,
            PARTICIPANT + "/{deed}": self._to_participant,
        }
        gets: dict[str, Handler] = {
            BASE + "/status": self._status,
            CONFERENCE + "/theme/": self._theme,
            CONFERENCE + "/conference_status": self._conference_status,
            CONFERENCE + "/participants": self._participants,
            CONFERENCE + "/events": self._events,
            CONFERENCE + "/presentation.jpeg": self._still,
            PARTICIPANT + "/avatar.jpg": self._avatar,
        }
        return [
            *(web.post(path, refusing(handler)) for path, handler in posts.items()),
            *(web.get(path, refusing(handler)) for path, handler in gets.items()),
        ]

    async def _status(self, request: web.Request) -> web.Response:
        return ok("OK")

    async def _request_token(self, request: web.Request) -> web.Response:
        name = text(await body(request), "display_name")[:LONGEST_NAME]
        role = self._role(request)
        if self._house.is_full:
            raise RefusalError(HTTPStatus.FORBIDDEN, FULL)
        program = request.headers.get("User-Agent", "")[:LONGEST_NAME]
        person, token = self._house.seat(role, name, program)
        return ok(wire.seat(person, self._alias) | wire.token(token, self._house.tokens.life))

    def _role(self, request: web.Request) -> Role:
        """What the PIN makes of somebody. Raises RefusalError."""
        if not self._access.is_room(request):
            raise unknown()
        door = self._house.door
        match door.knock(request.headers.get("pin"), self._house.now()):
            case Verdict.HOST:
                return Role.HOST
            case Verdict.GUEST:
                return Role.GUEST
            case Verdict.PIN_NEEDED:
                prompt = wire.pin_prompt(door.guest_needs_pin)
                raise RefusalError(HTTPStatus.FORBIDDEN, prompt)
            case Verdict.PIN_WRONG:
                raise RefusalError(HTTPStatus.FORBIDDEN, INVALID_PIN)
            case Verdict.HIDDEN:
                raise unknown()

    async def _refresh_token(self, request: web.Request) -> web.Response:
        caller = self._access.caller(request)
        token = wire.token(self._house.renew(caller.id), self._house.tokens.life)
        return ok(token | {"role": wire.role(caller)})

    async def _release_token(self, request: web.Request) -> web.Response:
        self._house.leave(self._access.caller(request, query=True).id)
        return ok(True)

    async def _theme(self, request: web.Request) -> web.Response:
        self._access.caller(request)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _conference_status(self, request: web.Request) -> web.Response:
        self._access.caller(request)
        return ok(wire.conference(self._house.room))

    async def _participants(self, request: web.Request) -> web.Response:
        visible = self._house.room.visible_to(self._access.caller(request))
        return ok([wire.participant(person) for person in visible.values()])

    async def _avatar(self, request: web.Request) -> web.Response:
        self._access.caller(request)
        raise RefusalError(HTTPStatus.NOT_FOUND, NO_IMAGE)

    async def _still(self, request: web.Request) -> web.Response:
        slides = self._house.calls.slides_for(self._access.caller(request, query=True).id)
        if slides is None:
            raise RefusalError(HTTPStatus.NOT_FOUND, NO_IMAGE)
        return web.Response(body=jpeg(slides), content_type="image/jpeg")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        caller = self._access.caller(request, query=True)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async with contextlib.aclosing(self._house.listen(caller.id)) as messages:
            # The reader has gone, or does not read.
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                async for message in messages:
                    async with asyncio.timeout(WRITE_LIMIT_S):
                        await response.write(message)
        return response

    async def _to_room(self, request: web.Request) -> web.Response:
        self._access.host(request)
        change = TO_ROOM.get(request.match_info["deed"])
        if change is None:
            raise unknown()
        self._house.become(change(self._house.room, self._house.now()))
        return ok(True)

    async def _end(self, request: web.Request) -> web.Response:
        self._access.host(request)
        self._house.end(houses.ENDED)
        return ok(True)

    async def _to_participant(self, request: web.Request) -> web.Response:
        deed = TO_PARTICIPANTS.get(request.match_info["deed"])
        if deed is None:
            raise unknown()
        person = self._access.participant(request, deed.by_host, deed.by_self)
        self._house.become(deed.change(self._house.room, person.id, time.time()))
        return ok(True)

    async def _set_role(self, request: web.Request) -> web.Response:
        person = self._access.participant(request, by_host=True)
        try:
            role = Role(text(await body(request), "role"))
        except ValueError:
            raise web.HTTPBadRequest from None
        self._house.become(rules.set_role(self._house.room, person.id, role, self._house.now()))
        return ok(True)

    async def _take_floor(self, request: web.Request) -> web.Response:
        person = self._access.participant(request, by_self=True)
        if person.is_waiting:
            raise RefusalError(HTTPStatus.FORBIDDEN, INVALID_ROLE)
        self._house.become(rules.take_floor(self._house.room, person.id))
        return ok(None)

    async def _release_floor(self, request: web.Request) -> web.Response:
        person = self._access.participant(request, by_self=True)
        self._house.become(rules.release_floor(self._house.room, person.id))
        return ok(None)

    async def _remove(self, request: web.Request) -> web.Response:
        person = self._access.participant(request, by_host=True, by_self=True)
        self._house.let_go({person.id: houses.REMOVED})
        return ok(None)

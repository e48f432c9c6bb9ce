"""Requests to the room: who asks, what was sent, and refusals in the protocol's form."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from agent.meeting.practice import wire
from agent.meeting.practice.house import House
from agent.meeting.practice.people import Person

UNKNOWN = "Neither conference nor gateway found"
INVALID_ROLE = "Invalid role"
INVALID_TOKEN = "Invalid token"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RefusalError(Exception):
    """An answer other than 200; its result goes to the client."""

    def __init__(self, code: HTTPStatus, result: object) -> None:
        super().__init__(code.name)
        self.code = code
        self.result = result


def refusing(handler: Handler) -> Handler:
    """The handler, with refusals as JSON."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusalError as refusal:
            answer = wire.answer(refusal.result, refusal.code)
            return web.json_response(answer, status=refusal.code)

    return handle


def ok(result: object) -> web.Response:
    """The answer to a request that was carried out."""
    return web.json_response(wire.answer(result))


def unknown() -> RefusalError:
    """There is no such room, participant, call or deed."""
    return RefusalError(HTTPStatus.NOT_FOUND, UNKNOWN)


async def body(request: web.Request) -> Mapping[str, object]:
    """The JSON object that was sent; none at all counts as an empty one."""
    sent = await request.text()
    try:
        parsed = json.loads(sent) if sent else {}
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if not isinstance(parsed, dict):
        raise web.HTTPBadRequest
    return parsed


def text(sent: Mapping[str, object], name: str) -> str:
    """A field that has to be a text; missing, it is empty."""
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise web.HTTPBadRequest
    return value


class Access:
    """Tells from a request's token who asks, and what that person may."""

    def __init__(self, house: House, alias: str) -> None:
        self._house = house
        self._alias = alias

    def is_room(self, request: web.Request) -> bool:
        """Whether the request names our room."""
        return request.match_info["alias"] == self._alias

    def caller(self, request: web.Request, query: bool = False) -> Person:
        """Who asks.

        query: the token may stand in the address as well, where browsers put it.
        """
        token = request.headers.get("token") or (request.query.get("token") if query else None)
        caller = self._house.owner(token) if token else None
        if caller is None or not self.is_room(request):
            raise RefusalError(HTTPStatus.FORBIDDEN, INVALID_TOKEN)
        return caller

    def host(self, request: web.Request) -> Person:
        """Who asks, who has to be a host."""
        caller = self.caller(request)
        if not caller.is_host:
            raise RefusalError(HTTPStatus.FORBIDDEN, INVALID_ROLE)
        return caller

    def participant(
        self, request: web.Request, by_host: bool = False, by_self: bool = False
    ) -> Person:
        """Whom it is about, if a host or that person asks, as allowed."""
        caller = self.caller(request)
        identity = request.match_info["participant"]
        is_self = identity == caller.id
        if not ((by_host and caller.is_host) or (by_self and is_self)):
            raise RefusalError(HTTPStatus.FORBIDDEN, INVALID_ROLE)
        person = self._house.room.find(identity)
        if person is None:
            raise unknown()
        return person

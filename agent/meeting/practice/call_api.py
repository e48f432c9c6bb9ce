"""The endpoints of a participant's call: placed, answered anew, trickled to, hung up."""

from aiohttp import web

from agent.meeting.practice.call import CallError
from agent.meeting.practice.house import House
from agent.meeting.practice.people import Person
from agent.meeting.practice.requests import Access, Handler, body, ok, text, unknown


class CallApi:
    """Everything below `participants/<uuid>/calls`, for oneself only."""

    def __init__(self, house: House, access: Access) -> None:
        self._house = house
        self._access = access

    def posts(self, participant: str) -> dict[str, Handler]:
        """Path -> handler; `participant` is the path that they are below."""
        call = participant + "/calls/{call}"
        return {
            participant + "/calls": self._place,
            call + "/update": self._update,
            call + "/new_candidate": self._add_candidate,
            call + "/disconnect": self._hang_up,
            call + "/ack": self._ack,
            call + "/statistics": self._statistics,
        }

    async def _place(self, request: web.Request) -> web.Response:
        owner = self._access.participant(request, by_self=True)
        offer = text(await body(request), "sdp")
        try:
            call, answer = await self._house.place_call(owner.id, offer)
        except CallError:
            raise web.HTTPBadRequest from None
        return ok({"call_uuid": call, "sdp": answer})

    async def _update(self, request: web.Request) -> web.Response:
        owner, call = self._call(request)
        offer = text(await body(request), "sdp")
        try:
            return ok(await self._house.calls.update(owner.id, call, offer))
        except CallError:
            raise web.HTTPBadRequest from None

    async def _add_candidate(self, request: web.Request) -> web.Response:
        owner, call = self._call(request)
        candidate = text(await body(request), "candidate")
        await self._house.calls.add_candidate(owner.id, call, candidate)
        return ok(None)

    async def _hang_up(self, request: web.Request) -> web.Response:
        owner, call = self._call(request)
        self._house.calls.hang_up(owner.id, call)
        self._house.set_media(owner.id)
        return ok(None)

    async def _ack(self, request: web.Request) -> web.Response:
        self._call(request)
        return ok(True)  # Media has begun with the answer.

    async def _statistics(self, request: web.Request) -> web.Response:
        self._call(request)
        return ok(None)

    def _call(self, request: web.Request) -> tuple[Person, str]:
        owner = self._access.participant(request, by_self=True)
        call = request.match_info["call"]
        if not self._house.calls.has(owner.id, call):
            raise unknown()
        return owner, call

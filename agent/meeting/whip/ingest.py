"""HTTP to one WHIP endpoint: a session made, and ended. Nothing else is ever contacted."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
from aiortc import RTCIceServer
from yarl import URL

from agent import hosts
from agent.faults import Fault, PartError
from agent.meeting.base import Invitation
from agent.meeting.failures import BUSY, failure, is_login_page
from agent.meeting.whip.links import ice_servers, takes_all

log = logging.getLogger(__name__)

CONNECT_LIMIT_S = 6.0
REQUEST_LIMIT_S = 20.0
END_LIMIT_S = 2.0
ANSWER_BYTES = 256 * 1024
REDIRECTS = 3
KIND = "application/sdp"
USER_AGENT = "Hodekamera"

_FAULTS = {
    HTTPStatus.BAD_REQUEST: Fault.MEDIA_FAILED,
    HTTPStatus.NOT_FOUND: Fault.ROOM_UNKNOWN,
    HTTPStatus.METHOD_NOT_ALLOWED: Fault.NOT_A_MEETING_SERVER,
    HTTPStatus.NOT_ACCEPTABLE: Fault.MEDIA_FAILED,
    HTTPStatus.CONFLICT: Fault.SERVER_BUSY,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Fault.NOT_A_MEETING_SERVER,
    HTTPStatus.UNPROCESSABLE_ENTITY: Fault.MEDIA_FAILED,
}
_SAME_METHOD = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the server has made for us."""

    address: URL = field(repr=False)
    answer: str = field(repr=False)
    """The server's session description."""
    servers: tuple[RTCIceServer, ...] = field(default=(), repr=False)
    """What may help the next session when the direct way fails."""


class Ingest:
    """Requests to one endpoint and to the sessions that it makes."""

    def __init__(self, session: aiohttp.ClientSession, endpoint: URL, token: str | None) -> None:
        """Use `open_ingest`."""
        self._session = session
        self._endpoint = endpoint
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def create(self, offer: str) -> Session:
        """Ask for a session. Raises PartError."""
        address = self._endpoint
        for _ in range(REDIRECTS):
            made = await self._post(address, offer)
            if isinstance(made, Session):
                return made
            address = made
        raise PartError(Fault.NOT_A_MEETING_SERVER)

    async def end(self, session: Session) -> None:
        """End a session. Raises PartError when the server cannot be told."""
        timeout = aiohttp.ClientTimeout(total=END_LIMIT_S)
        try:
            async with self._session.delete(
                session.address, headers=self._headers, allow_redirects=False, timeout=timeout
            ) as response:
                log.info("The session was ended: HTTP %d", response.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failure(error) from None

    async def options(self) -> tuple[int, bool]:
        """HTTP status, and whether the endpoint says that it takes offers. Raises PartError."""
        try:
            async with self._session.options(
                self._endpoint, allow_redirects=False, timeout=_timeout()
            ) as response:
                takes = KIND in response.headers.get("Accept-Post", "").lower()
                return response.status, takes
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failure(error) from None

    async def _post(self, address: URL, offer: str) -> Session | URL:
        """A session, or where to ask instead."""
        try:
            async with self._session.post(
                address,
                data=offer.encode(),
                headers={**self._headers, "Content-Type": KIND},
                allow_redirects=False,
                timeout=_timeout(),
            ) as response:
                if response.status in _SAME_METHOD:
                    return self._near(address, response)
                if response.status != HTTPStatus.CREATED:
                    raise PartError(self._fault(response))
                answer = await _text(response)
                if response.content_type != KIND or not takes_all(answer):
                    raise PartError(Fault.NOT_A_MEETING_SERVER)
                links = ice_servers(response.headers.getall("Link", []))
                return Session(self._near(address, response), answer, links)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failure(error) from None  # The error's text holds the address.

    def _near(self, address: URL, response: aiohttp.ClientResponse) -> URL:
        """Where `Location` leads; the token is sent there, so it has to be on the same host."""
        location = response.headers.get("Location")
        if not location:
            raise PartError(Fault.NOT_A_MEETING_SERVER)
        there = address.join(URL(location))
        if (there.scheme, there.host) != (self._endpoint.scheme, self._endpoint.host):
            raise PartError(
                Fault.HOST_NOT_ALLOWED, value=there.host or "", expected=address.host or ""
            )
        return there

    def _fault(self, response: aiohttp.ClientResponse) -> Fault:
        status = response.status
        log.warning("No session was made: HTTP %d", status)
        if status in BUSY:
            return Fault.SERVER_BUSY
        if is_login_page(status, response.content_type):
            return Fault.NETWORK_LOGIN
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return Fault.PIN_WRONG if self._headers else Fault.PIN_REQUIRED
        return _FAULTS.get(HTTPStatus(status), Fault.JOIN_REFUSED)


@asynccontextmanager
async def open_ingest(invitation: Invitation) -> AsyncIterator[Ingest]:
    """HTTP to the endpoint of an invitation; its PIN is the bearer token.

    Raises PartError(HOST_NOT_ALLOWED) for plain HTTP to anything but this machine.
    """
    endpoint = endpoint_of(invitation)
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": USER_AGENT}
    ) as session:
        yield Ingest(session, endpoint, invitation.pin)


def endpoint_of(invitation: Invitation) -> URL:
    """The endpoint's address: the server's, with the room's name behind it if there is one."""
    refused = PartError(Fault.HOST_NOT_ALLOWED, value=invitation.server, expected="https")
    try:
        base = URL(invitation.server)
    except ValueError:
        raise refused from None
    here = hosts.is_loopback(base.host or "")
    if not base.host or not (base.scheme == "https" or (base.scheme == "http" and here)):
        raise refused
    if not invitation.room:
        return base
    path = base.raw_path.rstrip("/") + "/" + quote(invitation.room, safe="")
    return base.with_path(path, encoded=True)


def _timeout() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=REQUEST_LIMIT_S, connect=CONNECT_LIMIT_S)


async def _text(response: aiohttp.ClientResponse) -> str:
    body = await response.content.read(ANSWER_BYTES + 1)
    while len(body) <= ANSWER_BYTES and (piece := await response.content.read(ANSWER_BYTES)):
        body += piece
    if len(body) > ANSWER_BYTES:
        raise PartError(Fault.NOT_A_MEETING_SERVER)
    return body.decode("utf-8", "replace")

"""HTTP to one Pexip node: one address, one token, and every failure a fault of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
from yarl import URL

from agent import hosts
from agent.faults import Fault, PartError
from agent.meeting.failures import failure
from agent.meeting.pexip.answers import Answer, read_answer, read_body

API = "/api/client/v2"

CONNECT_LIMIT_S = 6.0
"""To look up the name, connect and secure the connection."""
REQUEST_LIMIT_S = 10.0
LONG_REQUEST_LIMIT_S = 20.0
"""For `request_token` and `calls`, at which a node does its work."""
STREAM_SILENCE_LIMIT_S = 90.0
KEEP_ALIVE_S = 75.0
"""Longer than the pause between two refreshes, so that leaving need not connect anew."""
PICTURE_BYTES = 4_000_000

USER_AGENT = "Hodekamera"


@dataclass(frozen=True, slots=True)
class Health:
    """How a node is."""

    code: int
    """HTTP status; one of `BUSY` when it is under maintenance."""
    seconds: float
    """Until it had answered, the connection included."""
    tls: str = ""
    """Such as `TLSv1.3`; nothing without encryption, on this machine."""
    valid_until: str = ""
    """Of its certificate, as `ssl.cert_time_to_seconds` takes it."""


class Transport:
    """Requests below one conference's address. Nothing else is ever contacted."""

    def __init__(self, session: aiohttp.ClientSession, conference: URL) -> None:
        """Use `open_transport`."""
        self._session = session
        self._conference = conference
        self.token = ""
        """Sent along with each request; the newest one counts."""

    async def post(
        self,
        *path: str,
        body: dict[str, object] | None = None,
        pin: str | None = None,
        limit: float = REQUEST_LIMIT_S,
    ) -> Answer:
        """POST to the path of these segments.

        limit: seconds for the whole exchange.
        Raises PartError (`agent.meeting.failures`); refusals and overload are answers.
        """
        headers = {"token": self.token} if self.token else {}
        if pin is not None:
            headers["pin"] = pin
        try:
            async with self._session.post(
                self._url(path),
                json=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=limit, connect=CONNECT_LIMIT_S),
            ) as response:
                return await read_answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failure(error) from None  # The error's text holds the address.

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """The event stream, as pieces of bytes until the node ends it.

        Raises PartError like `post`, and SERVER_BUSY when the stream is not given.
        """
        timeout = aiohttp.ClientTimeout(
            total=None, connect=CONNECT_LIMIT_S, sock_read=STREAM_SILENCE_LIMIT_S
        )
        try:
            async with self._session.get(
                self._url(("events",)),
                headers={"token": self.token, "Accept": "text/event-stream"},
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                if response.status != HTTPStatus.OK:
                    raise PartError(Fault.SERVER_BUSY)
                yield response.content.iter_any()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failure(error) from None

    async def picture(self, name: str, identity: str = "") -> bytes | None:
        """A picture of the conference, of whatever format; None: there is none, or it is too large.

        identity: of one of several.
        Raises PartError like `post`.
        """
        address = self._url((name,)).with_query({"id": identity} if identity else {})
        try:
            async with self._session.get(
                address,
                headers={"token": self.token},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=REQUEST_LIMIT_S, connect=CONNECT_LIMIT_S),
            ) as response:
                if response.status != HTTPStatus.OK:
                    return None
                return await read_body(response, PICTURE_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failure(error) from None

    async def status(self) -> Health:
        """How the node is, without a token. Raises PartError like `post`."""
        begin = asyncio.get_running_loop().time()
        timeout = aiohttp.ClientTimeout(total=REQUEST_LIMIT_S, connect=CONNECT_LIMIT_S)
        address = self._conference.with_path(f"{API}/status")
        try:
            async with self._session.get(
                address, allow_redirects=False, timeout=timeout
            ) as response:
                secured = response.connection and response.connection.transport
                tls = secured.get_extra_info("ssl_object") if secured else None
                answer = await read_answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failure(error) from None
        took = asyncio.get_running_loop().time() - begin
        if tls is None:
            return Health(answer.code, took)
        return Health(answer.code, took, tls.version() or "", tls.getpeercert().get("notAfter", ""))

    def _url(self, path: tuple[str, ...]) -> URL:
        return self._conference.joinpath(*(quote(part, safe="") for part in path), encoded=True)


@asynccontextmanager
async def open_transport(server: str, room: str) -> AsyncIterator[Transport]:
    """HTTP to `room` on `server`, with certificates checked and without cookies or redirects.

    Raises PartError(HOST_NOT_ALLOWED) for plain HTTP to anything but this machine.
    """
    conference = _conference(server, room)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
    ) as session:
        yield Transport(session, conference)


def is_loopback(server: str) -> bool:
    """Whether this address is on this machine."""
    try:
        return hosts.is_loopback(URL(server).host or "")
    except ValueError:
        return False


def _conference(server: str, room: str) -> URL:
    refused = PartError(Fault.HOST_NOT_ALLOWED, value=server, expected="https")
    try:
        base = URL(server)
    except ValueError:
        raise refused from None
    safe = base.scheme == "https" or (base.scheme == "http" and is_loopback(server))
    if not safe or not base.host:
        raise refused
    path = f"{API}/conferences/" + quote(room, safe="")
    return base.origin().with_path(path, encoded=True)

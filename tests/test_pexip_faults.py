"""The Pexip client on a bad network and against a node that lies: it tells, and nothing hangs."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey

from agent.faults import Fault
from agent.meeting.failures import failure as meaning
from agent.meeting.failures import is_login_page
from agent.meeting.pexip import calling, events, joining, staying, transport
from agent.messages import Joined, RoomChanged, WaitingForHost
from tests.bad_network import BadNetwork
from tests.fake_pexip import FakePexip, result
from tests.far_end import until
from tests.visiting import failure, next_of, visiting

pytestmark = pytest.mark.live  # Its network breaks at the moment that a test means.

LIES: list[object] = [None, True, 0, -1.5, "x", "", [], [[]], [1], {}, {"token": 1}, {"sdp": []}]
LIMIT_S = 8.0
"""Longer than any of the short limits below, shorter than any of the real ones."""
LASTING, BRIEF = "60", "1"
"""Lives of a token in seconds: longer than any test, however busy the machine; and over at once."""


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in (
        (joining, "PAUSE_S", 0.01),
        (joining, "LONG_REQUEST_LIMIT_S", 0.6),
        (calling, "LONG_REQUEST_LIMIT_S", 1.0),
        (calling, "PAUSE_S", 0.01),
        (calling, "NETWORK_PAUSE_S", 0.05),
        (calling, "CONNECT_LIMIT_S", 2.0),
        (events, "LONGEST_PAUSE_S", 0.05),
        (staying, "FIRST_PAUSE_S", 0.05),
        (transport, "CONNECT_LIMIT_S", 0.5),
        (transport, "STREAM_SILENCE_LIMIT_S", 0.5),
    ):
        monkeypatch.setattr(module, name, seconds)


@dataclass
class Far:
    """A node behind a network."""

    node: FakePexip
    network: BadNetwork

    async def fault(self) -> Fault:
        """How a visit ends that gets nowhere."""
        async with visiting(self.network.address, self.node.room) as told:
            return (await failure(told, LIMIT_S)).fault


@pytest_asyncio.fixture
async def far() -> AsyncIterator[Far]:
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(FakePexip(life=LASTING).serve())
        network = await stack.enter_async_context(BadNetwork(node.address).stand())
        yield Far(node, network)


# Getting in


async def test_a_network_that_refuses(far: Far) -> None:
    far.network.refuse = True
    assert await far.fault() is Fault.SERVER_UNREACHABLE


async def test_a_network_that_passes_nothing_on(far: Far) -> None:
    far.network.still = True
    assert await far.fault() is Fault.SERVER_SILENT
    assert far.network.opened == 1  # It has been waited for once, and that is enough.


@pytest.mark.parametrize("after", [0, 10, 100, 250])
async def test_an_answer_that_is_cut_off(far: Far, after: int) -> None:
    far.network.answer_bytes = after
    assert await far.fault() is Fault.SERVER_UNREACHABLE


async def test_a_slow_network_is_waited_for(far: Far) -> None:
    far.network.delay_s = 0.15
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)


async def test_a_short_break_is_tried_over(far: Far) -> None:
    far.network.refuse = True
    async with visiting(far.network.address, far.node.room) as told:
        await until(lambda: far.network.opened == 1)
        far.network.refuse = False
        await next_of(Joined, told)


# Being there


async def test_every_connection_may_break_and_nobody_is_told(far: Far) -> None:
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        for times in range(2, 5):
            far.network.cut()
            await until(lambda times=times: far.node.opened >= times)  # type: ignore[misc]
        far.node.tell("conference_update", {"locked": False})
        assert (await next_of(RoomChanged, told)).room.locked is False
        assert len(far.node.calls) == 1  # Picture and sound went on all the while.


async def test_a_half_open_network_ends_the_visit_when_the_token_does(far: Far) -> None:
    far.node.life = BRIEF
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        far.network.still = True
        assert (await failure(told, LIMIT_S)).fault is Fault.CONNECTION_LOST


async def test_a_stream_that_breaks_after_a_long_silence_is_opened_anew(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "STREAM_SILENCE_LIMIT_S", 30.0)
    far.node.life = BRIEF
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        await asyncio.sleep(1.2)  # Longer than a token lasts: nothing has happened in the room.

        far.node.drop_streams()

        await until(lambda: far.node.opened == 2)


async def test_a_silent_stream_is_opened_anew(far: Far) -> None:
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        await until(lambda: far.node.opened > 2)


async def test_a_token_that_expires_early_ends_the_visit_with_words(far: Far) -> None:
    far.node.life = BRIEF
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        far.node.token = None
        assert (await failure(told, LIMIT_S)).fault is Fault.CONNECTION_LOST


async def test_leaving_is_quick_on_any_network(far: Far) -> None:
    loop = asyncio.get_running_loop()
    async with visiting(far.network.address, far.node.room) as told:
        await next_of(Joined, told)
        far.network.still = True
        left = loop.time()
    assert loop.time() - left < 3.5


# A node that lies


async def lied(last: str, lie: object, code: int = 200, within: float = LIMIT_S) -> Fault | None:
    """How a visit ends when each answer to `last` is this; None: it does not, within so many s."""
    answers = {last: [web.json_response({"status": "success", "result": lie}, status=code)] * 99}
    async with (
        FakePexip(life=BRIEF, answers=answers).serve() as node,
        visiting(node.address, node.room) as told,
    ):
        try:
            async with asyncio.timeout(within):
                return (await failure(told)).fault
        except TimeoutError:
            return None


@pytest.mark.parametrize("lie", LIES, ids=str)
async def test_a_lie_in_place_of_a_seat(lie: object) -> None:
    assert await lied("request_token", lie) is Fault.NOT_A_MEETING_SERVER
    assert await lied("request_token", lie, 403) is Fault.JOIN_REFUSED
    assert await lied("request_token", lie, 404) is Fault.ROOM_UNKNOWN
    assert await lied("request_token", lie, 503) is Fault.SERVER_BUSY


@pytest.mark.parametrize("lie", LIES, ids=str)
async def test_a_lie_in_place_of_a_call_or_a_token(lie: object) -> None:
    assert await lied("calls", lie) in {Fault.MEDIA_FAILED, Fault.CONNECTION_LOST}
    if lie != {"token": 1}:
        assert await lied("refresh_token", lie) is Fault.CONNECTION_LOST


@pytest.mark.parametrize("last", ["ack", "disconnect", "release_token"])
async def test_lies_that_do_not_matter(last: str) -> None:
    assert await lied(last, {"hello": [1]}, within=1.6) is None


@pytest.mark.parametrize("lie", LIES, ids=str)
async def test_events_that_lie_change_nothing(lie: object) -> None:
    names = ["participant_sync_begin", "participant_create", "participant_update"]
    names += ["participant_delete", "conference_update", "participant_sync_end"]
    names += ["call_disconnected", "presentation_start", "message_received", "nobody knows"]
    async with (
        FakePexip(waiting=True).serve() as node,
        visiting(node.address, node.room) as told,
    ):
        await next_of(WaitingForHost, told)
        for name in names:
            node.tell(name, lie)
        node.admit()
        await next_of(Joined, told)


async def test_a_stream_of_the_wrong_kind_is_tried_again() -> None:
    wrong = [result(True), web.Response(text="<html>", content_type="text/html")]
    async with (
        FakePexip(answers={"events": wrong}).serve() as node,
        visiting(node.address, node.room) as told,
    ):
        await next_of(Joined, told)
        assert node.asked("events") == 3


# What an error means

KEY = ConnectionKey("x.invalid", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "")),
            Fault.ADDRESS_UNKNOWN,
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_AGAIN, "")),
            Fault.NO_NETWORK,
        ),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ENETUNREACH, "")), Fault.NO_NETWORK),
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "")),
            Fault.SERVER_UNREACHABLE,
        ),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "")), Fault.TLS_FAILED),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, "")),
            Fault.CERTIFICATE_INVALID,
        ),
        (aiohttp.ServerTimeoutError(), Fault.SERVER_SILENT),
        (TimeoutError(), Fault.SERVER_SILENT),
        (aiohttp.ServerDisconnectedError(), Fault.SERVER_UNREACHABLE),
        (ConnectionResetError(), Fault.SERVER_UNREACHABLE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_what_an_error_means(error: Exception, fault: Fault) -> None:
    told = meaning(error)

    assert told.fault is fault
    assert "invalid" not in str(told)  # The address.


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (200, "text/html", True),
        (302, "text/html", True),
        (407, "text/html", True),
        (511, "text/plain", True),
        (200, "application/json", False),
        (404, "text/html", False),
    ],
)
def test_a_page_of_the_network_is_known(status: int, kind: str, expected: bool) -> None:
    assert is_login_page(status, kind) is expected


async def test_a_name_that_nobody_has() -> None:
    async with visiting("https://nobody.invalid", "rom") as told:
        ended = (await failure(told, LIMIT_S)).fault
    assert ended in {Fault.ADDRESS_UNKNOWN, Fault.NO_NETWORK}

"""The WHIP client against a strict server written from RFC 9725, with real media over loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hypothesis.strategies as st
import pytest
from aiohttp import web
from hypothesis import given

from agent.__main__ import main
from agent.faults import Fault
from agent.meeting.base import Invitation
from agent.meeting.whip import client
from agent.meeting.whip.client import WhipMeeting
from agent.meeting.whip.ingest import endpoint_of
from agent.meeting.whip.links import ice_servers, takes_all
from agent.messages import ConnectionLost, Joined, MeetingEvent, RoomState
from agent.registry import Kind, load
from tests.bad_network import BadNetwork
from tests.far_end import until
from tests.strict_whip import SDP, TURN, StrictWhip, faults_of
from tests.visiting import failure, next_of, visiting

TOKEN = "mF_9.B5f-4.1JqM"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE_S", 0.01)


@asynccontextmanager
async def sending(
    server: StrictWhip, token: str | None = None, address: str = ""
) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
    base = f"{address or server.address}/ingest"
    async with visiting(base, "room", token, meeting=WhipMeeting()) as told:
        yield told


async def fault_of(server: StrictWhip, token: str | None = None) -> Fault:
    async with sending(server, token) as told:
        return (await failure(told)).fault


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_picture_and_sound_arrive_and_the_session_is_ended(token: str | None) -> None:
    async with StrictWhip(token=token, links=(TURN,)).serve() as server:
        async with sending(server, token) as told:
            assert (await next_of(Joined, told)).room == RoomState()
            await until(lambda: server.newest().colour[0] > 200 and server.newest().loudness > 4000)
        assert server.ended == ["s1"]
        assert server.violations == []
        assert [method for method, _ in server.asked] == ["POST", "DELETE"]
    await until(lambda: len(asyncio.all_tasks()) == 1)


@pytest.mark.parametrize(
    ("wanted", "sent", "fault"),
    [(TOKEN, None, Fault.PIN_REQUIRED), (TOKEN, "another", Fault.PIN_WRONG)],
)
async def test_a_token_that_is_missing_or_wrong_is_sent_once(
    wanted: str, sent: str | None, fault: Fault
) -> None:
    async with StrictWhip(token=wanted).serve() as server:
        assert await fault_of(server, sent) is fault
        assert len(server.asked) == 1


ANSWER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=recvonly\r\n"


def created(text: str = ANSWER, kind: str = SDP, **headers: str) -> web.Response:
    return web.Response(status=201, text=text, content_type=kind, headers=headers)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (web.Response(status=400), Fault.MEDIA_FAILED),
        (web.Response(status=403), Fault.PIN_REQUIRED),
        (web.Response(status=404), Fault.ROOM_UNKNOWN),
        (web.Response(status=405), Fault.NOT_A_MEETING_SERVER),
        (web.Response(status=406), Fault.MEDIA_FAILED),
        (web.Response(status=409), Fault.SERVER_BUSY),
        (web.Response(status=415), Fault.NOT_A_MEETING_SERVER),
        (web.Response(status=422), Fault.MEDIA_FAILED),
        (web.Response(status=418), Fault.JOIN_REFUSED),
        (web.Response(status=503, headers={"Retry-After": "9"}), Fault.SERVER_BUSY),
        (web.Response(text="<html>", content_type="text/html"), Fault.NETWORK_LOGIN),
        (web.Response(status=302, headers={"Location": "/x"}), Fault.NETWORK_LOGIN),
        (created(), Fault.NOT_A_MEETING_SERVER),  # Where is it?
        (created(kind="text/plain", Location="/session/x"), Fault.NOT_A_MEETING_SERVER),
        (created("nonsense", Location="/session/x"), Fault.NOT_A_MEETING_SERVER),
        (
            created(ANSWER.replace("recvonly", "sendrecv"), Location="/session/x"),
            Fault.NOT_A_MEETING_SERVER,
        ),
        (created(ANSWER, Location="/session/x"), Fault.MEDIA_FAILED),
        (created("a" * 300_000, Location="/session/x"), Fault.NOT_A_MEETING_SERVER),
        (created(Location="https://elsewhere.invalid/session/x"), Fault.HOST_NOT_ALLOWED),
        (
            web.Response(status=307, headers={"Location": "https://elsewhere.invalid/"}),
            Fault.HOST_NOT_ALLOWED,
        ),
    ],
    ids=str,
)
async def test_a_refusal_or_a_lie_has_its_fault(answer: web.Response, fault: Fault) -> None:
    async with StrictWhip(planned=[answer] * client.TRIES).serve() as server:
        assert await fault_of(server) is fault
        assert server.violations == []


async def test_it_goes_where_it_is_sent_on_the_same_host_and_not_in_circles() -> None:
    sent_on = web.Response(status=307, headers={"Location": "/ingest/room"})
    async with StrictWhip(token=TOKEN, planned=[sent_on]).serve() as server:
        async with sending(server, TOKEN) as told:
            await next_of(Joined, told)
        assert server.violations == []
    async with StrictWhip(planned=[sent_on] * 99).serve() as server:
        assert await fault_of(server) is Fault.NOT_A_MEETING_SERVER


async def test_a_session_that_dies_is_made_anew() -> None:
    async with StrictWhip().serve() as server, sending(server) as told:
        await next_of(Joined, told)
        await until(lambda: server.newest().pictures > 0)
        await server.newest().close()
        await next_of(ConnectionLost, told)
        await next_of(Joined, told)
        await until(lambda: server.newest().colour[0] > 200)
        assert list(server.sessions) == ["s1", "s2"]
        assert server.ended == ["s1"]


async def test_a_network_that_comes_back_is_waited_for() -> None:
    async with (
        StrictWhip().serve() as server,
        BadNetwork(server.address).stand() as network,
        sending(server, address=network.address) as told,
    ):
        await next_of(Joined, told)
        await until(lambda: server.newest().pictures > 0)
        network.refuse = True
        network.cut()
        await server.newest().close()
        await next_of(ConnectionLost, told)
        tried = network.opened
        await until(lambda: network.opened > tried + 1)
        network.refuse = False
        await next_of(Joined, told)


async def test_leaving_does_not_wait_for_a_server_that_hangs() -> None:
    loop = asyncio.get_running_loop()
    async with StrictWhip().serve() as server, BadNetwork(server.address).stand() as network:
        async with sending(server, address=network.address) as told:
            await next_of(Joined, told)
            network.still = True
            began = loop.time()
        assert loop.time() - began < 3.5


async def test_it_tells_what_a_server_says_of_itself() -> None:
    async with StrictWhip().serve() as server:
        asked = Invitation(f"{server.address}/ingest", "room", "x")
        found = [finding.name async for finding in WhipMeeting().probe(asked)]
        assert found == ["node_well", "takes_offers"]
        assert [method for method, _ in server.asked] == ["OPTIONS"]


def test_the_strict_server_is_strict() -> None:
    good = (
        "v=0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=sendonly\r\n"
        "a=rtcp-mux\r\na=rtcp-mux-only\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"
        "a=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 00\r\na=msid:a b\r\n"
    )
    assert faults_of(good) == []
    for line in good.splitlines()[1:]:
        assert faults_of(good.replace(line + "\r\n", "", 1)), line
    assert faults_of(good.replace("sendonly", "recvonly"))


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([], []),
        (['<stun:stun.example.net>; rel="ice-server"'], [("stun:stun.example.net", None, None)]),
        ([TURN], [("turn:turn.example.net?transport=udp", "user", "secret")]),
        (
            [f"<https://x/>; rel=other, {TURN}"],
            [("turn:turn.example.net?transport=udp", "user", "secret")],
        ),
        ([TURN.replace('"password"', '"oauth"')], []),
        (["<http://x>; rel=ice-server", "nonsense", "<stun:"], []),
    ],
)
def test_servers_are_found_in_links(links: list[str], expected: list[object]) -> None:
    found = [(server.urls, server.username, server.credential) for server in ice_servers(links)]

    assert found == expected


@given(st.lists(st.text()), st.text())
def test_odd_answers_never_raise(links: list[str], answer: str) -> None:
    ice_servers(links)
    takes_all(answer)


@pytest.mark.parametrize(
    ("server", "room", "expected"),
    [
        ("https://x.no/whip", "", "https://x.no/whip"),
        ("https://x.no/whip/", "a/b c", "https://x.no/whip/a%2Fb%20c"),
        ("https://x.no", "room", "https://x.no/room"),
    ],
)
def test_the_endpoint_is_the_server_and_the_room(server: str, room: str, expected: str) -> None:
    assert str(endpoint_of(Invitation(server, room, "x"))) == expected


def test_the_service_is_chosen_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert load(Kind.MEETING, "whip") is WhipMeeting
    assert main(["run", "--meeting", "nonsense"]) == 2
    assert "HK-113" in capsys.readouterr().err

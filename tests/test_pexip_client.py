"""The Pexip client against a small node of our own: real HTTP and real media over loopback."""

import asyncio
import datetime
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.faults import Fault
from agent.frames import AudioFrame
from agent.meeting.base import Invitation, Media, Meeting
from agent.meeting.pexip import calling, events, joining, staying
from agent.meeting.pexip.client import PexipMeeting
from agent.messages import ConnectionLost, Joined, MeetingEvent, RoomChanged, WaitingForHost
from tests import visiting as visits
from tests.fake_pexip import HOST, LOBBY_TIMEOUT, NOT_FOUND, US, FakePexip, refusal
from tests.far_end import BLUE, ColourTrack, ToneTrack, loudness, until
from tests.visiting import NAME, failure, next_of

PIN = "864213"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "PAUSE_S", 0.01)
    monkeypatch.setattr(calling, "PAUSE_S", 0.01)
    monkeypatch.setattr(calling, "NETWORK_PAUSE_S", 0.05)
    monkeypatch.setattr(events, "LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(staying, "FIRST_PAUSE_S", 0.05)


@asynccontextmanager
async def visiting(
    node: FakePexip,
    pin: str | None = None,
    heard: list[AudioFrame] | None = None,
    meeting: Meeting | None = None,
) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
    async with visits.visiting(node.address, node.room, pin, heard, meeting) as told:
        yield told


async def failure_of(node: FakePexip, pin: str | None = None) -> Fault:
    async with visiting(node, pin) as told:
        return (await failure(told)).fault


async def test_a_visit_from_the_door_to_the_door() -> None:
    heard: list[AudioFrame] = []
    async with FakePexip(waiting=True).serve() as node:
        async with visiting(node, heard=heard) as told:
            await next_of(WaitingForHost, told)
            await until(lambda: bool(node.calls) and node.call().pictures > 0)
            node.admit()
            joined = await next_of(Joined, told)
            await until(lambda: node.call().colour[0] > 200 and node.call().loudness > 4000)
            await until(lambda: len(heard) > 10 and loudness(heard[-1].samples) > 4000)

        assert joined.room.locked is True
        assert [(p.is_self, p.is_host, p.name) for p in joined.room.participants] == [
            (True, False, "oss"),
            (False, True, HOST["display_name"]),
        ]
        assert node.asked("calls") == 1  # One call for the waiting room and the room.
        assert node.asked("ack") == 1
        assert node.hung_up == ["call-1"]
        assert node.token is None
        assert node.requests[0][2] == {"display_name": NAME, "direct_media": False}
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_changes_in_the_room_are_told_once() -> None:
    async with FakePexip().serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        node.tell("conference_update", {"locked": False, "recording": True})
        node.tell("participant_update", {**node.ourselves(), "is_muted": "YES"})
        room = (await next_of(RoomChanged, told)).room
        assert (room.locked, room.recording, room.muted_by_host) == (False, True, True)

        node.tell("participant_delete", {"uuid": HOST["uuid"]})
        room = (await next_of(RoomChanged, told)).room
        assert [person.is_self for person in room.participants] == [True]


async def test_nobody_is_told_twice_when_the_stream_breaks() -> None:
    async with FakePexip().serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        node.drop_streams()
        await until(lambda: node.opened == 2 and len(node.streams) == 1)
        node.people.append({**HOST, "uuid": "3", "display_name": "Per"})
        node.drop_streams()

        room = (await next_of(RoomChanged, told)).room

        assert [person.id for person in room.participants] == [US, HOST["uuid"], "3"]
        assert node.asked("calls") == 1


async def test_a_token_that_is_on_its_way_is_what_gives_the_seat_back() -> None:
    async with FakePexip(slow={"refresh_token": 0.1}).serve() as node:
        async with visiting(node) as told:
            await next_of(Joined, told)
            node.tell("refresh_token")
            await until(lambda: node.asked("refresh_token") == 1)
        assert node.issued == 2
        assert node.token is None


async def test_the_token_is_kept_fresh() -> None:
    async with FakePexip(life="1").serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        await until(lambda: node.issued > 4)
        node.tell("refresh_token")
    assert node.token is None


async def test_media_that_dies_is_called_anew_on_the_same_seat() -> None:
    async with FakePexip(slow={"calls": 0.5}).serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        await node.call().close()

        await next_of(ConnectionLost, told)
        await next_of(Joined, told)

        await until(lambda: node.call().colour[0] > 200)
        assert node.hung_up == ["call-1"]
        assert node.asked("calls") == 2
        assert node.asked("request_token") == 1


async def test_a_call_that_the_node_drops_is_placed_anew() -> None:
    async with FakePexip(slow={"calls": 0.5}).serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        node.tell("call_disconnected", {"call_uuid": "another", "reason": "x"})
        node.tell("call_disconnected", {"call_uuid": "call-1", "reason": "x"})
        await next_of(ConnectionLost, told)
        await next_of(Joined, told)


async def test_a_busy_node_does_not_use_up_the_recalls() -> None:
    busy = web.Response(status=503, text="maintenance")
    async with FakePexip(answers={"calls": [busy] * 6}).serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        assert node.asked("calls") == 7


async def test_three_recalls_are_enough() -> None:
    async with FakePexip(dead_calls=99).serve() as node:
        assert await failure_of(node) is Fault.MEDIA_FAILED
        assert node.asked("calls") == 4
        assert len(node.hung_up) == 4
        assert node.token is None


@pytest.mark.parametrize(
    ("node", "pin", "sent", "fault"),
    [
        (FakePexip(pin=PIN), "1", ["1"], Fault.PIN_WRONG),
        (FakePexip(pin=PIN), None, [], Fault.PIN_REQUIRED),
        (FakePexip(pin=PIN), PIN, [PIN], None),
        (FakePexip(pin=PIN, guest_pin=False), None, ["none"], None),
        (FakePexip(), PIN, [], None),
    ],
)
async def test_a_pin_is_sent_when_asked_for_and_only_once(
    node: FakePexip, pin: str | None, sent: list[str], fault: Fault | None
) -> None:
    async with node.serve():
        if fault is not None:
            assert await failure_of(node, pin) is fault
        else:
            async with visiting(node, pin) as told:
                await next_of(Joined, told)
        assert node.pins() == sent


async def test_a_pin_is_not_repeated_to_a_busy_node() -> None:
    prompt = refusal({"pin": "required", "guest_pin": "required", "version": {}})
    answers = {"request_token": [prompt, web.Response(status=503)]}
    async with FakePexip(pin=PIN, answers=answers).serve() as node:
        assert await failure_of(node, PIN) is Fault.SERVER_BUSY
        assert node.pins() == [PIN]


HTML = web.Response(text="<html>Logg inn</html>", content_type="text/html")
REFUSALS = {
    "unknown room": (refusal(NOT_FOUND, 404), Fault.ROOM_UNKNOWN),
    "SSO": (refusal({"idp": [{"name": "x", "uuid": "y"}], "version": {}}), Fault.LOGIN_REQUIRED),
    "SSO redirect": (refusal({"redirect_url": "https://x.invalid/"}), Fault.LOGIN_REQUIRED),
    "extension": (
        refusal({"conference_extension": "required", "conference_extension_type": "standard"}),
        Fault.ROOM_NUMBER_REQUIRED,
    ),
    "old extension": (refusal({"conference_extension": "mssip"}), Fault.ROOM_NUMBER_REQUIRED),
    "captive portal": (HTML, Fault.NETWORK_LOGIN),
    "redirect": (
        web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        Fault.NETWORK_LOGIN,
    ),
    "other server": (web.Response(status=404, text="no"), Fault.NOT_A_MEETING_SERVER),
    "broken JSON": (
        web.Response(text="{", content_type="application/json"),
        Fault.NOT_A_MEETING_SERVER,
    ),
    "no token": (refusal({"hello": 1}, 200), Fault.NOT_A_MEETING_SERVER),
    "busy": (web.Response(status=503, text="maintenance"), Fault.SERVER_BUSY),
    "no licence": (refusal("Insufficient licenses"), Fault.ROOM_FULL),
    "anything else": (refusal("A new kind of refusal"), Fault.JOIN_REFUSED),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_has_its_fault(name: str) -> None:
    answer, fault = REFUSALS[name]
    async with FakePexip(answers={"request_token": [answer] * joining.TRIES}).serve() as node:
        assert await failure_of(node) is fault
        assert node.asked("release_token") == 0


async def test_a_short_outage_is_waited_for() -> None:
    busy = [web.Response(status=502), web.Response(status=429)]
    async with FakePexip(answers={"request_token": busy}).serve() as node, visiting(node) as told:
        await next_of(Joined, told)


async def test_an_unknown_alias() -> None:
    async with FakePexip().serve() as node:
        node.room, asked = "another", Invitation(node.address, "rom", NAME)
        ours = Media(ColourTrack(BLUE), ToneTrack(), lambda _: None)
        async with PexipMeeting().visit(asked, ours) as told:
            assert (await failure(told)).fault is Fault.ROOM_UNKNOWN


@pytest.mark.parametrize(
    ("server", "fault"),
    [
        ("http://127.0.0.1:1", Fault.SERVER_UNREACHABLE),
        ("https://127.0.0.1:1", Fault.SERVER_UNREACHABLE),
        ("http://192.0.2.1", Fault.HOST_NOT_ALLOWED),
        ("ftp://127.0.0.1", Fault.HOST_NOT_ALLOWED),
        ("nonsense", Fault.HOST_NOT_ALLOWED),
        ("http://[", Fault.HOST_NOT_ALLOWED),
    ],
)
async def test_a_server_that_is_not_there(server: str, fault: Fault) -> None:
    assert await failure_of(FakePexip(address=server)) is fault


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with FakePexip().serve(self_signed(tmp_path)) as node:
        assert await failure_of(node) is Fault.CERTIFICATE_INVALID
        assert node.requests == []


@pytest.mark.parametrize(
    ("waiting", "reason", "fault"),
    [
        (True, LOBBY_TIMEOUT, Fault.NOT_LET_IN),
        (True, "API initiated participant disconnect", Fault.NOT_LET_IN),
        (False, "API initiated participant disconnect", Fault.REMOVED),
        (False, "something new", Fault.REMOVED),
        (False, "API initiated conference termination", Fault.MEETING_ENDED),
        (False, "All conference hosts departed hosted conference", Fault.HOSTS_LEFT),
        (False, "Conference terminated by an administrator", Fault.ENDED_BY_SERVICE),
        (False, "Media node disconnected", Fault.SERVER_STOPPED),
        (False, "Timer expired awaiting token refresh", Fault.CONNECTION_LOST),
    ],
)
async def test_being_thrown_out(waiting: bool, reason: str, fault: Fault) -> None:
    async with FakePexip(waiting=waiting).serve() as node, visiting(node) as told:
        assert isinstance(await anext(told), WaitingForHost if waiting else Joined)
        node.tell("disconnect", {"reason": reason})
        assert (await failure(told)).fault is fault
        assert node.token is None


async def test_a_room_that_never_lets_us_in() -> None:
    async with (
        FakePexip(waiting=True).serve() as node,
        visiting(node, meeting=PexipMeeting(waiting_limit=0.5)) as told,
    ):
        await next_of(WaitingForHost, told)
        assert (await failure(told)).fault is Fault.NOT_LET_IN
        assert node.token is None


async def test_a_token_that_cannot_be_refreshed_ends_the_visit() -> None:
    dead = web.Response(status=502, text="gone")
    async with FakePexip(life="1").serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        node.answers["refresh_token"] = [dead] * 99
        assert (await failure(told)).fault is Fault.CONNECTION_LOST


async def test_a_token_that_is_refused_ends_the_visit() -> None:
    async with FakePexip().serve() as node, visiting(node) as told:
        await next_of(Joined, told)
        node.token = "another"
        node.tell("refresh_token")
        assert (await failure(told)).fault is Fault.CONNECTION_LOST


@pytest.mark.parametrize("stage", ["request_token", "events", "calls", "ack", "release_token"])
async def test_leaving_is_possible_at_any_moment(stage: str) -> None:
    async with FakePexip(slow={stage: 0.8}).serve() as node:
        async with visiting(node) as told:
            if stage == "release_token":
                await next_of(Joined, told)
            else:
                await until(lambda: node.asked(stage) == 1)
        await until(lambda: node.asked("release_token") == 1)
        await until(lambda: node.token is None)


async def test_leaving_does_not_wait_for_a_node_that_hangs() -> None:
    async with FakePexip(slow={"release_token": 60, "disconnect": 60}).serve() as node:
        async with asyncio.timeout(15), visiting(node) as told:
            await next_of(Joined, told)
        assert node.asked("release_token") == node.asked("disconnect") == 1


async def test_the_visitor_s_own_error_comes_out_as_it_is() -> None:
    async with FakePexip().serve() as node:
        with pytest.raises(KeyError):  # noqa: PT012 - the error is to come out of the visit
            async with visiting(node) as told:
                await next_of(Joined, told)
                raise KeyError
        assert node.token is None


async def test_cancelling_the_visitor_gives_the_seat_back() -> None:
    async def visit() -> None:
        async with visiting(node) as told:
            async for _ in told:
                inside.set()

    inside = asyncio.Event()
    async with FakePexip().serve() as node:
        visitor = asyncio.create_task(visit())
        await inside.wait()
        visitor.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visitor
        assert node.token is None


@pytest.mark.parametrize("ending", ["leave", "removed", "wrong pin", "unreachable"])
async def test_nothing_confidential_is_logged_or_raised(
    ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agent")
    node = FakePexip(room="hemmelig-rom", pin=PIN)
    said = ""
    async with node.serve():
        address = node.address
        if ending == "unreachable":
            node.address = "http://127.0.0.1:1"
        async with visiting(node, "97531" if ending == "wrong pin" else PIN) as told:
            if ending in {"leave", "removed"}:
                await next_of(Joined, told)
                node.tell("disconnect", {"reason": "Kari Vert threw you out"})
            if ending != "leave":
                said = "".join(traceback.format_exception(await failure(told)))
    ours = "".join(record.getMessage() for record in caplog.records if "agent" in record.name)
    for secret in ("hemmelig", PIN, "97531", NAME, "Kari", "very-secret", address, "127.0.0.1:1"):
        assert secret not in said + ours


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "node.pem"
    encoding = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(key.private_bytes(encoding, *plain) + certificate.public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context

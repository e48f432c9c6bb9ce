"""The practice room's API: what the official client insists on, over real HTTP."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from agent.faults import Fault, PartError
from agent.meeting.practice.door import WRONG_PINS
from agent.meeting.practice.house import PLACES
from agent.meeting.practice.server import PAGE, PracticeRoom
from agent.meeting.practice.stand_in import StandIn
from agent.messages import Participant
from tests.far_end import RED, ColourTrack, ToneTrack, until
from tests.practice_guest import ALIAS, CONFERENCE, HOST_PIN, Seated, ask, calling, seated

UNKNOWN = "Neither conference nor gateway found"

REQUIRED_OF_PARTICIPANTS: dict[str, type | tuple[type, ...]] = {
    "uuid": str,
    "display_name": str,
    "overlay_text": str,
    "local_alias": str,
    "role": str,
    "protocol": str,
    "has_media": bool,
    "is_muted": str,
    "is_client_muted": bool,
    "is_video_muted": bool,
    "is_video_silent": bool,
    "is_video_call": str,
    "is_audio_only_call": str,
    "is_presenting": str,
    "rx_presentation_policy": str,
    "encryption": str,
    "call_direction": str,
    "disconnect_supported": str,
    "mute_supported": str,
    "transfer_supported": str,
    "fecc_supported": str,
    "start_time": (int, float),
    "buzz_time": (int, float),
    "spotlight": (int, float),
    "is_external": bool,
    "is_streaming_conference": bool,
    "external_node_uuid": str,
    "supports_direct_chat": bool,
    "can_receive_personal_mix": bool,
    "receive_from_video_mix": dict,
}


@pytest_asyncio.fixture
async def room() -> AsyncIterator[PracticeRoom]:
    async with PracticeRoom(ALIAS, HOST_PIN) as open_room:
        yield open_room


@pytest_asyncio.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as open_session:
        yield open_session


@pytest_asyncio.fixture
async def host(room: PracticeRoom) -> AsyncIterator[Seated]:
    async with seated(room.url, HOST_PIN, "Vert") as one:
        yield one


@pytest_asyncio.fixture
async def guest(host: Seated, room: PracticeRoom) -> AsyncIterator[Seated]:
    async with seated(room.url, name="Kamera") as one:
        yield one


# Getting in


async def test_without_a_pin_one_is_told_which_are_needed(
    room: PracticeRoom, session: ClientSession
) -> None:
    code, prompt = await ask(session, room.url, None)

    assert code == 403
    assert (prompt["pin"], prompt["guest_pin"]) == ("required", "none")
    assert isinstance(prompt["version"], dict)


async def test_a_room_may_have_a_pin_for_guests(session: ClientSession) -> None:
    async with PracticeRoom(ALIAS, HOST_PIN, guest_pin="0815") as room:
        code, prompt = await ask(session, room.url, "none")
        assert (code, prompt["guest_pin"]) == (403, "required")
        code, seat = await ask(session, room.url, "0815")
        assert (code, seat["role"]) == (200, "GUEST")


async def test_a_wrong_pin_is_refused(room: PracticeRoom, session: ClientSession) -> None:
    assert await ask(session, room.url, "0000") == (403, "Invalid PIN")


async def test_after_too_many_wrong_pins_the_room_seems_not_to_exist(
    room: PracticeRoom, session: ClientSession
) -> None:
    for _ in range(WRONG_PINS):
        await ask(session, room.url, "0000")

    for pin in (HOST_PIN, "none", None):
        assert await ask(session, room.url, pin) == (404, UNKNOWN)


@pytest.mark.parametrize("pin", [None, HOST_PIN, "none", "0000"])
async def test_another_room_does_not_exist(
    room: PracticeRoom, session: ClientSession, pin: str | None
) -> None:
    alias = CONFERENCE + "x"

    assert await ask(session, room.url, pin, alias=alias) == (404, UNKNOWN)


async def test_a_seat_has_what_the_official_client_requires(
    room: PracticeRoom, session: ClientSession
) -> None:
    _, seat = await ask(session, room.url, HOST_PIN, "Åse")

    assert seat["expires"] == "120"
    assert seat["display_name"] == "Åse"
    assert seat["role"] == "HOST"
    assert seat["current_service_type"] == "conference"
    assert isinstance(seat["client_stats_update_interval"], int)
    assert all(isinstance(value, str) for value in seat["version"].values())
    assert not set(seat["token"]) & set("+/&#%")
    assert "stun" not in seat  # An empty list makes browsers refuse the configuration.


async def test_the_room_has_a_limited_number_of_seats(
    room: PracticeRoom, session: ClientSession
) -> None:
    for _ in range(PLACES):
        code, _ = await ask(session, room.url, "none")
        assert code == 200

    assert await ask(session, room.url, HOST_PIN) == (403, "Participant limit reached")


@pytest.mark.parametrize("sent", ["{", "[]", '"x"', '{"display_name": 1}', "[" * 100_000])
async def test_a_request_that_makes_no_sense_is_refused(
    room: PracticeRoom, session: ClientSession, sent: str
) -> None:
    address = f"{room.url}{CONFERENCE}/request_token"
    async with session.post(address, data=sent, headers={"pin": HOST_PIN}) as response:
        assert response.status == 400


# Tokens


async def test_a_token_is_renewed_and_the_old_one_is_good_for_a_moment(guest: Seated) -> None:
    old = guest.token
    renewed = await guest.do("refresh_token")
    assert renewed["expires"] == "120"
    assert renewed["client_stats_update_interval"]  # Else the official client stops posting.
    assert renewed["token"] != old
    assert (await guest.get("conference_status"))[0] == 200
    guest.token = renewed["token"]
    assert (await guest.get("conference_status"))[0] == 200


@pytest.mark.parametrize(
    "path",
    ["refresh_token", "release_token", "lock", "participants/x/calls", "participants/x/mute"],
)
async def test_without_a_token_nothing_is_done(host: Seated, path: str) -> None:
    host.token, kept = "nonsense", host.token
    assert await host.post(path) == (403, "Invalid token")
    host.token = kept


@pytest.mark.parametrize("path", ["events", "participants", "conference_status", "theme/"])
async def test_without_a_token_nothing_is_told(host: Seated, path: str) -> None:
    host.token, kept = "nonsense", host.token
    assert await host.get(path) == (403, "Invalid token")
    host.token = kept


async def test_whoever_does_not_renew_the_token_is_out() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN, token_life=1.0) as room,
        seated(room.url, HOST_PIN) as one,
    ):
        await until(lambda: one.ended)
        assert one.told("disconnect") == [{"reason": "Timer expired awaiting token refresh"}]
        assert (await one.post("refresh_token"))[0] == 403


async def test_leaving_gives_the_seat_back(host: Seated, guest: Seated) -> None:
    assert await guest.do("release_token", {"reason": "User initiated disconnect"}) is True

    await until(lambda: guest.ended and guest.id not in host.people)
    assert await guest.post("release_token") == (403, "Invalid token")


async def test_a_browser_may_put_the_token_into_the_address(guest: Seated) -> None:
    token, guest.token = guest.token, ""

    assert await guest.post(f"release_token?token={token}") == (200, True)


# Result types


async def test_the_node_says_that_it_is_well(room: PracticeRoom, session: ClientSession) -> None:
    async with session.get(f"{room.url}/api/client/v2/status") as response:
        assert await response.json() == {"status": "success", "result": "OK"}


async def test_there_is_no_theme(guest: Seated) -> None:
    assert (await guest.get("theme/"))[0] == 204


async def test_the_state_of_the_room(guest: Seated) -> None:
    code, state = await guest.get("conference_status")

    assert code == 200
    assert (state["locked"], state["started"], state["guests_muted"]) == (False, True, False)
    assert not any(state[name] for name in ("recording", "streaming", "transcribing"))


async def test_participants_have_all_required_fields(host: Seated, guest: Seated) -> None:
    _, people = await host.get("participants")

    assert [person["role"] for person in people] == ["chair", "guest"]
    for person in [*people, *host.people.values(), *guest.people.values()]:
        for name, kind in REQUIRED_OF_PARTICIPANTS.items():
            assert isinstance(person[name], kind), name


@pytest.mark.parametrize(
    ("deed", "result"),
    [
        ("unlock", True),
        ("mute", True),
        ("unmute", True),
        ("video_muted", True),
        ("video_unmuted", True),
        ("disconnect", None),
    ],
)
async def test_what_a_host_can_do_to_a_guest(
    host: Seated, guest: Seated, deed: str, result: object
) -> None:
    path = f"participants/{guest.id}/{deed}"

    assert await guest.post(path.replace(guest.id, host.id)) == (403, "Invalid role")
    assert await host.do(path) is result
    assert await host.post(f"participants/nobody/{deed}") == (404, UNKNOWN)


@pytest.mark.parametrize("deed", ["client_mute", "client_unmute", "preferred_aspect_ratio"])
async def test_what_one_can_do_to_oneself_only(host: Seated, guest: Seated, deed: str) -> None:
    assert await guest.do(f"participants/{guest.id}/{deed}") is True
    assert await host.post(f"participants/{guest.id}/{deed}") == (403, "Invalid role")


@pytest.mark.parametrize(
    "deed", ["lock", "unlock", "muteguests", "unmuteguests", "start_conference", "disconnect"]
)
async def test_what_a_host_can_do_to_the_room(host: Seated, guest: Seated, deed: str) -> None:
    assert await guest.post(deed) == (403, "Invalid role")
    assert await host.do(deed) is True


async def test_what_does_not_exist_is_not_found(host: Seated) -> None:
    assert await host.post("dial") == (404, UNKNOWN)
    assert await host.post(f"participants/{host.id}/dtmf") == (404, UNKNOWN)
    for deed in ("ack", "update", "new_candidate", "statistics", "disconnect"):
        assert await host.post(f"participants/{host.id}/calls/x/{deed}", {}) == (404, UNKNOWN)


async def test_an_offer_that_makes_no_sense_is_refused_in_plain_text(host: Seated) -> None:
    for offer in ("", "nonsense", "v=0\r\nm=audio x y z\r\n"):
        code, text = await host.post(f"participants/{host.id}/calls", {"sdp": offer})
        assert code == 400
        assert isinstance(text, str)


# Events


async def test_a_stream_begins_with_the_whole_roster(host: Seated) -> None:
    assert host.events[0] == ("participant_sync_begin", None)
    assert host.names()[1:6] == [
        "participant_create",
        "participant_sync_end",
        "conference_update",
        "layout",
        "presentation_stop",
    ]


async def test_a_new_stream_replaces_the_old_one_and_knows_the_same(
    host: Seated, guest: Seated
) -> None:
    again = replace(guest, events=[], people={}, room={})
    following = asyncio.create_task(again.follow())
    await until(lambda: guest.ended and "presentation_stop" in again.names())

    assert again.people == guest.people
    assert again.people.keys() == {host.id, guest.id}
    await host.do("lock")
    await until(lambda: again.room["locked"] is True)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_guest_waits_is_let_in_and_meets_the_others() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN, locked=True) as room,
        seated(room.url, HOST_PIN, "Vert") as host,
        seated(room.url, name="Kamera") as guest,
    ):
        assert guest.seat["current_service_type"] == "waiting_room"
        assert guest.people.keys() == {guest.id}
        await until(lambda: host.waits(guest.id) is True)
        assert guest.room["locked"] is True

        assert await host.do(f"participants/{guest.id}/unlock") is True

        await until(lambda: guest.waits() is False and host.waits(guest.id) is False)
        await until(lambda: guest.people.keys() == {guest.id, host.id})


async def test_a_host_who_comes_lets_the_waiting_in_unless_the_room_is_locked(
    room: PracticeRoom,
) -> None:
    async with seated(room.url) as guest:
        assert guest.waits() is True
        assert guest.room["started"] is False
        async with seated(room.url, HOST_PIN):
            await until(lambda: guest.waits() is False)
            assert guest.room["started"] is True


async def test_unlocking_the_room_lets_everybody_in(host: Seated, room: PracticeRoom) -> None:
    await host.do("lock")
    async with seated(room.url) as one, seated(room.url) as other:
        assert (one.waits(), other.waits()) == (True, True)
        await host.do("unlock")
        await until(lambda: (one.waits(), other.waits()) == (False, False))


async def test_being_muted_is_told(host: Seated, guest: Seated) -> None:
    await host.do(f"participants/{guest.id}/mute")
    await until(lambda: guest.people[guest.id]["is_muted"] == "YES")
    await host.do("muteguests")
    await until(lambda: guest.room["guests_muted"])
    await guest.do(f"participants/{guest.id}/client_mute")
    await until(lambda: host.people[guest.id]["is_client_muted"] is True)


async def test_whoever_is_removed_is_told_why_and_out(host: Seated, guest: Seated) -> None:
    await host.do(f"participants/{guest.id}/disconnect")

    await until(lambda: guest.ended and guest.id not in host.people)
    assert guest.told("disconnect") == [{"reason": "Disconnected by another participant"}]
    assert (await guest.post("refresh_token"))[0] == 403


async def test_a_host_ends_the_meeting_for_all(host: Seated, guest: Seated) -> None:
    await host.do("disconnect")

    await until(lambda: guest.ended and host.ended)
    reason = {"reason": "Conference terminated by another participant"}
    assert host.told("disconnect") == guest.told("disconnect") == [reason]


# The room as a part of the program


async def test_closing_ends_everything_within_three_seconds() -> None:
    async with contextlib.AsyncExitStack() as people:
        async with PracticeRoom(ALIAS, HOST_PIN) as room:
            ones = [
                await people.enter_async_context(seated(room.url, pin))
                for pin in (HOST_PIN, "none")
            ]
            for one in ones:
                await people.enter_async_context(calling(one, ToneTrack(), ColourTrack(RED)))
            closing = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - closing < 3

        await until(lambda: all(one.ended for one in ones))
        for one in ones:
            reason = {"reason": "Conference terminated by an administrator"}
            assert one.told("disconnect") == [reason]


async def test_a_port_in_use_is_a_fault_with_its_number() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PartError) as caught:
            async with PracticeRoom(ALIAS, HOST_PIN, port=port):
                pass

    assert caught.value.fault is Fault.PORT_IN_USE
    assert caught.value.values == {"port": port}


async def test_only_this_machine_is_served(room: PracticeRoom, session: ClientSession) -> None:
    assert urlsplit(room.url).hostname == "127.0.0.1"
    for path in ("/", "/texts", "/page/page.js", "/api/client/v2/status"):
        async with session.get(room.url + path, headers={"Host": "evil.example"}) as response:
            assert response.status == 403


async def test_the_page_is_served_with_a_strict_policy(
    room: PracticeRoom, session: ClientSession
) -> None:
    for path in ("/", "/page/page.js"):
        async with session.get(room.url + path) as response:
            assert response.status == 200
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["Cache-Control"] == "no-store"


async def test_the_link_keeps_the_pin_behind_the_fragment(room: PracticeRoom) -> None:
    link = urlsplit(room.page_url)

    assert parse_qs(link.fragment) == {"room": [ALIAS], "pin": [HOST_PIN]}
    assert link.query == ""


def test_the_page_holds_no_norwegian_and_no_foreign_resource() -> None:
    for file in PAGE.iterdir():
        text = file.read_text("utf-8")
        assert not set(text) & set("æøåÆØÅ"), file.name
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), file.name


async def test_nothing_secret_is_logged(
    room: PracticeRoom, guest: Seated, host: Seated, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        await guest.get(f"participants?token={guest.token}")
        await host.do(f"participants/{guest.id}/disconnect")
        await until(lambda: guest.ended)

    for secret in (guest.token, HOST_PIN, "Kamera", ALIAS):
        assert secret not in caplog.text


# The stand-in


async def test_the_stand_in_lets_in_locks_and_removes() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN, locked=True) as room,
        seated(room.url, name="Kamera") as guest,
        StandIn(room.url, ALIAS, HOST_PIN, "Klinikk") as host,
    ):
        await until(lambda: any(person.is_waiting for person in host.roster))
        await host.admit_all()
        await until(lambda: guest.waits() is False)
        await host.unlock()
        await until(lambda: host.locked is False and guest.room["locked"] is False)
        await host.lock()
        await until(lambda: host.locked is True)
        await until(lambda: Participant(guest.id, "Kamera") in host.roster)
        await host.remove(guest.id)
        await until(lambda: guest.ended)
        own = [person for person in host.roster if person.is_self]
        assert [(person.name, person.is_host) for person in own] == [("Klinikk", True)]


async def test_the_stand_in_outlives_its_token() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN, token_life=1.5) as room,
        StandIn(room.url, ALIAS, HOST_PIN) as host,
    ):
        loop = asyncio.get_running_loop()
        start = loop.time()
        await until(lambda: loop.time() - start > 3)
        assert host.roster


async def test_a_stand_in_with_a_wrong_pin_is_refused() -> None:
    async with PracticeRoom(ALIAS, HOST_PIN) as room:
        with pytest.raises(PartError) as caught:
            async with StandIn(room.url, ALIAS, "0000"):
                pass
    assert caught.value.fault is Fault.JOIN_REFUSED


async def test_a_stand_in_whose_room_is_gone_says_so_and_ends() -> None:
    async with PracticeRoom(ALIAS, HOST_PIN) as room:
        host = StandIn(room.url, ALIAS, HOST_PIN)
        await host.__aenter__()
        await until(lambda: bool(host.roster))
    await until(lambda: not host.roster)
    with pytest.raises(PartError) as caught:
        await host.lock()
    assert caught.value.fault is Fault.SERVER_UNREACHABLE
    async with asyncio.timeout(3):
        await host.__aexit__(None, None, None)

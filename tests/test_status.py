"""The status page's door: loopback only, no foreign page may command, everything shown as text."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.checklist.model import Answer, Checklist, Leader, Point
from agent.faults import Fault, PartError
from agent.messages import (
    Command,
    Heard,
    Joined,
    Light,
    LightFound,
    LightGround,
    Participant,
    RoomState,
    Sentence,
)
from agent.session import ListId, Rules, Session, step
from agent.status.meter import Meter, Outgoing, Readout, Spoken, measured
from agent.status.room import person, rows
from agent.status.server import COMMAND_HEADER, StatusServer
from agent.status.snapshot import Wording, snapshot

COMMANDED: list[str] = []


async def typed(text: str) -> dict[str, Any]:
    COMMANDED.append(text)
    return {"said": ["ok"]}


@pytest.fixture
async def server() -> AsyncIterator[StatusServer]:
    COMMANDED.clear()
    status = StatusServer(0, lambda: {"said": ["hei"]}, typed)
    async with status.serve():
        yield status


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


async def test_a_command_needs_the_header(
    server: StatusServer, http: aiohttp.ClientSession
) -> None:
    async with http.post(f"{server.url}/command", data="avslutt video") as answer:
        assert answer.status == 403
    assert not COMMANDED

    headers = {COMMAND_HEADER: "1"}
    async with http.post(f"{server.url}/command", data="avslutt video", headers=headers) as answer:
        assert await answer.json() == {"said": ["ok"]}
    assert COMMANDED == ["avslutt video"]


async def test_a_foreign_host_name_is_refused(
    server: StatusServer, http: aiohttp.ClientSession
) -> None:
    for path in ("/", "/events", "/page.js"):
        async with http.get(server.url + path, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403, path


async def test_an_endless_command_is_cut(server: StatusServer, http: aiohttp.ClientSession) -> None:
    headers = {COMMAND_HEADER: "1"}
    async with http.post(f"{server.url}/command", data="a" * 100_000, headers=headers) as answer:
        assert answer.status == 200
    assert len(COMMANDED[0]) <= 200


async def test_every_change_is_streamed_and_closing_ends_the_stream(
    http: aiohttp.ClientSession,
) -> None:
    status = StatusServer(0, lambda: {"said": ["hei"]}, typed)
    async with asyncio.timeout(10):
        async with status.serve():
            stream = await http.get(f"{status.url}/events")
            assert json.loads((await stream.content.readline())[6:]) == {"said": ["hei"]}
            await stream.content.readline()
            status.changed()
            assert (await stream.content.readline()).startswith(b"data:")
        stream.close()


async def test_a_port_in_use_is_told(server: StatusServer) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(PartError) as raised:
        async with StatusServer(port, dict, typed).serve():
            pass
    assert raised.value.fault is Fault.PORT_IN_USE


class Echo(dict[str, str]):
    """Words that are their own names."""

    def __missing__(self, key: str) -> str:
        return key


WORDING = Wording(
    language="nb",
    words=Echo(),
    in_form=lambda sentence: sentence.nb,
    phrases={command: command.value for command in Command},
    numbers={Command.CALL_CLINIC: ("clinic", "32 72 58 12")},
)


def shown(session: Session) -> dict[str, Any]:
    return snapshot(session, WORDING, said=[], problems=[])


def test_the_snapshot_shows_what_is_valid_and_what_is_sent() -> None:
    room = RoomState(locked=True, participants=(Participant("1", "Klinikken", is_host=True),))
    session, _ = step(Session(Rules(checklists={})), Heard(Command.START_VIDEO))
    session, _ = step(session, Joined(room))

    state = shown(session)

    rows = {row["id"]: row["value"] for row in state["rows"]}
    assert rows == {
        "video": "visit_inside",
        "picture": "picture_live",
        "sound": "sound_on",
        "room": "room_locked",
        "kept": "kept_unknown",
        "light": "light_unknown",
    }
    assert "pause_video" in state["commands"]
    assert "start_video" not in state["commands"]
    assert state["people"] == ["Klinikken (host)"]


def room_rows(room: RoomState, inside: bool = True) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {row.id: (row.values, row.alert) for row in rows(room, inside)}


KEPT_BY_NOBODY = RoomState(recording=False, streaming=False, transcribing=False)


@pytest.mark.parametrize(
    ("room", "row", "words", "alert"),
    [
        (RoomState(), "room", ["room_unknown"], False),
        (RoomState(locked=True, started=True), "room", ["room_locked"], False),
        (RoomState(locked=False), "room", ["room_open"], True),
        (RoomState(locked=True, started=False), "room", ["room_locked", "room_not_started"], False),
        (RoomState(), "kept", ["kept_unknown"], False),
        (RoomState(recording=False, streaming=False), "kept", ["kept_unknown"], False),
        (KEPT_BY_NOBODY, "kept", ["kept_no"], False),
        (RoomState(recording=True), "kept", ["kept_recording"], True),
        (RoomState(streaming=True), "kept", ["kept_streaming"], True),
        (RoomState(transcribing=True), "kept", ["kept_transcribing"], True),
        (
            *(RoomState(recording=True, streaming=False, transcribing=True), "kept"),
            *(["kept_recording", "kept_transcribing"], True),
        ),
        (RoomState(direct_media=True), "path", ["path_direct"], False),
    ],
)
def test_the_room_is_told_each_thing_in_its_own_words(
    room: RoomState, row: str, words: list[str], alert: bool
) -> None:
    assert room_rows(room)[row] == (tuple(words), alert)


def test_from_outside_nothing_is_known_of_what_is_kept() -> None:
    assert room_rows(RoomState(recording=True), inside=False).keys() == {"room"}
    assert "path" not in room_rows(RoomState(direct_media=False))


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (Participant("1", "A"), "A (guest)"),
        (Participant("1", "A", is_host=True), "A (host)"),
        (Participant("1", "A", is_self=True), "A (you)"),
        (Participant("1", "A", is_waiting=True), "A (guest, waiting)"),
        (Participant("1", "A", muted_by_host=True), "A (guest, muted_by_host)"),
        (Participant("1", "A", muted_by_self=True), "A (guest, muted_by_self)"),
        (Participant("1", "A", muted_by_self=True, muted_by_host=True), "A (guest, muted_by_host)"),
        (Participant("1", "A", is_host=True, presents=True), "A (host, presents)"),
    ],
)
def test_a_participant_is_told_with_role_place_and_who_muted(one: Participant, told: str) -> None:
    assert person(one, Echo()) == told


def test_being_muted_by_the_host_is_not_told_as_being_heard() -> None:
    session, _ = step(Session(Rules(checklists={})), Heard(Command.START_VIDEO))
    session, _ = step(session, Joined(RoomState(muted_by_host=True)))

    (row,) = (row for row in shown(session)["rows"] if row["id"] == "sound")

    assert (row["value"], row["alert"]) == ("sound_muted_by_host", True)


async def test_the_slides_are_served_while_there_are_any(http: aiohttp.ClientSession) -> None:
    slides: list[bytes] = []
    status = StatusServer(0, dict, typed, lambda: slides[-1] if slides else None)
    async with status.serve():
        async with http.get(f"{status.url}/slides.jpg") as answer:
            assert answer.status == 404
        slides.append(b"a picture")
        async with http.get(f"{status.url}/slides.jpg?1") as answer:
            assert (await answer.read(), answer.content_type) == (b"a picture", "image/jpeg")
            assert answer.headers["Cache-Control"] == "no-store"


def test_the_slides_are_told_with_who_shows_them() -> None:
    session, _ = step(Session(Rules(checklists={})), Heard(Command.START_VIDEO))
    shows = Participant("1", "Klinikken", presents=True)
    session, _ = step(session, Joined(RoomState(participants=(shows,))))

    assert snapshot(session, WORDING, [], [], slides=3)["slides"] == {
        "number": 3,
        "by": "Klinikken",
    }
    assert shown(session)["slides"] is None


def test_the_meter_shows_the_state_its_figures_the_minutes_and_what_is_muted() -> None:
    words = Echo(light_figures="{white} {noise}", light_minutes="{state} {minutes}")
    meter = Meter(
        Light.DARK,
        {"white": -2.04, "noise": 3.0},
        {Light.DARK: 1.5, Light.GOOD: 12.0},
        frozenset({Light.DARK}),
    )
    session = Session(Rules(checklists={}))
    state = snapshot(session, replace(WORDING, words=words), said=[], problems=[], meter=meter)
    rows = {row["id"]: row["value"] for row in state["rows"]}
    assert rows["light"] == "light_dark"
    assert rows["figures"] == "-2,0 3,0"
    assert rows["minutes"] == "light_good 12,0, light_dark 1,5"
    assert rows["muted"] == "light_dark"


@pytest.mark.parametrize(
    ("readout", "shown"),
    [
        (Readout(0.02, 16.0, 29.97, 180.4), "20,0 16 30 light_lux"),
        (Readout(0.02, 16.0, 29.97), "20,0 16 30 lux_unknown"),
        (Readout(), "– – – lux_unknown"),
    ],
)
def test_what_the_camera_tells_is_shown_and_lux_is_never_guessed(
    readout: Readout, shown: str
) -> None:
    words = Echo(light_exposure="{exposure} {gain} {rate} {lux}")
    rows = dict(measured(Meter(Light.GOOD, readout=readout), words))
    assert rows == {"exposure": shown}


@pytest.mark.parametrize(
    ("outgoing", "shown"),
    [
        (Outgoing(1280, 720, 29.7, 2_250_000), "1280 720 30 2,2"),
        (Outgoing(640, 360, 12.2), "640 360 12 –"),
    ],
)
def test_what_leaves_for_the_room_is_shown(outgoing: Outgoing, shown: str) -> None:
    words = Echo(sent_form="{width} {height} {rate} {mbps}")
    assert dict(measured(Meter(outgoing=outgoing), words)) == {"outgoing": shown}
    assert dict(measured(Meter(), words)) == {}


def test_what_was_said_about_the_picture_is_summed_up() -> None:
    words = Echo(warned_over="{state} {clock} {seconds}", warned_open="{state} {clock}")
    spoken = Spoken(Light.DARK, "10.14", 12.3), Spoken(Light.BLURRED, "10.20")
    rows = dict(measured(Meter(spoken=spoken), words))
    assert rows == {"warned": "light_dark 10.14 12; light_blurred 10.20"}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (LightFound(), "light_unknown"),
        (LightFound(Light.DARK, frozenset({LightGround.NOISE})), "light_dark: ground_noise"),
        (
            LightFound(Light.GOOD, frozenset(LightGround), 180.0),
            "light_good: ground_tones, ground_noise, ground_exposure, 180",
        ),
    ],
)
def test_what_the_steady_look_found_is_shown_with_its_grounds(
    found: LightFound, shown: str
) -> None:
    words = Echo(light_measured="{state}: {grounds}", light_lux="{lux}")
    session = replace(Session(Rules(checklists={})), light_found=found)
    state = snapshot(session, replace(WORDING, words=words), said=[], problems=[])
    assert {row["id"]: row["value"] for row in state["rows"]}["light_found"] == shown


def test_in_the_room_the_list_to_read_stands_there_until_another_is_open() -> None:
    def only(name: str) -> Checklist:
        words = Sentence("Sårstell", "Sårstell")
        answers = frozenset({Answer.DONE})
        asked = None if name == ListId.DURING else words
        point = Point(name, ("10a",), Leader.CLINICIAN, "ord", answers, prompt=asked)
        return Checklist(name, Sentence(name, name), (point,))

    session = Session(Rules(checklists={name: only(name) for name in ListId}))
    assert shown(session)["list"] is None

    for event in (Heard(Command.START_VIDEO), Joined(RoomState(locked=True))):
        session, _ = step(session, event)
    listed = shown(session)["list"]
    assert (listed["title"], listed["number"]) == ("under", "")
    assert [point["current"] for point in listed["points"]] == [False]

    session, _ = step(session, Heard(Command.OPEN_START))
    assert shown(session)["list"]["title"] == "oppstart"


def test_a_number_is_shown_after_it_was_asked_for() -> None:
    session = Session(Rules(checklists={}))
    for command in (Command.CALL_CLINIC, Command.CONFIRM):
        session, _ = step(session, Heard(command))
    assert shown(session)["number"] == {"who": "clinic", "value": "32 72 58 12"}


def test_the_page_holds_no_norwegian_and_no_foreign_address() -> None:
    page = Path(__file__).parent.parent / "agent" / "status" / "page"
    for file in page.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not set("æøåÆØÅ") & set(text), file.name
        assert "http" not in text, file.name


def test_in_form_is_used_for_titles() -> None:
    assert WORDING.in_form(Sentence("bokmål", "nynorsk")) == "bokmål"

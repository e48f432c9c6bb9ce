"""`hodekamera probe`: asks, places no call, uses no PIN, gives back what it was given."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from aiohttp import web

from agent.cli.probe import invited, run_probe, split
from agent.config.content import Content, load_content
from agent.config.settings import MeetingSettings, Settings
from agent.faults import Fault, PartError
from agent.meeting.base import Invitation
from agent.meeting.practice.server import PracticeRoom
from tests.fake_pexip import NOT_FOUND, FakePexip, refusal, result
from tests.practice_guest import ALIAS, HOST_PIN, seated
from tests.test_pexip_client import self_signed

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    ROOT / "agent/cli/probe.py",
    ROOT / "agent/meeting/pexip/probe.py",
    ROOT / "agent/meeting/whip/client.py",
]


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(ROOT / "config", Settings())


async def report(address: str, content: Content) -> tuple[int, list[str]]:
    """Exit status and lines."""
    lines: list[str] = []
    words = content.pages["probe"]
    status = await run_probe(address, Settings(), words, content.texts, lines.append)
    return status, lines


def has(lines: list[str], content: Content, name: str) -> bool:
    """Whether one of the lines says this."""
    pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(content.pages["probe"][name]))
    return any(re.fullmatch(r"\s*" + pattern, line) for line in lines)


SEAT = {
    **{"token": "t", "expires": "120", "participant_uuid": "u", "version": {"version_id": "36.2"}},
    **{"current_service_type": "waiting_room", "bandwidth_in": 1500, "call_type": "video"},
    "turn": [{"urls": ["turn:x"]}],
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal({"pin": "required", "guest_pin": "none", "version": {}}), ["pin_for_hosts"]),
        (refusal({"pin": "required", "guest_pin": "required", "version": {}}), ["pin_for_all"]),
        (refusal({"idp": [], "version": {"version_id": "39"}}), ["login"]),
        (refusal({"conference_extension": "standard"}), ["reception"]),
        (refusal(NOT_FOUND, 404), ["room_unknown"]),
        (refusal("Participant limit reached"), ["room_full"]),
        (refusal("something new"), ["refused"]),
        (web.Response(status=503), ["room_busy"]),
        (result(SEAT), ["no_pin", "would_wait", "with_video", "relays", "bandwidth_in"]),
        (
            result(
                {**SEAT, "current_service_type": "conference", "turn": [], "call_type": "audio"}
            ),
            ["straight_in", "audio_only", "no_relays", "token_life"],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
async def test_what_a_room_requires(
    content: Content, answer: web.Response, expected: list[str]
) -> None:
    async with FakePexip(room="123", answers={"request_token": [answer]}).serve() as node:
        node.token = "t"
        status, lines = await report(f"{node.address}/webapp/conference/123", content)

        assert status == 0
        assert has(lines, content, "node_well")
        assert has(lines, content, "not_encrypted")
        for name in expected:
            assert has(lines, content, name), (name, lines)
        assert node.pins() == []
        assert node.asked("calls") == node.asked("events") == 0
        assert node.asked("release_token") == ("no_pin" in expected or "straight_in" in expected)


async def test_a_node_under_maintenance_is_not_asked_for_a_room(content: Content) -> None:
    async with FakePexip(room="123", healthy=False).serve() as node:
        status, lines = await report(f"{node.address}/webapp/conference/123", content)

        assert status == 0
        assert has(lines, content, "node_busy")
        assert node.asked("request_token") == 0


async def test_nobody_in_the_practice_room_notices(content: Content) -> None:
    async with PracticeRoom(ALIAS, HOST_PIN) as room, seated(room.url, HOST_PIN) as host:
        before = host.names()
        status, lines = await report(f"{room.url}/{quote(ALIAS, safe='')}", content)

        assert status == 0
        assert has(lines, content, "pin_for_hosts")
        assert host.names() == before


async def test_a_certificate_that_nobody_vouches_for(content: Content, tmp_path: Path) -> None:
    async with FakePexip().serve(self_signed(tmp_path)) as node:
        status, lines = await report(node.address, content)

    assert status == 1
    assert Fault.CERTIFICATE_INVALID.value in lines[-1]


async def test_a_server_that_is_not_there(content: Content) -> None:
    status, lines = await report("http://127.0.0.1:1", content)

    assert status == 1
    assert Fault.SERVER_UNREACHABLE.value in lines[-1]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("join.example.no", ("https://join.example.no", "")),
        ("https://join.example.no/", ("https://join.example.no", "")),
        (
            "https://join.example.no/webapp/conference/998112",
            ("https://join.example.no", "998112"),
        ),
        ("https://join.example.no/webapp/conference/a%40b?x=1", ("https://join.example.no", "a@b")),
        ("http://127.0.0.1:80/rom", ("http://127.0.0.1:80", "rom")),
    ],
)
def test_an_address_is_read(address: str, expected: tuple[str, str]) -> None:
    assert split(address) == expected


@pytest.mark.parametrize("address", ["https://evil.example/1", "http://join.nhn.no/1", "http://["])
def test_only_allowed_hosts_are_asked(address: str) -> None:
    with pytest.raises(PartError) as refused:
        invited(address, MeetingSettings())

    assert refused.value.fault is Fault.HOST_NOT_ALLOWED


def test_without_an_address_the_configured_room_is_asked() -> None:
    settings = MeetingSettings(room="123456")

    assert invited(None, settings) == Invitation("https://join.nhn.no", "123456", "Hodekamera")


def test_every_word_of_the_report_is_used_and_both_forms_have_the_same_places() -> None:
    words = yaml.safe_load((ROOT / "config/pages/probe.yaml").read_text("utf-8"))
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)

    for name, forms in words.items():
        assert f'"{name}"' in code or f"['{name}']" in code, name
        assert re.findall(r"{\w+}", forms["nb"]) == re.findall(r"{\w+}", forms["nn"]), name

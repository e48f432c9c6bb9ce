"""The practice room's answers, checked by the schemas of Pexip's own `infinity-api` in Node."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from conformance import node

from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.practice.server import PracticeRoom
from tests.official_client import bundled
from tests.practice_guest import HOST_PIN

ALIAS = "ovingsrom.7@kommune"
LIMIT_S = 30.0

TRUE = (200, True)
NULL = (200, None)
UNKNOWN = "Neither conference nor gateway found"

EXPECTED: dict[str, tuple[int, object]] = {
    "no such room": (404, UNKNOWN),
    "wrong PIN": (403, "Invalid PIN"),
    "bad token": (403, "Invalid token"),
    "avatar": (404, "No image available"),
    "release again": (403, "Invalid token"),
    "theme": (204, None),
    "nonsense": (400, None),
    **dict.fromkeys(["lock", "unlock", "muteguests", "unmuteguests", "startConference"], TRUE),
    **dict.fromkeys(["unlockParticipant", "muteParticipant", "unmuteParticipant"], TRUE),
    **dict.fromkeys(["videoMuteParticipant", "videoUnmuteParticipant", "roleParticipant"], TRUE),
    **dict.fromkeys(["clientMuteParticipant", "clientUnmuteParticipant"], TRUE),
    **dict.fromkeys(["buzzParticipant", "clearbuzzParticipant", "preferredAspectRatio"], TRUE),
    **dict.fromkeys(["takeFloor", "releaseFloor", "newCandidate", "end of candidates"], NULL),
    **dict.fromkeys(["statistics", "disconnectCall", "kick"], NULL),
    **dict.fromkeys(["ack", "release"], TRUE),
}
"""Name of the step -> HTTP status and result; the result of the others is an object."""


@pytest.fixture(scope="session")
def contract(official_client: Path) -> str:
    """The program that asks."""
    return bundled(official_client, "contract.js", "--platform=node")


async def an_offer() -> str:
    """Of somebody with sound, picture and slides."""
    connection = new_connection(Route())
    for kind in ("audio", "video", "video"):
        connection.addTransceiver(kind)
    await connection.setLocalDescription(await connection.createOffer())
    described = connection.localDescription.sdp
    await close_connection(connection)
    return str(described)


@pytest.mark.parametrize("recorded_style", [False, True])
async def test_every_answer_is_one_that_the_official_functions_take(
    official_client: Path, contract: str, tmp_path: Path, recorded_style: bool
) -> None:
    program = tmp_path / "contract.mjs"
    program.write_text(contract, "utf-8")
    async with PracticeRoom(ALIAS, HOST_PIN, recorded_style=recorded_style) as room:
        given = {"host": room.url, "alias": ALIAS, "pin": HOST_PIN, "offer": await an_offer()}
        seen = await asked(official_client, program, given)

    assert not [(name, result) for name, status, result in seen if status == 0]
    got = {name: (status, result) for name, status, result in seen}
    assert {name: got[name] for name in EXPECTED} == EXPECTED
    assert {got[name][0] for name in got.keys() - EXPECTED.keys()} == {200, 403}
    assert got["no PIN"][0] == 403


async def asked(folder: Path, program: Path, given: dict[str, str]) -> list[Any]:
    """What the program saw."""
    process = await asyncio.create_subprocess_exec(
        *(str(node(folder)), str(program)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        output, _ = await process.communicate(json.dumps(given).encode())
    seen: list[Any] = json.loads(output)
    return seen

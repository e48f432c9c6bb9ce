"""Picture and sound through a real TURN server, as where UDP is blocked, and the way to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiortc import RTCIceServer

from agent.meeting.ice import with_relay
from agent.meeting.pexip import calling
from agent.messages import Joined
from tests.fake_pexip import FakePexip
from tests.far_end import until
from tests.relay import Relay, relay
from tests.visiting import next_of, visiting


@pytest_asyncio.fixture
async def turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    async with relay(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server


async def is_well(node: FakePexip) -> None:
    """Picture and sound arrive at the node."""
    await until(lambda: node.call().colour[0] > 200 and node.call().loudness > 1000, 20)


def candidates(node: FakePexip) -> set[str]:
    """The kinds of ways that our newest offer names."""
    offers = [str(body["sdp"]) for path, _, body in node.requests if path.endswith("/calls")]
    lines = (line for line in offers[-1].splitlines() if line.startswith("a=candidate:"))
    return {line.split(" typ ")[1].split()[0] for line in lines}


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_everything_goes_through_the_relay_when_the_node_wants_it_so(
    turn: Relay, transport: str
) -> None:
    seat: dict[str, object] = {"turn": turn.servers(transport), "use_relay_candidates_only": True}
    async with FakePexip(seat=seat).serve() as node, visiting(node.address, node.room) as told:
        await next_of(Joined, told)
        await is_well(node)
        assert candidates(node) == {"relay"}


async def test_a_relay_whose_certificate_is_not_vouched_for_is_not_used(
    turn: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    seat: dict[str, object] = {"turn": turn.servers("tls")}
    async with FakePexip(seat=seat).serve() as node, visiting(node.address, node.room) as told:
        await next_of(Joined, told)  # There is a direct way.
        assert "relay" not in candidates(node)


async def test_the_second_way_to_the_relay_is_tried_when_the_first_leads_nowhere(
    turn: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "CONNECT_LIMIT_S", 5.0)
    dead = {"urls": ["turn:127.0.0.1:9?transport=tcp"], "username": "a", "credential": "b"}
    seat: dict[str, object] = {
        "turn": [dead, *turn.servers("tcp")],
        "use_relay_candidates_only": True,
    }
    async with FakePexip(seat=seat).serve() as node, visiting(node.address, node.room) as told:
        await next_of(Joined, told)
        await is_well(node)
        assert node.asked("calls") == 2


async def test_a_relay_that_a_calls_answer_names_serves_the_next_call(turn: Relay) -> None:
    node = FakePexip(dead_calls=1, turn_of_calls=turn.servers("tcp"))
    async with node.serve(), visiting(node.address, node.room) as told:
        await next_of(Joined, told)
        await is_well(node)
        assert candidates(node) == {"host", "relay"}


STUN, UDP, TCP, TLS = (
    RTCIceServer(url)
    for url in ("stun:a", "turn:a?transport=udp", "turn:a?transport=tcp", "turns:a?transport=tcp")
)


@pytest.mark.parametrize(
    ("attempt", "servers"),
    [
        (0, (STUN, UDP, TCP, TLS)),
        (1, (STUN, TCP, TLS, UDP)),
        (2, (STUN, TLS, UDP, TCP)),
        (3, (STUN, UDP, TCP, TLS)),
    ],
)
def test_each_attempt_has_another_relay_first(
    attempt: int, servers: tuple[RTCIceServer, ...]
) -> None:
    assert with_relay((UDP, STUN, TCP, TLS), attempt) == servers


@pytest.mark.parametrize("attempt", range(3))
def test_without_relays_there_is_nothing_to_choose(attempt: int) -> None:
    assert with_relay((), attempt) == ()
    assert with_relay((STUN,), attempt) == (STUN,)

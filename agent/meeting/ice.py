"""PURE: which STUN and TURN servers aiortc can use, and which of them in which attempt."""

from collections.abc import Sequence

from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri


def usable(url: str) -> bool:
    """Whether aiortc takes this address of a server; it raises at any other."""
    try:
        parse_stun_turn_uri(url)
    except ValueError:
        return False
    return True


def with_relay(servers: Sequence[RTCIceServer], attempt: int) -> tuple[RTCIceServer, ...]:
    """The servers in the order for an attempt, from 0: STUN, then another relay (TURN) each time.

    aiortc asks the first relay only. One over UDP is of no use where UDP is blocked, the one over
    TLS passes nearly everywhere: whatever the node's order is, each has its turn.
    """
    direct = tuple(server for server in servers if str(server.urls).startswith("stun"))
    relays = tuple(server for server in servers if server not in direct)
    first = attempt % len(relays) if relays else 0
    return (*direct, *relays[first:], *relays[:first])

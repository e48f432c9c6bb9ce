"""Peer connections of aiortc as we want them: no foreign servers, one transport, a clean end."""

import asyncio
import logging
from dataclasses import dataclass, field

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCPeerConnection
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from agent.meeting.aiortc_hooks import ice_connections

log = logging.getLogger(__name__)

CLOSE_LIMIT_S = 1.5
HANDSHAKE_STEP_S = 0.1
"""Longer than aioice's pause between two connectivity checks."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which ways picture and sound may take."""

    servers: tuple[RTCIceServer, ...] = field(default=(), repr=False)
    """STUN and TURN servers; none but these is ever asked."""
    relay_only: bool = False
    loopback: bool = False
    """Also try 127.0.0.1: the far end is on this machine, which may have no network at all."""


def new_connection(route: Route) -> RTCPeerConnection:
    """A peer connection whose sections share one transport."""
    policy = RTCIceTransportPolicy.RELAY if route.relay_only else RTCIceTransportPolicy.ALL
    return RTCPeerConnection(
        RTCConfiguration(
            iceServers=list(route.servers),  # None would mean aiortc's default, a public server.
            iceTransportPolicy=policy,
            bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        )
    )


async def close_connection(connection: RTCPeerConnection) -> None:
    """Close a peer connection in any state; returns within `CLOSE_LIMIT_S`. Never fails.

    Closing itself is never broken off: half closed, a connection would go on encoding and
    renewing its consent for ever, and whoever closes it again would wait for ever. What takes
    longer, such as telling a relay that does not answer, goes on by itself.
    """
    closing = asyncio.ensure_future(_close(connection))
    _closing.add(closing)  # The loop alone would not keep it.
    closing.add_done_callback(_closing.discard)
    await asyncio.wait({closing}, timeout=CLOSE_LIMIT_S)
    if not closing.done():
        log.warning("A peer connection takes its time to close")


_closing: set[asyncio.Future[None]] = set()


async def _close(connection: RTCPeerConnection) -> None:
    busy = connection.iceConnectionState == "checking"
    try:
        await connection.close()
        if busy:
            # A handshake that was just succeeding goes on to its end in the closed connection,
            # and would then renew its consent for ever.
            await asyncio.sleep(HANDSHAKE_STEP_S)
            for ice in ice_connections(connection):
                await ice.close()
        # It also starts senders and receivers that closing had passed by already; they too
        # would run for ever.
        for transceiver in connection.getTransceivers():
            await transceiver.stop()
    except Exception as error:  # noqa: BLE001 - the edge to aiortc; leaving is always possible
        log.warning("A peer connection did not close: %s", type(error).__name__)

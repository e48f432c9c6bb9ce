"""Asking a node how it is and what it would require: no call, no picture, no sound, no PIN."""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from http import HTTPStatus

from agent.faults import Fault, PartError
from agent.meeting.base import Finding, Invitation
from agent.meeting.failures import BUSY
from agent.meeting.pexip.answers import Answer
from agent.meeting.pexip.models import Seat, fields, items, text
from agent.meeting.pexip.reasons import refusal
from agent.meeting.pexip.transport import Health, Transport, open_transport

DAY_S = 86_400
SOON_DAYS = 21
"""A certificate that ends within so many days is worth a warning."""


async def probe(invitation: Invitation) -> AsyncIterator[Finding]:
    """See `Probing.probe`. A room without a PIN gives a seat at once: it is given back at once."""
    async with open_transport(invitation.server, invitation.room) as transport:
        health = await transport.status()
        for finding in _about_node(health):
            yield finding
        if health.code in BUSY or not invitation.room:
            return
        answer = await transport.post(
            "request_token", body={"display_name": invitation.display_name, "direct_media": False}
        )
        seat = Seat.parse(answer.result) if answer.ok else None
        if seat is None:
            yield _about_door(answer)
            return
        await _give_back(transport, seat)
        for finding in _about_seat(answer, seat):
            yield finding


def _about_node(health: Health) -> list[Finding]:
    name = "node_busy" if health.code in BUSY else "node_well"
    found = [Finding(name, {"ms": round(health.seconds * 1000)})]
    if not health.tls:
        return [*found, Finding("not_encrypted")]
    found.append(Finding("encrypted", {"version": health.tls}))
    if health.valid_until:
        left = ssl.cert_time_to_seconds(health.valid_until) - time.time()
        days = int(left // DAY_S)
        found.append(
            Finding("certificate_soon" if days < SOON_DAYS else "certificate", {"days": days})
        )
    return found


def _about_door(answer: Answer) -> Finding:
    """What a node wants of somebody who has said nothing yet."""
    asked = fields(answer.result)
    if answer.code in BUSY:
        return Finding("room_busy")
    if "pin" in asked and "guest_pin" in asked:
        guests = text(asked.get("guest_pin")) == "required"
        return Finding("pin_for_all" if guests else "pin_for_hosts", _version(answer))
    if "idp" in asked or "redirect_url" in asked or "redirect_idp" in asked:
        return Finding("login", _version(answer))
    if "conference_extension" in asked:
        return Finding("reception", _version(answer))
    if answer.code == HTTPStatus.NOT_FOUND:
        return Finding("room_unknown")
    if refusal(text(answer.result)) is Fault.ROOM_FULL:
        return Finding("room_full")
    return Finding("refused", {"code": answer.code})


def _about_seat(answer: Answer, seat: Seat) -> list[Finding]:
    given = fields(answer.result)
    found = [Finding("no_pin", _version(answer))]
    found.append(Finding("would_wait" if seat.waiting else "straight_in"))
    kind = text(given.get("call_type")) or "video"
    found.append(Finding("audio_only" if kind == "audio" else "with_video"))
    relays = len(items(given.get("turn")))
    name = "relay_only" if seat.relay_only else "relays" if relays else "no_relays"
    found.append(Finding(name, {"count": relays}))
    for direction in ("bandwidth_in", "bandwidth_out"):
        limit = given.get(direction)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            found.append(Finding(direction, {"kbps": round(limit)}))
    if given.get("direct_media") is True:
        found.append(Finding("direct_media"))
    found.append(Finding("token_life", {"seconds": round(seat.token.life)}))
    return found


def _version(answer: Answer) -> dict[str, str]:
    """The server's version; of its text only what versions are made of."""
    told = fields(fields(answer.result).get("version"))
    plain = "".join(c for c in text(told.get("version_id")) if c.isalnum() or c in ".-")
    return {"version": plain[:20] or "–"}


async def _give_back(transport: Transport, seat: Seat) -> None:
    transport.token = seat.token.value
    with contextlib.suppress(PartError):
        await transport.post("release_token")

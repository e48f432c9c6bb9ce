"""Getting a token: the steps that a Pexip node may ask for before it gives us a seat."""

import asyncio
from http import HTTPStatus

from agent.faults import Fault, PartError
from agent.meeting.base import Invitation
from agent.meeting.failures import BUSY, NETWORK
from agent.meeting.pexip.answers import Answer
from agent.meeting.pexip.models import Fields, Seat, fields, text
from agent.meeting.pexip.reasons import refusal
from agent.meeting.pexip.transport import LONG_REQUEST_LIMIT_S, Transport

TRIES = 3
PAUSE_S = 0.5
GUEST = "none"
"""What stands in place of the PIN for a guest who has none."""


async def take_seat(transport: Transport, invitation: Invitation) -> Seat:
    """Ask for a seat in the room, or before its door when it is locked.

    The PIN is sent when the room asks for one, and once only: a room shuts itself to everybody
    after some wrong ones.
    Raises PartError (any of 4xx that is about getting in).
    """
    answer = await _ask_patiently(transport, invitation)
    prompt = fields(answer.result)
    if _wants_pin(prompt):
        answer = await _ask(transport, invitation, _pin(prompt, invitation))
        if _wants_pin(fields(answer.result)):
            raise PartError(Fault.PIN_WRONG if invitation.pin else Fault.PIN_REQUIRED)
    seat = Seat.parse(answer.result) if answer.ok else None
    if seat is None:
        raise PartError(_fault(answer))
    return seat


async def _ask_patiently(transport: Transport, invitation: Invitation) -> Answer:
    """The first request, which holds no PIN and may be repeated."""
    for attempt in range(1, TRIES):
        try:
            answer = await _ask(transport, invitation)
        except PartError as error:
            if error.fault not in NETWORK or error.fault is Fault.SERVER_SILENT:
                raise  # A silent server has been waited for long enough.
        else:
            if answer.code not in BUSY:
                return answer
        await asyncio.sleep(PAUSE_S * attempt)
    return await _ask(transport, invitation)


async def _ask(transport: Transport, invitation: Invitation, pin: str | None = None) -> Answer:
    return await transport.post(
        "request_token",
        body={"display_name": invitation.display_name, "direct_media": False},
        pin=pin,
        limit=LONG_REQUEST_LIMIT_S,
    )


def _wants_pin(prompt: Fields) -> bool:
    return "pin" in prompt and "guest_pin" in prompt and "token" not in prompt


def _pin(prompt: Fields, invitation: Invitation) -> str:
    if invitation.pin:
        return invitation.pin
    if text(prompt.get("guest_pin")) == "required":
        raise PartError(Fault.PIN_REQUIRED)
    return GUEST


def _fault(answer: Answer) -> Fault:
    """Why this answer is no seat; told by its shape, since the codes vary."""
    asked = fields(answer.result)
    if answer.code in BUSY:
        return Fault.SERVER_BUSY
    if "idp" in asked or "redirect_url" in asked or "redirect_idp" in asked:
        return Fault.LOGIN_REQUIRED
    if "conference_extension" in asked:
        return Fault.ROOM_NUMBER_REQUIRED
    if answer.ok:
        return Fault.NOT_A_MEETING_SERVER
    fault = refusal(text(answer.result))
    if fault is Fault.JOIN_REFUSED and answer.code == HTTPStatus.NOT_FOUND:
        return Fault.ROOM_UNKNOWN
    return fault

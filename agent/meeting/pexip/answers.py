"""What a node answers, read with care: the network or a stranger may answer in its place."""

import json
import logging
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

from agent.faults import Fault, PartError
from agent.meeting.failures import BUSY, is_login_page

log = logging.getLogger(__name__)

ANSWER_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A node's answer. Its `status` field is not used: it says `success` to refusals too."""

    code: int
    """HTTP status."""
    result: object = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the request was carried out."""
        return self.code == HTTPStatus.OK


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """What a node answers. Raises PartError: it is no node, or the network answers in its place."""
    if response.status in BUSY:
        return Answer(response.status)  # Some of these come as plain text.
    if is_login_page(response.status, response.content_type):
        log.warning("A page of the network in place of an answer: HTTP %d", response.status)
        raise PartError(Fault.NETWORK_LOGIN)
    if response.content_type != "application/json":
        log.warning("Not a meeting server: HTTP %d without JSON", response.status)
        raise PartError(Fault.NOT_A_MEETING_SERVER)
    body = await read_body(response, ANSWER_BYTES)
    if body is None:
        raise PartError(Fault.NOT_A_MEETING_SERVER)
    return Answer(response.status, _result(body))


async def read_body(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """What a node answers; None: more than `most` bytes."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)


def _result(body: bytes) -> object:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise PartError(Fault.NOT_A_MEETING_SERVER) from None
    if not isinstance(envelope, dict) or "result" not in envelope:
        raise PartError(Fault.NOT_A_MEETING_SERVER)
    return envelope["result"]

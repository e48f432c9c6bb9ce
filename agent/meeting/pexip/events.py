"""The node's event stream (Server-Sent Events), kept open for the whole visit."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator

from agent.faults import Fault, PartError
from agent.meeting.pexip.roster import ServerEvent
from agent.meeting.pexip.transport import Transport

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
MESSAGE_BYTES = 1_000_000


async def server_events(transport: Transport, life: float) -> AsyncGenerator[ServerEvent, None]:
    """All events of a visit; the stream is opened again when it breaks.

    life: for how many seconds the stream may be missing: as long as a token lasts.
    Raises PartError(CONNECTION_LOST) after that. Close it with `contextlib.aclosing`.
    """
    loop = asyncio.get_running_loop()
    lost_at = loop.time()
    attempt = 0
    while loop.time() - lost_at < life:
        heard = False
        try:
            async with transport.stream() as pieces:
                messages = MessageParser()
                async for piece in pieces:
                    heard, attempt = True, 0
                    for event in messages.feed(piece):
                        yield event
            log.info("The event stream ended")
        except (PartError, ValueError) as error:
            log.info("The event stream broke: %s", type(error).__name__)
        if heard:  # However long ago: a quiet room says nothing for minutes.
            lost_at = loop.time()
        attempt += 1
        await asyncio.sleep(min(attempt, LONGEST_PAUSE_S))
    raise PartError(Fault.CONNECTION_LOST)


class MessageParser:
    """Finds the messages in a stream of bytes, wherever it is cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = ""
        self._id = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The messages that are complete with this piece.

        Raises ValueError when a message is larger than `MESSAGE_BYTES`.
        """
        self._size += len(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._line(line.removesuffix(b"\r").decode("utf-8", "replace"))
        if self._size > MESSAGE_BYTES:
            raise ValueError("a message without end")

    def _line(self, line: str) -> Iterator[ServerEvent]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._name = value
            case "id":
                self._id = value
            case "data":
                self._data.append(value)
            case "" if not line:
                yield from self._message()

    def _message(self) -> Iterator[ServerEvent]:
        name, identity, data = self._name, self._id, "\n".join(self._data)
        self._name, self._id, self._data, self._size = "", "", [], len(self._rest)
        if not name:
            return
        try:
            yield ServerEvent(name, json.loads(data or "null"), identity)
        except (ValueError, RecursionError):
            log.warning("An event without meaning was left out")

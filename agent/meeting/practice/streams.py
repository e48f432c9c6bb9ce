"""The event streams: one per participant, bounded, begun anew when somebody cannot keep up."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress

from agent.mailbox import Mailbox
from agent.meeting.practice import wire
from agent.meeting.practice.news import Notice

PLACES = 256
ALIVE_S = 10.0
"""Seconds between two signs of life on an idle stream."""

_ALIVE = b": keepalive\n\n"


class Streams:
    """Who listens, and what each has yet to be told."""

    def __init__(self) -> None:
        self._boxes: dict[str, Mailbox[bytes]] = {}

    async def listen(self, listener: str, opening: bytes) -> AsyncGenerator[bytes, None]:
        """What is to be written to a participant, until it is over.

        A participant has one stream: an older one ends. It ends as well when the listener lags
        behind by `PLACES` events; the next one begins with the whole roster.
        """
        self.close(listener)
        box: Mailbox[bytes] = Mailbox(PLACES)
        box.put(opening)
        self._boxes[listener] = box
        try:
            while box.lost == 0:
                try:
                    async with asyncio.timeout(ALIVE_S):
                        message = await anext(box)
                except TimeoutError:
                    message = _ALIVE
                except StopAsyncIteration:
                    return
                yield message
        finally:
            if self._boxes.get(listener) is box:
                del self._boxes[listener]

    def send(self, notices: Iterable[Notice]) -> None:
        """Tell each what concerns it; those who do not listen learn it when they do."""
        for notice in notices:
            self.put(notice.to, wire.notice(notice))

    def put(self, listener: str, message: bytes) -> None:
        """Tell one participant one thing."""
        with suppress(KeyError):
            self._boxes[listener].put(message)

    def close(self, listener: str) -> None:
        """End a participant's stream after what is still to be told."""
        box = self._boxes.pop(listener, None)
        if box is not None:
            box.close()

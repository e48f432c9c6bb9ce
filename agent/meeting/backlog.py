"""What waits to be decoded is bounded.

aiortc puts everything that it receives into an endless queue before its decoder's thread. On a
machine that cannot keep up, picture and sound then come later and later, memory grows, and hanging
up blocks the event loop until all of it has been decoded.
"""

import queue
import threading
from typing import Any

from aiortc import RTCPeerConnection

from agent.meeting.aiortc_hooks import replace_decoder_queues

PLACES = 32
"""Pictures or pieces of sound that wait at most: a second of picture, 0.6 s of sound."""


class Backlog(queue.Queue[Any]):
    """What waits for the decoder. When it is full, all of it goes: live media is never late."""

    def __init__(self, lost: threading.Event) -> None:
        """lost: set when something was dropped; the receiver then asks for a key frame."""
        super().__init__()
        self._lost = lost

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Never waits. None, the end, is let through always."""
        if item is not None and self.qsize() >= PLACES:
            self._drop()
        super().put(item)

    def _drop(self) -> None:
        self._lost.set()
        try:
            while True:
                self.get_nowait()
        except queue.Empty:
            return


def bound(connection: RTCPeerConnection) -> None:
    """Bound every receiver of a connection. Call it before the connection is made."""
    replace_decoder_queues(connection, Backlog)

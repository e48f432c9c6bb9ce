"""What arrives is live: nothing of it waits for long, and what waits is bounded.

aiortc holds back four pieces of sound always, 80 ms, and all of them when one is lost, until twelve
more are there: a third of a second of silence, after which everything stays so much later. It also
puts everything that it receives into an endless queue before its decoder's thread. On a machine
that cannot keep up, picture and sound then come later and later, memory grows, and hanging up
blocks the event loop until all of it has been decoded.
"""

import queue
import threading
from typing import Any

from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from agent.meeting.aiortc_hooks import replace_decoder_queues, replace_sound_buffers

PLACES = 32
"""Pictures or pieces of sound that wait at most: a second of picture, 0.6 s of sound."""

LATE = 100
"""A packet that is behind the newest by less than this is late; by more, the stream began anew."""


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


class Straight:
    """Sound goes to the decoder as it comes; what was overtaken on the way is left out.

    Each packet is a whole piece of sound (RFC 7587), so there is nothing to put together. The
    jitter of the net is made up for where the sound is played (`agent.playout`), what is missing in
    `agent.meeting.sound`.
    """

    def __init__(self) -> None:
        self._newest: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Whether a key frame is needed, which sound has none of; and what can be decoded now."""
        number = packet.sequence_number
        if self._newest is not None and (self._newest - number) % 65536 < LATE:
            return False, None
        self._newest = number
        data: bytes = packet._data  # type: ignore[attr-defined]  # where the receiver puts it
        # An empty one would be the end of the stream to the decoder.
        return False, JitterFrame(data, packet.timestamp) if data else None


def receive_live(connection: RTCPeerConnection) -> None:
    """Let nothing wait in the receivers of a connection. Call it before the connection is made."""
    replace_decoder_queues(connection, Backlog)
    replace_sound_buffers(connection, Straight)

"""The video track that the room sees. It decides alone which picture leaves."""

import asyncio
import contextlib
from collections.abc import Mapping
from fractions import Fraction

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from agent.frames import Pixels, VideoFrame
from agent.messages import Picture, Zoom
from agent.video.picture import card, fitted, to_i420, zoomed

CLOCK_RATE = 90_000
"""Ticks of a video timestamp per second (RFC 3551)."""

CARD_PAUSE_S = 0.2
"""Cards do not move; five a second keep the connection alive and a newcomer informed."""

STALE_S = 1.0
"""A camera picture older than this is not shown as live."""

_SHOWS_CAMERA = frozenset({Picture.LIVE, Picture.FROZEN})


class CameraTrack(MediaStreamTrack):
    """Sends the newest camera picture, a frozen one, or a card. A new track sends nothing live."""

    kind = "video"

    def __init__(self, cards: Mapping[Picture, str], width: int, height: int) -> None:
        """cards: the text for every kind of picture that shows no camera.
        width, height: of all that is sent, in pixels; made even, as 4:2:0 needs it.
        """
        super().__init__()
        self._size = width // 2 * 2, height // 2 * 2
        self._cards = {kind: to_i420(card(text, *self._size)) for kind, text in cards.items()}
        self._picture = Picture.NOTHING
        self._zoom = Zoom.NORMAL
        self._newest: VideoFrame | None = None
        self._frozen: VideoFrame | None = None
        self._fresh = asyncio.Event()
        self._began: float | None = None
        self._last_pts = -1
        self.live = 0
        """Camera pictures sent, frozen ones included."""
        self.cards = 0
        """Cards sent."""

    def offer(self, frame: VideoFrame) -> None:
        """The camera's newest picture replaces the one before. Never waits.

        While cards are shown no camera picture is kept.
        """
        if self._picture is Picture.LIVE:
            self._newest = frame
            self._fresh.set()

    def transmit(self, picture: Picture, zoom: Zoom) -> None:
        """Show this from the next picture on. Freezing keeps the picture that is newest now."""
        if picture is Picture.FROZEN and self._picture is not Picture.FROZEN:
            self._frozen = self._newest
        elif picture is not Picture.FROZEN:
            self._frozen = None
        if picture is not Picture.LIVE:
            self._newest = None
            self._fresh.clear()
        self._picture, self._zoom = picture, zoom

    async def recv(self) -> av.VideoFrame:
        """The next picture, when there is one. Timestamps always rise. Called by the sender."""
        if self.readyState != "live":
            raise MediaStreamError
        shown = await self._choose()
        if shown is None:
            self.cards += 1
            pixels = self._card()
        else:
            self.live += 1
            pixels = self._camera(shown)
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts, frame.time_base = self._timestamp(), Fraction(1, CLOCK_RATE)
        return frame

    async def _choose(self) -> VideoFrame | None:
        """The camera picture to send; None: the card."""
        if self._picture is Picture.LIVE:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STALE_S):
                    await self._fresh.wait()
        else:
            await asyncio.sleep(CARD_PAUSE_S)
        # What may leave is read after the wait: it may have changed meanwhile.
        if self._picture is Picture.FROZEN:
            return self._frozen
        if self._picture is not Picture.LIVE or not self._fresh.is_set():
            return None
        self._fresh.clear()
        return self._newest

    def _camera(self, frame: VideoFrame) -> Pixels:
        return to_i420(fitted(zoomed(frame.pixels, self._zoom), *self._size))

    def _card(self) -> Pixels:
        waiting = self._picture in _SHOWS_CAMERA
        return self._cards[Picture.WAITING_CARD if waiting else self._picture]

    def _timestamp(self) -> int:
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        self._last_pts = max(self._last_pts + 1, int((now - self._began) * CLOCK_RATE))
        return self._last_pts

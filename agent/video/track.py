"""The video track that the room sees. It decides alone which picture leaves."""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Mapping
from fractions import Fraction

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from agent.frames import Pixels, VideoFrame
from agent.messages import Picture, Zoom
from agent.video.ladder import Ladder, Rung
from agent.video.picture import card, fitted, to_i420, zoomed
from agent.video.stabiliser import MIDDLE, Stabiliser

CLOCK_RATE = 90_000
"""Ticks of a video timestamp per second (RFC 3551)."""

CARD_PAUSE_S = 0.2
"""Cards do not move; five a second keep the connection alive and a newcomer informed."""

PACE = 0.9
"""Of the time between two pictures: a camera that comes a little early is not skipped."""

STALE_S = 1.0
"""A camera picture older than this is not shown as live."""

RATE_PICTURES = 30
"""So many of the last pictures tell how many leave in a second."""

_CARDS = (Picture.NOTHING, Picture.WAITING_CARD, Picture.PAUSE_CARD, Picture.ENDED_CARD)


class CameraTrack(MediaStreamTrack):
    """Sends the newest camera picture, a frozen one, or a card. A new track sends nothing live."""

    kind = "video"

    def __init__(
        self, cards: Mapping[Picture, str], width: int, height: int, *, steady: bool = False
    ) -> None:
        """cards: the text for every kind of picture that shows no camera.
        width, height: of all that is sent, in pixels; made even, as 4:2:0 needs it. Smaller
            when there are too few bits for it.
        steady: a zoomed view follows the motif.
        """
        super().__init__()
        self._ladder = Ladder(width, height)
        self._rung = self._ladder.rung
        self._texts = {kind: cards[kind] for kind in _CARDS}
        self._cards: dict[Picture, Pixels] = {}
        self._picture = Picture.NOTHING
        self._zoom = Zoom.NORMAL
        self._steady = steady
        self._stabiliser: Stabiliser | None = None
        self._shift = MIDDLE
        self._newest: VideoFrame | None = None
        self._offered_at = -math.inf
        self._frozen: VideoFrame | None = None
        self._fresh = asyncio.Event()
        self._began: float | None = None
        self._last_pts = -1
        self._sent_at = -math.inf
        self._lately: deque[float] = deque(maxlen=RATE_PICTURES)
        self.bitrate: int | None = None
        """Bits per second that the picture may take; None: nothing is known yet."""
        self.live = 0
        """Camera pictures sent, frozen ones included."""
        self.cards = 0
        """Cards sent."""

    def offer(self, frame: VideoFrame) -> None:
        """The camera's newest picture replaces the one before. Never waits.

        While cards are shown no camera picture is kept.
        """
        if self._picture is Picture.LIVE:
            self._newest, self._offered_at = frame, _now()
            self._fresh.set()

    def adapt(self, bitrate: int) -> None:
        """From the next picture on, send what fits into so many bits per second."""
        self.bitrate = bitrate
        rung = self._ladder.fit(_now(), bitrate)
        if (rung.width, rung.height) != (self._rung.width, self._rung.height):
            self._cards.clear()
        self._rung = rung

    def transmit(self, picture: Picture, zoom: Zoom) -> None:
        """Show this from the next picture on. Freezing keeps the picture that is newest now."""
        if picture is not Picture.FROZEN:
            self._frozen = None
        elif self._picture is not Picture.FROZEN:
            self._frozen = self._current()
        if picture is not Picture.LIVE:
            self._newest = None
            self._fresh.clear()
            self._lately.clear()
        if zoom is not self._zoom:
            self._shift = MIDDLE
        # It remembers the picture before, so it goes with the live pictures.
        if picture is not Picture.LIVE or not self._steady or zoom is Zoom.NORMAL:
            self._stabiliser = None
        elif self._stabiliser is None or zoom is not self._zoom:
            self._stabiliser = Stabiliser(zoom)
        self._picture, self._zoom = picture, zoom

    def stop(self) -> None:
        """End the track; it keeps no picture."""
        super().stop()
        self._newest = self._frozen = self._stabiliser = None

    @property
    def sent_live(self) -> Rung | None:
        """The size and the rate of the camera pictures that leave now; None: none do."""
        if self._picture is not Picture.LIVE or len(self._lately) < 2:
            return None
        first, last = self._lately[0], self._lately[-1]
        if _now() - last > STALE_S:
            return None
        rate = (len(self._lately) - 1) / max(last - first, 1e-3)
        return Rung(self._rung.width, self._rung.height, rate)

    async def recv(self) -> av.VideoFrame:
        """The next picture, when there is one. Timestamps always rise. Called by the sender.

        Raises MediaStreamError after `stop`.
        """
        if self.readyState == "live":
            await self._wait()
        # What may leave is read after the wait: it may have changed meanwhile.
        if self.readyState != "live":
            raise MediaStreamError
        shown = self._frozen if self._picture is Picture.FROZEN else self._take()
        if shown is None:
            self.cards += 1
            pixels = self._card()
        else:
            self.live += 1
            self._lately.append(_now())
            if self._stabiliser is not None and self._picture is Picture.LIVE:
                self._shift = self._stabiliser.follow(shown.pixels, _now())
            pixels = self._camera(shown)
        frame = _frame(pixels)
        self._sent_at = _now()
        frame.pts, frame.time_base = self._timestamp(), Fraction(1, CLOCK_RATE)
        return frame

    async def _wait(self) -> None:
        """Until the camera's next picture, or until a still picture is due again."""
        if self._picture is not Picture.LIVE:
            await asyncio.sleep(CARD_PAUSE_S)
            return
        until = max(_now() + CARD_PAUSE_S, self._offered_at + STALE_S)
        await asyncio.sleep(self._sent_at + PACE / self._rung.rate - _now())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._fresh.wait()

    def _take(self) -> VideoFrame | None:
        """The live picture that has not been sent yet."""
        if not self._fresh.is_set():
            return None
        self._fresh.clear()
        return self._current()

    def _current(self) -> VideoFrame | None:
        """The newest live picture, unless the camera has stopped since."""
        return self._newest if _now() - self._offered_at <= STALE_S else None

    def _camera(self, frame: VideoFrame) -> Pixels:
        # A still has time: whatever the link is like, it is sent at full size.
        rung = self._ladder.rung if self._picture is Picture.FROZEN else self._rung
        view = zoomed(frame.pixels, self._zoom, self._shift)
        return to_i420(fitted(view, rung.width, rung.height))

    def _card(self) -> Pixels:
        kind = self._picture if self._picture in self._texts else Picture.WAITING_CARD
        if kind not in self._cards:
            drawn = card(self._texts[kind], self._rung.width, self._rung.height)
            self._cards[kind] = to_i420(drawn)
        return self._cards[kind]

    def _timestamp(self) -> int:
        now = _now()
        if self._began is None:
            self._began = now
        self._last_pts = max(self._last_pts + 1, int((now - self._began) * CLOCK_RATE))
        return self._last_pts


def _frame(planes: Pixels) -> av.VideoFrame:
    """Planar YUV for an encoder, without a copy where its library can: a copy takes 2 ms."""
    height = planes.shape[0] * 2 // 3
    if height % 4:  # It would look for the last plane half a line too early.
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")
    return av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")


def _now() -> float:
    """The loop's clock: monotonic, and virtual in tests."""
    return asyncio.get_running_loop().time()

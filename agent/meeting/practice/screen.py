"""What a participant sends as picture or as slides: only the newest is kept."""

import asyncio

import av

from agent.frames import Pixels
from agent.meeting.practice.picture import MOST_HEIGHT, MOST_WIDTH, planes
from agent.meeting.practice.tracks import PICTURE_S

STALE_S = 3.0
"""A picture older than this is not shown as if it were live."""


class Screen:
    """The newest picture of one stream."""

    def __init__(self, most: tuple[int, int] = (MOST_WIDTH, MOST_HEIGHT)) -> None:
        """most: width and height in pixels that a picture is made to fit."""
        self.newest: Pixels | None = None
        """As I420, however old."""
        self._most = most
        self._at = 0.0

    @property
    def picture(self) -> Pixels | None:
        """The newest picture if it is live."""
        return self.newest if self._now() - self._at < STALE_S else None

    def put(self, frame: av.VideoFrame) -> bool:
        """A picture has come in; False: it comes so soon after the last that it is left out."""
        if self._now() - self._at < PICTURE_S / 2:
            return False
        self.newest, self._at = planes(frame, self._most), self._now()
        return True

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

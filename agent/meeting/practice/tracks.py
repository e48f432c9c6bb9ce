"""What each participant gets: one sound and one picture whose sources may change.

Swapping tracks inside a call would begin their timestamps anew and freeze the receiver; so the
track stays, its timestamps go on rising, and what it shows changes.

Every picture is decoded once and encoded once for each viewer, sound is mixed. Sound has to be:
a participant hears everybody else in one stream. Pictures could be forwarded as they came where
sender and viewer have agreed on the same codec, but aiortc 1.16 is not made for it: its receiver
hands on decoded pictures only, and a sender that is given packets does not answer a viewer's
request for a key frame (`RTCRtpSender._next_encoded_frame`), so that whoever comes later or loses
a packet sees nothing until the camera happens to send one. The card, the change from one person to
the next and a viewer with a narrower line would need an encoder all the same. What it costs is
measured by `python -m bench.viewer`.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import VIDEO_CLOCK_RATE, VIDEO_TIME_BASE, MediaStreamError

from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Pixels
from agent.meeting.practice.mixing import Playout, mix
from agent.meeting.practice.picture import CARD_PHASES, card

PICTURE_S = 1 / 25
"""Between two pictures at least, on the average."""

REPEAT_S = 0.4
"""A picture is sent again when no new one has come for so long: a viewer that lost it gets it."""

SLIDES_REPEAT_S = 1.0
"""The same for slides, which change seldom."""

FORGET_S = 0.2
"""Sound that was not fetched for so long is not made up for."""

_SOUND_TIME_BASE = Fraction(1, SAMPLE_RATE)


class SoundOut(MediaStreamTrack):
    """Everybody else's sound added up: 20 ms frames, 16 kHz, twice the same channel."""

    kind = "audio"

    def __init__(self, heard: Callable[[], Collection[str]]) -> None:
        """`heard` tells who is heard at this moment."""
        super().__init__()
        self._heard = heard
        self._playouts: dict[str, Playout] = {}
        self._due: float | None = None
        self._pts = 0

    def put(self, speaker: str, frame: AudioFrame) -> None:
        """The next 20 ms of a speaker have arrived."""
        self._playouts.setdefault(speaker, Playout()).put(frame.samples)

    def forget(self, speaker: str) -> None:
        """This speaker is gone."""
        self._playouts.pop(speaker, None)

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms, when they are due. Called by the sender."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._tick()
        heard = self._heard()
        for silenced in self._playouts.keys() - set(heard):
            del self._playouts[silenced]
        taken = [playout.take() for playout in self._playouts.values()]
        samples = mix([voice for voice in taken if voice is not None])
        # In both channels: the encoder wants two, and FFmpeg would take 3 dB off mono sound.
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = _SOUND_TIME_BASE
        frame.pts = self._pts
        self._pts += FRAME_SAMPLES
        return frame

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._due is None or now - self._due > FORGET_S:
            self._due = now
        await asyncio.sleep(max(0.0, self._due - now))
        self._due += FRAME_SECONDS


class Bell:
    """Wakes everybody who waits for a new picture."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There is something new."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, limit: float) -> None:
        """Until it rings, at most `limit` seconds. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            await self._rung.wait()


class PictureOut(MediaStreamTrack):
    """The newest picture of whoever is shown at this moment, or the waiting card."""

    kind = "video"

    def __init__(self, shown: Callable[[], Pixels | None], bell: Bell) -> None:
        """`shown` gives the picture to show (I420), None: the card; `bell` rings for new ones."""
        super().__init__()
        self._shown = shown
        self._bell = bell
        self._start = asyncio.get_running_loop().time()
        self._due = self._start
        self._sent = self._start
        self._last: Pixels | None = None
        self._cards = 0

    async def recv(self) -> av.VideoFrame:
        """The next picture, at most 25 a second. Called by the sender."""
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._due - loop.time()))
        frame = av.VideoFrame.from_ndarray(await self._next(), "yuv420p")
        now = loop.time()
        frame.pts = int((now - self._start) * VIDEO_CLOCK_RATE)
        frame.time_base = VIDEO_TIME_BASE
        # Counted from when it was due, so that uneven arrivals do not lower the rate.
        self._due = max(self._due + PICTURE_S, now + PICTURE_S / 2)
        self._sent = now
        return frame

    async def _next(self) -> Pixels:
        """A new picture as soon as there is one, else the last again after `REPEAT_S`."""
        until = self._sent + REPEAT_S
        while (picture := self._shown()) is self._last:
            try:
                await self._bell.wait(until - asyncio.get_running_loop().time())
            except TimeoutError:
                break
        self._last = picture
        if picture is not None:
            return picture
        self._cards += 1
        return card(self._cards % CARD_PHASES)


class SlidesOut(PictureOut):
    """The slides of whoever shows some, and nothing at all while nobody does."""

    async def _next(self) -> Pixels:
        until = self._sent + SLIDES_REPEAT_S
        while True:
            slides = self._shown()
            now = asyncio.get_running_loop().time()
            if slides is not None and (slides is not self._last or now >= until):
                self._last = slides
                return slides
            with suppress(TimeoutError):
                await self._bell.wait(max(until - now, SLIDES_REPEAT_S))

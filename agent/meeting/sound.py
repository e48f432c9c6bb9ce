"""The nurse's sound on its way into the room, and the room's sound on its way to her ear."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Samples

KEPT_FRAMES = 10
"""How many frames wait at most, 200 ms: live sound that is older is of no use."""

PATIENCE_S = 0.06
"""A frame that is later than this is not waited for: silence goes out."""

FILLED_FRAMES = 3
"""At most so many lost frames are made up for, 60 ms: what is missing for longer was not sent."""

FALL = 0.5
"""How loud each of them is beside the one before it."""

_SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.int16)
_TIME_BASE = Fraction(1, SAMPLE_RATE)


class MicrophoneTrack(MediaStreamTrack):
    """The audio track that we send: 20 ms frames, mono, 16 kHz.

    Its pace is the microphone's: a frame goes out as soon as it is there, so that none waits, and
    none is lost because the microphone's clock is not this one's. Receivers make up for that, as
    in every call. Silence has the pace of our clock.

    Sound is let through or held back *here*, at the source: held back it is never encoded, and
    digital silence goes out in its place. A new track holds everything back.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[AudioFrame] = deque(maxlen=KEPT_FRAMES)
        self._filled = asyncio.Event()
        self._open = False
        self._due: float | None = None
        self._pts = 0
        self._offset: int | None = None
        """From the microphone's stream to our timestamps."""
        self.sent = 0
        """Frames of real sound, as opposed to filled-in silence, that were handed on."""
        self.lost = 0
        """Frames that were dropped because they came too late or nobody fetched them in time."""

    def transmit(self, sound: bool) -> None:
        """Let sound through, or hold it back from this moment on, waiting frames included."""
        self._open = sound
        if not sound:
            self._offset = None
            self._frames.clear()
            self._filled.clear()

    def offer(self, frame: AudioFrame) -> None:
        """Hand over the next frame from the microphone; on the event loop, never waits."""
        if not self._open:
            return
        if len(self._frames) == KEPT_FRAMES:
            self.lost += 1
        self._frames.append(frame)
        self._filled.set()

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms: sound as soon as there is any, else silence when it is due.

        Timestamps rise by 320 from frame to frame, by more where sound was lost. Called by the
        sender.
        """
        if self.readyState != "live":
            raise MediaStreamError
        await self._wait()
        samples = self._take()
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = _TIME_BASE
        frame.pts = self._pts
        self._pts += FRAME_SAMPLES
        return frame

    async def _wait(self) -> None:
        """Until there is sound, or until silence is due instead of it."""
        now = asyncio.get_running_loop().time
        if self._due is None or now() - self._due > KEPT_FRAMES * FRAME_SECONDS:
            self._due = now()
        if not self._open:
            await asyncio.sleep(self._due - now())
        elif not self._frames:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._due + PATIENCE_S):
                    await self._filled.wait()
        self._due = (now() if self._frames else self._due) + FRAME_SECONDS

    def _take(self) -> Samples:
        """Sound, or silence; `_pts` is then where it belongs."""
        while self._frames:
            frame = self._frames.popleft()
            if not self._frames:
                self._filled.clear()
            late = self._pts - frame.start - (self._offset or 0)
            if self._offset is None or abs(late) > KEPT_FRAMES * FRAME_SAMPLES:
                self._offset, late = self._pts - frame.start, 0  # Another stream, or a long pause.
            if late <= 0:
                self._pts -= late
                self.sent += 1
                return frame.samples
            self.lost += 1  # Silence has gone out in its place.
        return _SILENCE


async def play(track: MediaStreamTrack, play_room: Callable[[AudioFrame], None]) -> None:
    """Hand a remote audio track on as `AudioFrame`s, without pause, until the track ends.

    track: any rate and number of channels; read at once, since an unread track piles up.
    play_room: gets mono frames at 16 kHz; up to 60 ms that the network lost are made up for by
        what was heard before, fading.
    """
    cutter = FrameCutter()
    while True:
        try:
            received = await track.recv()
        except MediaStreamError:
            return
        if isinstance(received, av.AudioFrame):
            for frame in cutter.cut(received):
                play_room(frame)


class FrameCutter:
    """Turns decoded sound of any format into a stream of `AudioFrame`s."""

    def __init__(self) -> None:
        self._resampler = _resampler()
        self._format: tuple[str, str, int] | None = None
        self._start = 0
        self._due: int | None = None
        """The timestamp, in samples at its own rate, that follows what came last."""
        self._last: Samples = _SILENCE
        self.filled = 0
        """Frames that stand for lost ones."""

    def cut(self, received: av.AudioFrame) -> Iterator[AudioFrame]:
        """The frames that are complete with this piece of sound, none to several."""
        form = (received.format.name, received.layout.name, received.sample_rate)
        if form != self._format:  # A resampler keeps to the first format that it is given.
            self._format = form
            self._resampler = _resampler()
            self._due = None
        for _ in range(self._missing(received)):
            self.filled += 1
            self._last = (self._last[::-1] * FALL).astype(np.int16)
            yield self._next(self._last)
        received.pts = None  # A gap in time would otherwise unsettle the resampler.
        for piece in self._resampler.resample(received):
            self._last = piece.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            yield self._next(self._last)

    def _next(self, samples: Samples) -> AudioFrame:
        frame = AudioFrame(samples, self._start)
        self._start += FRAME_SAMPLES
        return frame

    def _missing(self, received: av.AudioFrame) -> int:
        """How many frames were lost before this piece; 0 where that cannot be told."""
        if received.pts is None or received.time_base is None:
            self._due = None
            return 0
        at = round(received.pts * received.time_base * received.sample_rate)
        gap = 0 if self._due is None else (at - self._due) / received.sample_rate
        self._due = at + received.samples
        lost = round(gap / FRAME_SECONDS)
        return lost if 0 < lost <= FILLED_FRAMES else 0


def _resampler() -> av.AudioResampler:
    return av.AudioResampler("s16", "mono", SAMPLE_RATE, frame_size=FRAME_SAMPLES)

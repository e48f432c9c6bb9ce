"""The nurse's sound on its way into the room, and the room's sound on its way to her ear."""

import asyncio
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

_SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.int16)
_TIME_BASE = Fraction(1, SAMPLE_RATE)


class MicrophoneTrack(MediaStreamTrack):
    """The audio track that we send: 20 ms frames, mono, 16 kHz, in an even flow.

    Sound is let through or held back *here*, at the source: held back it is never encoded, and
    digital silence goes out in its place. A new track holds everything back.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[Samples] = deque(maxlen=KEPT_FRAMES)
        self._open = False
        self._due: float | None = None
        self._pts = 0
        self.sent = 0
        """Frames of real sound, as opposed to filled-in silence, that were handed on."""
        self.lost = 0
        """Frames that were dropped because nobody fetched them in time."""

    def transmit(self, sound: bool) -> None:
        """Let sound through, or hold it back from this moment on, waiting frames included."""
        self._open = sound
        if not sound:
            self._frames.clear()

    def offer(self, frame: AudioFrame) -> None:
        """Hand over the next frame from the microphone; on the event loop, never waits."""
        if not self._open:
            return
        if len(self._frames) == KEPT_FRAMES:
            self.lost += 1
        self._frames.append(frame.samples)

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms, when they are due: sound if there is any, else silence.

        Timestamps rise by 320 from frame to frame, whatever happens. Called by the sender.
        """
        if self.readyState != "live":
            raise MediaStreamError
        await self._tick()
        # The same sound in both channels: aiortc's Opus encoder takes 3 dB off a single one.
        both = np.repeat(self._take(), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(both, "s16", "stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = _TIME_BASE
        frame.pts = self._pts
        self._pts += FRAME_SAMPLES
        return frame

    async def _tick(self) -> None:
        """Wait for the next 20 ms; a short delay is caught up with, a long one is forgotten."""
        now = asyncio.get_running_loop().time()
        if self._due is None or now - self._due > KEPT_FRAMES * FRAME_SECONDS:
            self._due = now
            self.lost += len(self._frames)
            self._frames.clear()
        await asyncio.sleep(max(0.0, self._due - now))
        self._due += FRAME_SECONDS

    def _take(self) -> Samples:
        if not self._frames:
            return _SILENCE
        self.sent += 1
        return self._frames.popleft()


async def play(track: MediaStreamTrack, play_room: Callable[[AudioFrame], None]) -> None:
    """Hand a remote audio track on as `AudioFrame`s, without pause, until the track ends.

    track: any rate and number of channels; read at once, since an unread track piles up.
    play_room: gets mono frames at 16 kHz; `start` counts what was received, so that sound lost
        on the network is not seen in it.
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

    def cut(self, received: av.AudioFrame) -> Iterator[AudioFrame]:
        """The frames that are complete with this piece of sound, none to several."""
        form = (received.format.name, received.layout.name, received.sample_rate)
        if form != self._format:  # A resampler keeps to the first format that it is given.
            self._format = form
            self._resampler = _resampler()
        received.pts = None  # A gap in time would otherwise unsettle the resampler.
        for piece in self._resampler.resample(received):
            samples = piece.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            yield AudioFrame(samples, self._start)
            self._start += FRAME_SAMPLES


def _resampler() -> av.AudioResampler:
    return av.AudioResampler("s16", "mono", SAMPLE_RATE, frame_size=FRAME_SAMPLES)

"""PURE: the agent's sentence and the room's sound, mixed into one ear.

`Ear.read` is called from the loudspeaker's callback thread, everything else from the event loop.
There is no lock that a callback could wait for: each field has one writer, and the room's frames
travel in a `Playout`, which also makes up for a net that jitters and for clocks that differ.
"""

import numpy as np
import numpy.typing as npt

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from agent.playout import Playout

ROOM_FRAMES = 14
"""At most 280 ms of the room's sound are kept: older sound is no longer a conversation."""

ROOM_START_FRAMES, ROOM_MOST_START_FRAMES = 2, 8
"""After a gap the room starts again with 40 ms in hand, so that the net may jitter; with more
where it does so again and again. In a simulated net that delays by 27 ms on average, and now and
then by 150, up to 160 ms in hand leave 4 gaps a minute; up to 100 ms leave 15."""

DUCKED = 10 ** (-12 / 20)
"""How loud the room is while the agent speaks: 12 dB lower."""

DUCK_SAMPLES = SAMPLE_RATE // 20
"""The room is turned down and up within 50 ms."""

FADE_SAMPLES = SAMPLE_RATE // 200
"""A sentence that is stopped fades out in 5 ms instead of clicking."""

KNEE = 0.8
"""Soft clipping begins at this part of full scale; below it nothing is changed."""

Sound = npt.NDArray[np.float32]


class Line:
    """A sentence on its way into the ear."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._position = 0
        self._end = len(samples)

    @property
    def ended(self) -> bool:
        """Everything that was to be heard has been read."""
        return self._position >= self._end

    def stop(self) -> None:
        """End within 5 ms, with a fade."""
        self._end = min(self._end, self._position + FADE_SAMPLES)

    def read(self, count: int) -> Sound:
        """The next samples, at most `count`."""
        first, end = self._position, self._end
        last = max(first, min(first + count, end))
        self._position = last
        fade = np.clip((end - np.arange(first, last)) / FADE_SAMPLES, 0, 1).astype(np.float32)
        return np.asarray(self._samples[first:last] * fade, np.float32)


class Ear:
    """Mixes, ducks the room while the agent speaks, and counts samples."""

    def __init__(self, volume: float = 1.0) -> None:
        """volume: linear gain on everything, 0 to 2."""
        self.volume = volume
        self.played = 0
        """Samples read since the beginning, silence included."""
        self.room = Playout(
            FRAME_SAMPLES,
            target=ROOM_START_FRAMES,
            highest=ROOM_MOST_START_FRAMES,
            most=ROOM_FRAMES,
        )
        """The room's sound on its way."""
        self._line = Line(np.zeros(0, np.int16))
        self._room_gain = 1.0

    def say(self, samples: Samples) -> Line:
        """Begin a sentence; one that is still being said is cut off.

        samples: shape (n,), int16, 16 kHz.
        """
        self._line = Line(samples)
        return self._line

    def hear_room(self, frame: Samples) -> None:
        """Take 20 ms of the room's sound; the oldest are dropped beyond 280 ms."""
        self.room.put(frame)

    def read(self, count: int) -> Samples:
        """The next `count` samples of the mix: shape (count,), int16, 16 kHz."""
        self.played += count
        line = self._line
        agent = line.read(count)
        room = self.room.read(count) * self._ramp(count, ducked=bool(agent.size))
        room[: agent.size] += agent
        return _soft_clip(room * (self.volume / 32768))

    def _ramp(self, count: int, *, ducked: bool) -> Sound:
        """The room's gain for the next samples: on its way to where it should be."""
        goal = DUCKED if ducked else 1.0
        step = (1.0 - DUCKED) / DUCK_SAMPLES
        way = np.arange(1, count + 1, dtype=np.float32) * step
        gains = self._room_gain + np.clip(goal - self._room_gain, -way, way)
        if count:
            self._room_gain = float(gains[-1])
        return np.asarray(gains, np.float32)


def _soft_clip(mix: Sound) -> Samples:
    """Bend what is louder than the knee instead of cutting it; full scale is 1."""
    level = np.abs(mix)
    bent = KNEE + (1 - KNEE) * np.tanh((level - KNEE) / (1 - KNEE))
    return (np.copysign(np.where(level > KNEE, bent, level), mix) * 32767).astype(np.int16)

"""PURE: how loud an utterance is, whether it is clipped, and whether the microphone is at fault.

An utterance without any sound in it (digital zero, DC) is never scored. A clipped or faint one
is: it may still be understood. But when nearly all of them are so, the microphone is, and that is
worth a word.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from agent.faults import Fault
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, Samples

FULL_SCALE = 32_700
"""From here on a sample has hit the ceiling; a resampler leaves it a little below 32767."""

CLIPPED_SHARE = 0.002
"""An utterance with more samples than this at full scale is distorted."""

FAINT_DBFS = -55.0
"""Speech at a head microphone is far louder than this; a whisper is about -45."""

SILENT_S = 5.0
"""A working microphone is never exactly zero for so long: it is switched off or blocked."""

WATCHED = 12
"""Utterances that the microphone is judged by,"""
BAD = 10
"""of which so many make a fault,"""
GOOD = 6
"""and so few end it."""


@dataclass(frozen=True, slots=True)
class Level:
    """What can be measured of an utterance without knowing what was said."""

    dbfs: float
    """Level of its loudest tenth, in dB below a full-scale square wave; -inf: no sound, or DC."""
    clipped: float
    """Share of its samples at full scale, 0 to 1."""

    @property
    def void(self) -> bool:
        """There is no sound in it."""
        return self.dbfs == -np.inf

    @property
    def faint(self) -> bool:
        """Too quiet for speech at a head microphone."""
        return self.dbfs < FAINT_DBFS

    @property
    def distorted(self) -> bool:
        """Clipped so much that it is not what was said."""
        return self.clipped > CLIPPED_SHARE


def measure(samples: Samples) -> Level:
    """The level of an utterance.

    samples: shape (n,), int16; the type has no NaN or infinity. Empty: no sound.
    """
    power = _frame_power(samples)
    loud = float(np.quantile(power, 0.9)) if power.size else 0.0
    dbfs = 10 * float(np.log10(loud)) - 20 * float(np.log10(32768)) if loud else -np.inf
    # Not np.abs: that of -32768 is -32768.
    at_ceiling = (samples >= FULL_SCALE) | (samples <= -FULL_SCALE)
    return Level(dbfs, float(np.mean(at_ceiling)) if samples.size else 0.0)


def _frame_power(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Mean square of every 20 ms, shape (n,), without the DC of the whole."""
    whole = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].astype(np.float64)
    if not whole.size:
        return np.zeros(0)
    frames = (whole - whole.mean()).reshape(-1, FRAME_SAMPLES)
    return np.asarray(np.mean(frames**2, axis=1), np.float64)


class MicrophoneWatch:
    """Tells when the microphone is silent, clips or is too faint, and when it is fine again.

    Silence is told every time; the others once, since they are about how it is worn and set, and
    a nurse at work can do no more than hear it once.
    """

    def __init__(self) -> None:
        self._zero_frames = 0
        self._levels: deque[Level] = deque(maxlen=WATCHED)
        self._told: set[Fault] = set()
        self.fault: Fault | None = None
        """MICROPHONE_SILENT, MICROPHONE_CLIPS or MICROPHONE_FAINT; None: nothing is wrong."""

    def frame(self, samples: Samples) -> bool:
        """Take every frame; True: `fault` has changed."""
        if samples.any():
            self._zero_frames = 0
            return self.fault is Fault.MICROPHONE_SILENT and self._change(None)
        self._zero_frames += 1
        return self._zero_frames == round(SILENT_S / FRAME_SECONDS) and self._change(
            Fault.MICROPHONE_SILENT
        )

    def utterance(self, level: Level) -> bool:
        """Take the level of an utterance of anybody; True: `fault` has changed."""
        self._levels.append(level)
        faint = sum(each.faint for each in self._levels)
        distorted = sum(each.distorted for each in self._levels)
        if self.fault is None:
            if distorted >= BAD:
                return self._tell(Fault.MICROPHONE_CLIPS)
            return faint >= BAD and self._tell(Fault.MICROPHONE_FAINT)
        count = {Fault.MICROPHONE_CLIPS: distorted, Fault.MICROPHONE_FAINT: faint}
        return count.get(self.fault, WATCHED) <= GOOD and self._change(None)

    def understood(self) -> bool:
        """A command was heard: it cannot be too faint. True: `fault` has changed."""
        self._levels.clear()
        return self.fault is Fault.MICROPHONE_FAINT and self._change(None)

    def _tell(self, fault: Fault) -> bool:
        if fault in self._told:
            return False
        self._told.add(fault)
        return self._change(fault)

    def _change(self, fault: Fault | None) -> bool:
        self.fault = fault
        return True

"""One piece of sound and one picture, as they travel between the parts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples per second of every `AudioFrame` and `Utterance`."""

FRAME_SAMPLES = 320
"""Samples in one `AudioFrame`: 20 ms."""

FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE

Samples = npt.NDArray[np.int16]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """20 ms of mono sound at 16 kHz."""

    samples: Samples
    """Shape (320,), int16, full scale ±32767."""
    start: int
    """Index of the first sample since the stream began: a jump *is* lost sound."""


@dataclass(frozen=True, slots=True)
class Told:
    """The exposure of a picture, as a camera tells it. Whether that is true is another question."""

    exposure_s: float
    """Seconds."""
    gain: float
    """In the camera's own unit: only a calibration can tell what it means."""
    camera: str
    """Model and copy, so that a calibration can be found."""


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture. Shared between parts and never written to."""

    pixels: Pixels
    """Shape (height, width, 3), uint8, BGR, full range 0–255."""
    at: float
    """Seconds on the monotonic clock when it was taken from the camera."""
    told: Told | None = None
    """None: the camera does not tell, or was not asked for this picture."""

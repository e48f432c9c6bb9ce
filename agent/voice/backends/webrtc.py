"""WebRTC's audio processing (AEC3, noise suppression, AGC2), out of the package pywebrtc-audio.

It works outside the interpreter's lock: 0.1 ms for a frame of 20 ms. Chosen among those that have
wheels for Linux, Windows and macOS (`python -m bench.audio` has the figures): aec-audio-processing
has them for Windows alone, and livekit is thirty times as large, brings a whole client for meetings
and ends the process when it fails.
"""

import numpy as np
import pywebrtc_audio

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples

NOISE_LEVEL = 1
"""12 dB: it takes what is left of an echo with it. Not for the recogniser, which understands less
after it beside a talking room (57 commands of 66 instead of 62, the echo 16 dB below the nurse)."""

MOST_GAIN_DB = 6.0
"""What a nurse who speaks softly is raised by at most; a clear voice stays as it is."""


class WebRtcCleaner:
    """A SoundCleaner. Not thread-safe."""

    def __init__(self) -> None:
        """Raises PartError(CLEANER_FAILED)."""
        try:
            self._canceller = pywebrtc_audio.AudioProcessor(SAMPLE_RATE, echo_cancellation=True)
            self._polisher = pywebrtc_audio.AudioProcessor(
                SAMPLE_RATE,
                noise_suppression=True,
                ns_level=NOISE_LEVEL,
                auto_gain_control=True,
                agc_max_gain_db=MOST_GAIN_DB,
            )
        except (RuntimeError, ValueError, TypeError) as error:
            raise PartError(Fault.CLEANER_FAILED) from error

    def cancel(self, heard: Samples, played: Samples) -> Samples:
        """See `SoundCleaner`."""
        out: Samples = self._canceller.process(_whole(heard), _whole(played))
        return out

    def polish(self, clean: Samples) -> Samples:
        """See `SoundCleaner`."""
        out: Samples = self._polisher.process(_whole(clean))
        return out


def _whole(samples: Samples) -> Samples:
    """The library reads memory from end to end."""
    return np.ascontiguousarray(samples)

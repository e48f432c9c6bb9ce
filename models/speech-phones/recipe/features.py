"""Sound -> what the frozen layers of Whisper make of it, by the 8-bit network that ships."""

import numpy as np
import numpy.typing as npt
import onnxruntime

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.phones import BANDS, FRAME_S, GRAIN, LOOK_AHEAD_S, TAIL
from agent.voice.backends.whisper_mel import MEL_RATE, Spectrum, log_mel

Features = npt.NDArray[np.float16]
"""Shape (t, d): a state for every 20 ms; half precision, for there are many."""


def spectrum(sound: Samples) -> Spectrum:
    """Shape (bands, n), as `PhoneRecogniser` makes it: with silence after the sound.

    sound: shape (n,), int16, 16 kHz.
    """
    frames = (len(sound) / SAMPLE_RATE + LOOK_AHEAD_S) * MEL_RATE
    return log_mel(sound, int(np.ceil(frames / GRAIN)) * GRAIN, BANDS)


def heeded(sound: Samples) -> int:
    """How many states belong to the sound, as in `PhoneRecogniser`."""
    return int(np.ceil(len(sound) / SAMPLE_RATE / FRAME_S)) + TAIL


class Hearing:
    """The frozen layers. One thread."""

    def __init__(self, encoder: bytes) -> None:
        """encoder: ONNX, `mel` (bands, 2 t) -> `states` (t, d)."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(encoder, options)

    def hear(self, sound: Samples) -> Features:
        """Shape (`heeded(sound)`, d). About 15 ms of CPU for a second of sound."""
        states = self._session.run(["states"], {"mel": spectrum(sound)})[0]
        return np.asarray(states[: heeded(sound)], np.float16)

"""PURE: the bytes of a WAV file -> 16 kHz mono."""

import io
import wave

import numpy as np

from agent.frames import Samples
from agent.voice.resample import to_mono_16k

LONGEST_S = 60
"""Longer files are refused: nothing that the agent plays or hears comes near it."""

_STREAMED_BYTES = 0x7F000000
"""Lengths above this stand for «unknown» in headers that a program wrote into a pipe."""


def decode(file: bytes) -> Samples:
    """The sound in a WAV file: PCM of 8, 16, 24 or 32 bits, any rate, any number of channels.

    Returns shape (n,), int16, 16 kHz, n > 0.
    Raises ValueError when the file is not WAV, is cut short, is empty or longer than 60 s.
    """
    try:
        with wave.open(io.BytesIO(file)) as opened:
            form = opened.getparams()
            data = opened.readframes(form.nframes)
    except (wave.Error, EOFError, RuntimeError) as error:  # RuntimeError: chunk beyond the end.
        raise ValueError("not a PCM WAV file") from error
    size = form.sampwidth * form.nchannels
    if form.framerate <= 0 or size == 0:
        raise ValueError("impossible header")
    if len(data) < form.nframes * size < _STREAMED_BYTES:
        raise ValueError("cut short")
    frames = len(data) // size
    if not 0 < frames <= LONGEST_S * form.framerate:
        raise ValueError("empty, or longer than 60 s")
    return to_mono_16k(
        _to_int16(data[: frames * size], form.sampwidth), form.framerate, form.nchannels
    )


def _to_int16(data: bytes, width: int) -> Samples:
    """Little-endian PCM of `width` bytes a sample; 8 bits are unsigned, the others signed."""
    match width:
        case 1:
            return (np.frombuffer(data, np.uint8).astype(np.int16) - 128) * 256
        case 2:
            return np.frombuffer(data, "<i2").astype(np.int16)
        case 3 | 4:
            # The two highest bytes of each sample are the 16 bits that matter.
            highest = np.frombuffer(data, np.uint8).reshape(-1, width)[:, width - 2 :]
            return np.ascontiguousarray(highest).view("<i2").ravel().astype(np.int16)
        case _:
            raise ValueError("unknown sample width")

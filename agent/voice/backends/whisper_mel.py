"""PURE: sound -> Whisper's log-mel spectrum, in numpy."""

from functools import cache

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples

WINDOW, HOP = 400, 160
"""Samples of one spectrum (25 ms) and from one to the next (10 ms)."""

MEL_RATE = SAMPLE_RATE // HOP
"""Spectra in a second."""

FLOOR = 1e-10
"""Power below which everything is alike, full scale being 1."""

RANGE = 8.0
"""What lies so many powers of ten below the loudest is cut."""

Spectrum = npt.NDArray[np.float32]


def log_mel(sound: Samples, frames: int, bands: int) -> Spectrum:
    """Shape (bands, frames); silence after the sound, or its end cut off, to make it so long.

    sound: shape (n,), int16, 16 kHz mono; at most the first `frames` * 10 ms count. The values
    are those of `whisper/audio.py` (OpenAI, MIT): about -1 to 2.
    """
    padded = np.zeros(frames * HOP, np.float32)
    count = min(len(sound), len(padded))
    padded[:count] = sound[:count].astype(np.float32) / 32768
    around = np.pad(padded, WINDOW // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[::HOP][:frames]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(pieces * window, axis=1)) ** 2
    # Not a matrix product, which would wake numpy's threads: see `Templates`.
    mel = np.einsum("bf,tf->bt", mel_filters(bands), power.astype(np.float32))
    logs = np.log10(np.maximum(mel, FLOOR))
    return np.asarray((np.maximum(logs, logs.max() - RANGE) + 4) / 4, np.float32)


@cache
def mel_filters(bands: int) -> Spectrum:
    """Triangles of equal area on Slaney's mel scale (Auditory Toolbox, 1998), 0 to 8 kHz.

    Shape (bands, 201).
    """
    tops = _hertz(np.linspace(0, _mel(SAMPLE_RATE / 2), bands + 2))
    frequencies = np.arange(WINDOW // 2 + 1) * SAMPLE_RATE / WINDOW
    slopes = tops[:, np.newaxis] - frequencies
    widths = np.diff(tops)[:, np.newaxis]
    rising, falling = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    area = 2 / (tops[2:] - tops[:-2])[:, np.newaxis]
    return np.asarray(triangles * area, np.float32)


_LINEAR_HZ, _LINEAR_MEL = 1000.0, 15.0
_STEP = 27 / np.log(6.4)
"""Linear below 1 kHz at 200/3 Hz a mel, logarithmic above: 27 mels for a factor of 6.4."""


def _mel(hertz: float) -> float:
    if hertz < _LINEAR_HZ:
        return hertz * _LINEAR_MEL / _LINEAR_HZ
    return float(_LINEAR_MEL + np.log(hertz / _LINEAR_HZ) * _STEP)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _LINEAR_HZ * np.exp((mels - _LINEAR_MEL) / _STEP)
    return np.where(mels < _LINEAR_MEL, mels * _LINEAR_HZ / _LINEAR_MEL, above)

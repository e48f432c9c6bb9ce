"""MFCC as Kaldi (and so libvosk) computes it, in numpy: training must see what decoding sees.

Kaldi's `compute-mfcc-feats` with the options of `MFCC_CONF`; its source is `feat/feature-mfcc.cc`,
`feat/mel-computations.cc` and `feat/feature-window.cc`.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples

Features = npt.NDArray[np.float32]
"""Shape (t, 40), one row every 10 ms."""

COEFFICIENTS = 40
WINDOW, SHIFT, FFT = 400, 160, 512
LOWEST_HZ, HIGHEST_HZ = 20.0, 7600.0
PREEMPHASIS = 0.97
LIFTER = 22.0

MFCC_CONF = f"""--use-energy=false
--num-mel-bins={COEFFICIENTS}
--num-ceps={COEFFICIENTS}
--low-freq={LOWEST_HZ:g}
--high-freq={HIGHEST_HZ:g}
--dither=0
--sample-frequency={SAMPLE_RATE}
--allow-upsample=true
--allow-downsample=true
"""


def mfcc(sound: Samples) -> Features:
    """sound: shape (n,), int16, 16 kHz. Shape (0, 40) for less than 25 ms."""
    if len(sound) < WINDOW:
        return np.zeros((0, COEFFICIENTS), np.float32)
    samples = sound.astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - PREEMPHASIS * before) * _window(), FFT)
    power = (spectrum.real**2 + spectrum.imag**2)[:, : FFT // 2].astype(np.float32)
    energies = np.log(np.maximum(power @ _mel_banks().T, np.finfo(np.float32).eps))
    return np.asarray(energies @ _cosines().T, np.float32)


@cache
def _window() -> npt.NDArray[np.float32]:
    """Kaldi's «povey» window."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    return np.asarray(hann**0.85, np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(np.asarray(hertz) / 700))


@cache
def _mel_banks() -> npt.NDArray[np.float32]:
    """Shape (40, 256): triangles that are straight in mel."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), COEFFICIENTS + 2)
    bins = _mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT)
    left, centre, right = (edges[at : at + COEFFICIENTS, np.newaxis] for at in range(3))
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float32)


@cache
def _cosines() -> npt.NDArray[np.float32]:
    """Shape (40, 40): the orthonormal DCT-II, with Kaldi's lifter."""
    order, band = np.arange(COEFFICIENTS)[:, np.newaxis], np.arange(COEFFICIENTS)
    table = np.cos(np.pi / COEFFICIENTS * (band + 0.5) * order) * np.sqrt(2 / COEFFICIENTS)
    table[0] = np.sqrt(1 / COEFFICIENTS)
    lifter = 1 + 0.5 * LIFTER * np.sin(np.pi * order / LIFTER)
    return np.asarray(table * lifter, np.float32)

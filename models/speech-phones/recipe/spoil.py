"""PURE: what happens to speech between a mouth and a microphone, with chance from a generator."""

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped, unused-ignore]  # it ships without py.typed

from agent.frames import SAMPLE_RATE, Samples

Wave = npt.NDArray[np.float64]
"""Shape (n,), 16 kHz, full scale ±1."""

_KNOTS_HZ = np.array([0, 150, 400, 1000, 2000, 3000, 4500, 6000, 8000], np.float64)
_TAIL = SAMPLE_RATE // 10
"""So much of the echo after the speech is kept."""


def spoil(speech: Samples, generator: np.random.Generator, crowd: Samples | None = None) -> Samples:
    """A recording that could have been made: another throat, room, microphone, noise and level.

    speech: shape (n,), int16, 16 kHz, n > 0; crowd: other speech, which is the noise in three of
    ten. The result is longer by 0.1 to 0.9 s, and never clipped by its own level.
    """
    wave = speech.astype(np.float64) / 32768
    if generator.random() < 0.7:
        wave = throat(wave, generator.uniform(0.82, 1.22))
    if generator.random() < 0.8:
        wave = microphone(wave, generator)
    if generator.random() < 0.6:
        wave = convolved(wave, room(generator))[: len(wave) + _TAIL]
    wave = _noisy(wave, generator, crowd)
    if generator.random() < 0.15:
        edge = np.abs(wave).max() * generator.uniform(0.3, 0.9)
        wave = np.clip(wave, -edge, edge)
    level = 10 ** generator.uniform(-1.3, -0.05)
    return np.asarray(wave / (np.abs(wave).max() + 1e-9) * level * 32767, np.int16)


def _noisy(wave: Wave, generator: np.random.Generator, crowd: Samples | None) -> Wave:
    """Some silence around it, and noise over all: a quarter of the time almost none."""
    before = int(generator.uniform(0.08, 0.35) * SAMPLE_RATE)
    after = int(generator.uniform(0.05, 0.3) * SAMPLE_RATE)
    power = np.sqrt(np.mean(wave**2)) + 1e-9
    wave = np.pad(wave, (before, after))
    quiet = generator.random() < 0.25
    decibels = generator.uniform(25, 50) if quiet else generator.uniform(3, 25)
    if crowd is None or generator.random() < 0.7:
        noise = hiss(len(wave), generator)
    else:
        noise = np.resize(crowd.astype(np.float64), len(wave))
    noise = noise / (np.sqrt(np.mean(noise**2)) + 1e-9)
    return np.asarray(wave + noise * power * 10 ** (-decibels / 20), np.float64)


def throat(wave: Wave, factor: float) -> Wave:
    """Slower and deeper by `factor`, formants and all."""
    longer: Wave = soxr.resample(wave, 100, round(100 * factor), quality="HQ")
    return longer


def microphone(wave: Wave, generator: np.random.Generator) -> Wave:
    """A smooth gain over frequency, with less bass, and now and then less treble: a mask."""
    gains = generator.normal(0, 4, len(_KNOTS_HZ))
    gains[0] -= generator.uniform(0, 15)
    if generator.random() < 0.25:
        gains[generator.uniform(2500, 5000) < _KNOTS_HZ] -= generator.uniform(3, 15)
    frequencies = np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE)
    gain = 10 ** (np.interp(frequencies, _KNOTS_HZ, gains) / 20)
    return np.fft.irfft(np.fft.rfft(wave) * gain, len(wave))


def room(generator: np.random.Generator) -> Wave:
    """The answer of a room of 0.1 to 0.6 s: dying noise a few milliseconds after the sound."""
    length = int(generator.uniform(0.1, 0.6) * SAMPLE_RATE)
    echo = generator.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[: int(generator.uniform(0.001, 0.006) * SAMPLE_RATE)] = 0
    echo *= generator.uniform(0.1, 0.7) / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    return np.asarray(echo, np.float64)


def hiss(count: int, generator: np.random.Generator) -> Wave:
    """Noise from white to brown."""
    longer = count + 1024  # What is cut off keeps the end from being the beginning.
    frequencies = np.maximum(np.fft.rfftfreq(longer), 1e-3)
    spectrum = np.fft.rfft(generator.standard_normal(longer))
    return np.fft.irfft(spectrum * frequencies ** (-generator.uniform(0, 2) / 2), longer)[:count]


def convolved(wave: Wave, response: Wave) -> Wave:
    """Shape (n + m - 1,)."""
    count = len(wave) + len(response) - 1
    size = 1 << (count - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(response, size), size)[:count]

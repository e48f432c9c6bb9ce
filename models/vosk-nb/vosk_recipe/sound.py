"""PURE: what happens to speech on its way to a microphone, with chance from a generator."""

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples

Wave = npt.NDArray[np.float32]

LOUDEST = 32767.0


def spoil(speech: Samples, generator: np.random.Generator) -> Samples:
    """Another vocal tract, room, filter, noise and level: a recording that could have been.

    speech: shape (n,), int16, 16 kHz. A fifth of all are left clean but for tract and level.
    """
    wave = stretch(speech.astype(np.float32), generator.uniform(0.86, 1.16))
    before, after = (generator.uniform(0.05, 0.4, 2) * SAMPLE_RATE).astype(int)
    wave = np.pad(wave, (before, after))
    if generator.random() < 0.8:
        if generator.random() < 0.5:
            wave = echo(wave, generator)
        if generator.random() < 0.6:
            wave = tilt(wave, generator)
        wave = wave + noise(wave, generator.uniform(5, 35), generator)
    level = 10 ** generator.uniform(-1.6, -0.4) * LOUDEST
    peak = max(1.0, float(np.abs(wave).max()))
    return np.asarray(np.clip(wave * (level / peak), -LOUDEST, LOUDEST), np.int16)


def stretch(wave: Wave, factor: float) -> Wave:
    """Pitch and formants up by `factor`, faster by as much (linear interpolation)."""
    places = np.arange(0, len(wave) - 1, factor)
    return np.asarray(np.interp(places, np.arange(len(wave)), wave), np.float32)


def echo(wave: Wave, generator: np.random.Generator) -> Wave:
    """A room of 0.1 to 0.5 s: exponentially dying noise behind the direct sound."""
    seconds = generator.uniform(0.1, 0.5)
    length = int(seconds * SAMPLE_RATE)
    tail = generator.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail[: SAMPLE_RATE // 300] = 0
    tail *= generator.uniform(0.1, 0.6) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return _filtered(wave, tail)


def tilt(wave: Wave, generator: np.random.Generator) -> Wave:
    """A microphone, a mask or a distance: a smooth gain over frequency, up to 12 dB each way."""
    size = 1 << (len(wave) - 1).bit_length()
    knots = generator.uniform(-12, 12, 6) * generator.uniform(0.2, 1)
    place = np.linspace(0, len(knots) - 1, size // 2 + 1)
    gain = 10 ** (np.interp(place, np.arange(len(knots)), knots) / 20)
    return np.fft.irfft(np.fft.rfft(wave, size) * gain, size)[: len(wave)].astype(np.float32)


def noise(wave: Wave, decibels: float, generator: np.random.Generator) -> Wave:
    """Noise from white to brown, at a signal-to-noise ratio."""
    size = 1 << (len(wave) - 1).bit_length()
    slope = generator.uniform(0, 1.2)
    frequencies = np.maximum(np.arange(size // 2 + 1), size * 50 // SAMPLE_RATE)
    spectrum = np.fft.rfft(generator.standard_normal(size)) * frequencies**-slope
    shaped = np.fft.irfft(spectrum, size)[: len(wave)]
    level = np.sqrt(np.mean(wave**2)) / max(1e-9, float(np.sqrt(np.mean(shaped**2))))
    return np.asarray(shaped * level * 10 ** (-decibels / 20), np.float32)


def _filtered(wave: Wave, response: npt.NDArray[np.float64]) -> Wave:
    size = 1 << (len(wave) + len(response) - 2).bit_length()
    product = np.fft.rfft(wave, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[: len(wave)].astype(np.float32)

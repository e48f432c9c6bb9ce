"""What is not speech: noises in which no sound of a language is to be heard.

Without them the network has only ever heard speech, and guesses at sounds in a hiss.
"""

from collections.abc import Callable, Iterator

import numpy as np

from agent.frames import SAMPLE_RATE

from .speech import Say, Spoken, to_int16
from .spoil import Wave, hiss

_SHORTEST_S, _LONGEST_S = 0.2, 2.6


def speak(count: int, generator: np.random.Generator, say: Say) -> Iterator[Spoken]:
    """Each kind as often as the next; see `Family.speak`."""
    for number in range(count):
        length = int(generator.uniform(_SHORTEST_S, _LONGEST_S) * SAMPLE_RATE)
        wave = KINDS[number % len(KINDS)](length, generator)
        wave = wave / (np.abs(wave).max() + 1e-9) * 10 ** generator.uniform(-2.5, 0)
        yield Spoken(to_int16(np.asarray(wave, np.float32)), ())


def steady(length: int, generator: np.random.Generator) -> Wave:
    """A hiss from white to brown, rising and falling a little: fans, water, rain."""
    swell = 1 + 0.4 * np.sin(2 * np.pi * generator.uniform(0.1, 4) * _times(length))
    return np.asarray(hiss(length, generator) * swell, np.float64)


def bursts(length: int, generator: np.random.Generator) -> Wave:
    """Pieces of hiss that begin and end: packaging that is torn, a cough of the air, breath."""
    wave = np.zeros(length)
    for _ in range(int(generator.integers(1, 5))):
        size = min(length, int(generator.uniform(0.03, 0.6) * SAMPLE_RATE))
        start = int(generator.integers(0, length - size + 1))
        envelope = np.hanning(size) ** generator.uniform(0.3, 2)
        wave[start : start + size] += hiss(size, generator) * envelope
    return wave


def taps(length: int, generator: np.random.Generator) -> Wave:
    """Dying knocks at one or two pitches: instruments in a tray, a door, steps."""
    wave = np.zeros(length)
    for start in generator.integers(0, length, size=int(generator.integers(1, 9))):
        left = _times(length - int(start))
        pitch, dying = generator.uniform(60, 6000), generator.uniform(8, 120)
        knock = np.sin(2 * np.pi * pitch * left) + 0.5 * generator.standard_normal(len(left))
        wave[int(start) :] += knock * np.exp(-dying * left) * generator.uniform(0.2, 1)
    return wave


def tones(length: int, generator: np.random.Generator) -> Wave:
    """Steady or beeping, one to four pitches with overtones: machines, hum, a telephone."""
    times, wave = _times(length), np.zeros(length)
    for _ in range(int(generator.integers(1, 5))):
        pitch = np.exp(generator.uniform(np.log(50), np.log(4000)))
        for overtone in range(1, int(generator.integers(2, 7))):
            wave += np.sin(2 * np.pi * pitch * overtone * times) / overtone**1.5
    if generator.random() < 0.5:
        beeps = np.sin(2 * np.pi * generator.uniform(0.5, 6) * times + generator.uniform(0, 6))
        wave = wave * (beeps > 0)
    return wave + 0.02 * hiss(length, generator)


KINDS: tuple[Callable[[int, np.random.Generator], Wave], ...] = (steady, bursts, taps, tones)


def _times(length: int) -> Wave:
    """Seconds, shape (length,)."""
    return np.asarray(np.arange(length) / SAMPLE_RATE, np.float64)

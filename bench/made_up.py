"""Noises and rooms that are made up, for tuning and for those without recordings of any."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples
from bench.sentences import EVERYDAY, sentences
from bench.voices import Speaker, say

Sound = npt.NDArray[np.float64]

NOISE_S = 20
"""Length of each noise."""

TALKERS = (
    *(Speaker("m2", 45, 155), Speaker("f3", 55, 140), Speaker("m6", 50, 170)),
    *(Speaker("f2", 50, 150), Speaker("steph", 50, 150)),
)
"""Who talks in the next room, all at once."""

COLOURS = {"white hiss": 0.0, "pink hiss": 1.0, "brown hiss": 2.0}
"""Noise -> by what power of the frequency its own power falls."""

ROOMS = tuple((decay, direct) for decay in (0.3, 0.5, 0.8) for direct in (9.0, 3.0, -3.0))
"""Seconds until the echo is 60 dB weaker, and how much louder than all of it the direct sound is:
from a small furnished room, close by, to a bathroom from afar."""

FIRST_ECHO_S = 0.004


def noises() -> Iterator[tuple[str, Samples]]:
    """Each noise with its name."""
    chance = np.random.default_rng(0)
    yield "babble", _loud(babble())
    for name, fall in COLOURS.items():
        yield name, _loud(hiss(fall, chance))
    yield "knocks", _loud(knocks(chance))
    yield "hum", _loud(hum(chance))


def rooms() -> Iterator[tuple[str, Sound]]:
    """Each room's impulse response with its name; the direct sound is 1."""
    chance = np.random.default_rng(1)
    for decay, direct in ROOMS:
        yield f"{decay} s, direct {direct:+.0f} dB", room(decay, direct, chance)


def room(decay_s: float, direct_db: float, chance: np.random.Generator) -> Sound:
    """Noise that dies away after the direct sound. Shape (n,)."""
    count = round(decay_s * SAMPLE_RATE)
    echo = chance.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    echo[: round(FIRST_ECHO_S * SAMPLE_RATE)] = 0
    echo *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(echo**2))
    echo[0] = 1
    return np.asarray(echo, np.float64)


def babble() -> Sound:
    """Several people talking at once. Shape (n,)."""
    said = list(sentences(EVERYDAY))
    mixed = np.zeros(NOISE_S * SAMPLE_RATE)
    for number, talker in enumerate(TALKERS):
        at = number * SAMPLE_RATE // 3
        for sentence in said[number :: len(TALKERS)]:
            spoken = say(sentence, talker)[: len(mixed) - at]
            mixed[at : at + len(spoken)] += spoken
            at += len(spoken)
    return mixed


def hiss(fall: float, chance: np.random.Generator) -> Sound:
    """Steady noise: fans, water, the street. Shape (n,)."""
    count = NOISE_S * SAMPLE_RATE
    frequencies = np.maximum(np.fft.rfftfreq(count), 1e-3)
    spectrum = np.fft.rfft(chance.standard_normal(count)) * frequencies ** (-fall / 2)
    return np.fft.irfft(spectrum, count)


def knocks(chance: np.random.Generator) -> Sound:
    """Instruments in a tray, doors, steps: three a second. Shape (n,)."""
    wave = np.zeros(NOISE_S * SAMPLE_RATE)
    times = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for start in chance.integers(0, len(wave) - len(times), 3 * NOISE_S):
        pitch, dying = chance.uniform(60, 6000), chance.uniform(10, 120)
        knock = np.sin(2 * np.pi * pitch * times) + 0.5 * chance.standard_normal(len(times))
        wave[start : start + len(times)] += knock * np.exp(-dying * times) * chance.uniform(0.2, 1)
    return wave


def hum(chance: np.random.Generator) -> Sound:
    """Machines: the mains and its overtones, and a little hiss. Shape (n,)."""
    times = np.arange(NOISE_S * SAMPLE_RATE) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * 50 * tone * times) / tone for tone in range(1, 30))
    return np.asarray(tones + 0.3 * chance.standard_normal(len(times)), np.float64)


def _loud(wave: Sound) -> Samples:
    return np.asarray(wave / np.abs(wave).max() * 20000, np.int16)

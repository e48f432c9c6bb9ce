"""What happens to speech between a mouth and a recogniser: rooms, distance, a mask, noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.sound import decode
from bench import made_up
from bench.voice_data import rows

Sound = npt.NDArray[np.float64]

AROUND_S = 0.8
"""Quiet before and after the speech: enough for it to be isolated and to end."""

NOISY_S = 5.0
"""Noise before it: a television has been on for a while when somebody gives a command."""

FLOOR = 5.0
"""Root mean square of the microphone's own noise, of 32767."""

FAR_DB = -12.0
"""Somebody at 1 m is heard so much weaker than a mouth at 0.25 m."""

MASK_HZ, MASK_DB = (0, 1000, 2000, 4000, 8000), (0.0, 0.0, -3.0, -6.0, -8.0)
"""A surgical mask: nothing below 1 kHz, then 3 to 8 dB; between a single surgical mask and a
layered one. R. M. Corey, U. Jones, A. C. Singer, «Acoustic effects of medical, cloth, and
transparent face masks on speech signals», J. Acoust. Soc. Am. 148 (2020) 2371."""

MUSIC = "music"


@dataclass(frozen=True, slots=True)
class Condition:
    """One way in which speech arrives."""

    name: str
    noise_db: float | None = None
    """Signal-to-noise ratio over the speech; None: only the microphone's own noise."""
    room: bool = False
    mask: bool = False
    far: bool = False


CLEAN = Condition("clean")

CONDITIONS = (
    CLEAN,
    Condition("noise 20 dB", 20),
    Condition("noise 10 dB", 10),
    Condition("noise 5 dB", 5),
    Condition("room", room=True),
    Condition("room, noise 10 dB", 10, room=True),
    Condition("mask", mask=True),
    Condition("mask, noise 10 dB", 10, mask=True),
    Condition("1 m away in a room", 20, room=True, far=True),
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where it is said: noises and room impulse responses with their names."""

    noises: Sequence[tuple[str, Samples]]
    rooms: Sequence[tuple[str, Sound]]


def places(data: Path | None) -> Places:
    """Those of a data folder; without one those that are made up."""
    if data is None:
        return Places([*made_up.noises()], [*made_up.rooms()])
    noises = [
        (row["transcript"], decode(data / row["path"]))
        for row in rows(data)
        if row["lang"] == "noise" and MUSIC not in row["path"]
    ]
    rooms = [
        (Path(row["path"]).stem, decode(data / row["path"]) / 32768)
        for row in rows(data)
        if row["lang"] == "rir"
    ]
    return Places(noises, rooms)


def arrive(
    speech: Samples, condition: Condition, where: Places, seed: int
) -> tuple[Samples, dict[str, str]]:
    """What the microphone gives, noise before and after included, and which noise and room.

    speech: shape (n,), int16, 16 kHz, without silence at its ends. The same seed gives the same.
    """
    chance = np.random.default_rng(seed)
    told: dict[str, str] = {}
    sound = speech.astype(np.float64)
    level = _rms(sound)
    if condition.mask:
        sound = masked(sound)
    if condition.room:
        name, response = where.rooms[int(chance.integers(len(where.rooms)))]
        told["room"] = name
        sound = in_room(sound, response)
        sound *= level / max(_rms(sound[: len(speech)]), 1e-9)
    if condition.far:
        sound *= 10 ** (FAR_DB / 20)
        level *= 10 ** (FAR_DB / 20)
    before = lead_s(condition)
    stream = np.pad(sound, (round(before * SAMPLE_RATE), round(AROUND_S * SAMPLE_RATE)))
    stream += chance.normal(scale=FLOOR, size=stream.size)
    if condition.noise_db is not None:
        name, noise = where.noises[int(chance.integers(len(where.noises)))]
        told["noise"] = name
        piece = _piece(noise, len(stream), chance)
        stream += piece * (level * 10 ** (-condition.noise_db / 20) / max(_rms(piece), 1e-9))
    return np.clip(np.round(stream), -32767, 32767).astype(np.int16), told


def lead_s(condition: Condition) -> float:
    """Seconds before the speech begins."""
    return AROUND_S if condition.noise_db is None else NOISY_S


def masked(sound: Sound) -> Sound:
    """Through a surgical mask (`MASK_DB`), without any delay."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    gain = 10 ** (np.interp(hertz, MASK_HZ, MASK_DB) / 20)
    return np.fft.irfft(spectrum * gain, sound.size)


def in_room(sound: Sound, response: Sound) -> Sound:
    """Convolved with a room's impulse response; begins with the direct sound.

    Returns shape (n + m - 1 - the delay,): the room's decay comes after the speech.
    """
    direct = int(np.argmax(np.abs(response)))
    size = sound.size + response.size - 1
    both = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(both, size)[direct:]


def _piece(noise: Samples, size: int, chance: np.random.Generator) -> Sound:
    """A stretch of the noise, from anywhere; repeated when it is too short."""
    start = int(chance.integers(noise.size))
    return np.take(noise, np.arange(start, start + size), mode="wrap").astype(np.float64)


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2))) if sound.size else 0.0

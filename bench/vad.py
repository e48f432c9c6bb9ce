"""How well voice detectors find speech in a household: `python -m bench.vad [--data FOLDER]`.

Isolated words are laid over noise at several signal-to-noise ratios. A detector finds a word when
it says «speech» in at least one frame of it. Where a word begins and ends is taken from its clean
recording: the first and the last 10 ms that are within 30 dB of the loudest. False speech is
counted in the same noise without words. Without --data the words are the sound files here
(synthetic) and the noise is white.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Samples
from agent.measuring.sound import decode
from agent.voice.backends.silero import SileroDetector, SileroNetwork
from agent.voice.base import VoiceDetector
from agent.voice.segmenter import SegmenterSettings
from bench.hearing import sound_files
from bench.voice_data import recordings, rows

NOISE_DB = (20.0, 10.0, 5.0)
LEVEL = 2000.0
"""Root mean square of each word, of 32767."""

BEFORE_S, AFTER_S = 2.5, 1.5
"""Noise around a word: long enough for a sparing detector to be asleep."""

QUIET = 5
"""Greatest amplitude of the noise in a quiet room."""

WITHIN = 1e-3
"""30 dB below the loudest, as power."""

Sound = npt.NDArray[np.float64]


class EnergyDetector:
    """The classic: how far a frame is above a floor that follows the quietest frames.

    Like webrtcvad it knows nothing of voices but that they are louder than what was before.
    """

    SURE_DB = 18.0
    """Above the floor; half of it is «as likely as not»."""
    CLIMB_DB = 3.0 * FRAME_SECONDS

    def __init__(self) -> None:
        self._floor: float | None = None

    def speech_probability(self, frame: AudioFrame) -> float:
        """See `VoiceDetector`."""
        change = np.diff(frame.samples.astype(np.float64))
        level = 10 * float(np.log10(np.mean(change**2) + 1))
        floor = level if self._floor is None else self._floor
        self._floor = min(level, floor + self.CLIMB_DB)
        return float(np.clip((level - floor) / self.SURE_DB, 0, 1))

    def reset(self) -> None:
        """See `VoiceDetector`."""
        self._floor = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A detector at an operating point, as in `SegmenterSettings`."""

    name: str
    make: Callable[[], VoiceDetector]
    enter: float
    share: float


SHIPPED = SegmenterSettings()
CANDIDATES = (
    Candidate(
        "Silero, never asleep",
        SileroNetwork,
        SHIPPED.enter_probability,
        SHIPPED.leave_share,
    ),
    Candidate("Silero as shipped", SileroDetector, SHIPPED.enter_probability, SHIPPED.leave_share),
    Candidate("Silero, stricter", SileroDetector, 0.8, 0.75),
    Candidate("energy", EnergyDetector, 0.5, 0.7),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a candidate made of all words and all noise of one loudness."""

    words: int
    onsets_ms: tuple[float, ...]
    """Of the words that were found: late is positive."""
    ends_ms: tuple[float, ...]
    false_s: float
    """Seconds of «speech» in a minute of noise."""
    cpu: float
    """Seconds of CPU for a second of noise."""

    def line(self, name: str) -> str:
        """One row of the table."""
        cells = [f"{name:32}", f"{100 * len(self.onsets_ms) / self.words:6.1f} %"]
        for errors in (self.onsets_ms, self.ends_ms):
            low, middle, high = np.quantile(errors or [np.nan], (0.05, 0.5, 0.95))
            cells.append(f"{low:6.0f}{middle:6.0f}{high:6.0f}")
        return " ".join([*cells, f"{self.false_s:9.2f}", f"{self.cpu:9.4f}"])


HEADER = (
    f"{'':32} {'found':>8} {'onset, ms 5/50/95 %':>19}{'end, ms 5/50/95 %':>19}"
    f" {'s a min':>8} {'CPU s/s':>9}"
)


def spans(probabilities: Sequence[float], enter: float, share: float) -> list[tuple[int, int]]:
    """The stretches of speech, in frames, the end exclusive; hysteresis as in the segmenter."""
    found, start, surest = [], -1, 0.0
    for at, probability in enumerate(probabilities):
        if start < 0 and probability >= enter:
            start, surest = at, probability
        elif start >= 0 and not probability >= share * surest:
            found.append((start, at))
            start = -1
        surest = max(surest, probability)
    return [*found, (start, len(probabilities))] if start >= 0 else found


def errors_ms(found: Sequence[tuple[int, int]], start: int, end: int) -> tuple[float, float] | None:
    """How late onset and end of a word were found; None: it was not.

    found: in frames. start, end: of the word, in samples.
    """
    ms = 1000 / SAMPLE_RATE
    hits = [
        (first * FRAME_SAMPLES, last * FRAME_SAMPLES)
        for first, last in found
        if last * FRAME_SAMPLES > start and first * FRAME_SAMPLES < end
    ]
    return ((hits[0][0] - start) * ms, (hits[-1][1] - end) * ms) if hits else None


def probabilities(detector: VoiceDetector, sound: Sound) -> list[float]:
    """What a detector says to each 20 ms."""
    samples = np.clip(sound, -32767, 32767).astype(np.int16)
    return [
        detector.speech_probability(AudioFrame(samples[at : at + FRAME_SAMPLES], at))
        for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]


def measure(
    candidate: Candidate, words: Sequence[Sound], noises: Sequence[Sound], noise_db: float | None
) -> Found:
    """noise_db: words over noise; None: a quiet room."""
    found = []
    for number, word in enumerate(words):
        noise = noises[number % len(noises)]
        before, after = round(BEFORE_S * SAMPLE_RATE), round(AFTER_S * SAMPLE_RATE)
        place = number * SAMPLE_RATE % len(noise)
        stream = _background(noise, noise_db, before + len(word) + after, place)
        stream[before : before + len(word)] += word
        heard = spans(probabilities(candidate.make(), stream), candidate.enter, candidate.share)
        found.append(errors_ms(heard, before, before + len(word)))
    hits = [each for each in found if each is not None]
    false, cpu = _alone(candidate, [_background(each, noise_db, len(each), 0) for each in noises])
    onsets, ends = (tuple(hit[side] for hit in hits) for side in (0, 1))
    return Found(len(words), onsets, ends, false, cpu)


def _alone(candidate: Candidate, noises: Sequence[Sound]) -> tuple[float, float]:
    """Seconds of «speech» in a minute of noise, and of CPU in a second of it."""
    frames, speech, cpu = 0, 0, 0.0
    for noise in noises:
        detector, begun = candidate.make(), time.process_time()
        heard = probabilities(detector, noise)
        cpu += time.process_time() - begun
        frames += len(heard)
        speech += sum(end - start for start, end in spans(heard, candidate.enter, candidate.share))
    return 60 * speech / frames, cpu / (frames * FRAME_SECONDS)


def _background(noise: Sound, noise_db: float | None, count: int, place: int) -> Sound:
    if noise_db is None:
        return np.random.default_rng(place).integers(-QUIET, QUIET + 1, count).astype(np.float64)
    return np.resize(np.roll(noise, -place), count) * LEVEL * 10 ** (-noise_db / 20)


def trimmed(samples: Samples) -> Sound:
    """A word without what is around it, at `LEVEL`; empty when there is no sound in it."""
    step = SAMPLE_RATE // 100
    frames = samples[: len(samples) // step * step].reshape(-1, step).astype(np.float64)
    power = np.mean(frames**2, axis=1)
    if not power.any():
        return np.zeros(0)
    (loud,) = np.nonzero(power > power.max() * WITHIN)
    return _at_level(frames[loud[0] : loud[-1] + 1].ravel()) * LEVEL


def _at_level(sound: Sound) -> Sound:
    return np.asarray(sound / np.sqrt(np.mean(sound**2)), np.float64)


def material(data: Path | None, most: int) -> tuple[list[Sound], list[Sound]]:
    """At most so many words, and noises of level 1."""
    if data is None:
        white = np.random.default_rng(0).normal(size=20 * SAMPLE_RATE)
        sounds: Iterator[Samples] = (sound for _, phrase, sound in sound_files() if phrase)
        noises = [white]
    else:
        sounds = (decode(each.path) for each in recordings(data) if each.human and each.word)
        household = [row["path"] for row in rows(data) if "/household/" in row["path"]]
        noises = [_at_level(decode(data / path).astype(np.float64)) for path in household]
    words = [word for word in map(trimmed, sounds) if word.size]
    return words[:: max(1, len(words) // most)][:most], noises


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with manifest.tsv and recordings")
    arguments.add_argument("--words", type=int, default=60, help="at most so many words")
    given = arguments.parse_args()
    words, noises = material(given.data, given.words)
    minutes = sum(map(len, noises)) / SAMPLE_RATE / 60
    _say(f"{len(words)} words, {len(noises)} noises of {minutes:.1f} minutes together")
    _say(HEADER)
    for noise_db in (None, *NOISE_DB):
        _say("quiet room" if noise_db is None else f"noise, {noise_db:.0f} dB")
        for candidate in CANDIDATES:
            _say(measure(candidate, words, noises, noise_db).line(f"  {candidate.name}"))


if __name__ == "__main__":
    main()

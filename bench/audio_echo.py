"""How much of an echo is left, and how much of the nurse: the configured cleaner on made scenes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.backends.webrtc import WebRtcCleaner
from agent.voice.cleaning import Cleaning
from agent.voice.reference import PIECE
from bench.audio_scene import DOUBLE_S, NEAR_S, SECONDS, Scene, level, seconds

EARLY_S, SETTLED_S, AFTER_S = slice(1, 3), slice(5, DOUBLE_S.start), slice(21, 25)
"""The clinic alone: at first, from the sixth second on, and after both have talked at once."""

LATE_S = 0.002
"""A frame is looked at so late on average; an exponential distribution."""


@dataclass(frozen=True, slots=True)
class Echo:
    """What one run did. dB; CPU seconds per second of sound."""

    early: float
    settled: float
    after: float
    """Echo return loss enhancement: how much weaker the microphone's sound has become."""
    near: float
    double: float
    """How loud the nurse comes out, alone and while the clinic talks, beside how she went in."""
    room: float
    """As `settled`, for what the room hears: noise is less in it and the nurse louder, so that
    what she gained is taken off."""
    cpu: float


Out = tuple[Samples, Samples]
"""For the recogniser and for the room."""


def in_step(scene: Scene) -> Out:
    """Played and heard by one clock, without a buffer between: the canceller alone."""
    cleaner = WebRtcCleaner()
    frames = np.split(scene.heard, SECONDS * SAMPLE_RATE // FRAME_SAMPLES)
    played = np.split(scene.played, len(frames))
    pairs = zip(frames, played, strict=True)
    clean = [cleaner.cancel(heard, given) for heard, given in pairs]
    return np.concatenate(clean), np.concatenate([cleaner.polish(each) for each in clean])


def by_two_clocks(drift_ppm: float) -> Callable[[Scene], Out]:
    """Through the product's own buffer, the loudspeaker's clock faster by `drift_ppm`."""

    def run(scene: Scene) -> Out:
        now = [0.0]
        cleaning = Cleaning(WebRtcCleaner(), lambda: now[0])
        chance, given = np.random.default_rng(0), 0
        clean: list[Samples] = []
        polished: list[Samples] = []
        pieces = np.split(scene.played, len(scene.played) // PIECE)
        for start in range(0, len(scene.heard), FRAME_SAMPLES):
            at = (start + FRAME_SAMPLES) / SAMPLE_RATE + chance.exponential(LATE_S)
            while (due := given * PIECE / SAMPLE_RATE / (1 + drift_ppm * 1e-6)) <= at:
                now[0] = due
                for piece in pieces[given : given + 2]:
                    cleaning.reference.put(piece)
                given += 2
            now[0] = at
            frame = AudioFrame(scene.heard[start : start + FRAME_SAMPLES], start)
            cleaned = cleaning.clean(frame)
            clean.append(cleaned.clean.samples)
            polished.append(cleaned.polished.samples)
        return np.concatenate(clean), np.concatenate(polished)

    return run


def measured(scene: Scene, run: Callable[[Scene], Out]) -> Echo:
    """The figures of one scene."""
    begun = time.process_time()
    clean, polished = run(scene)
    cpu = (time.process_time() - begun) / SECONDS

    def change(part: slice, before: Samples, after: Samples = clean) -> float:
        return level(seconds(before, part)) - level(seconds(after, part))

    alone = slice(NEAR_S.start + 1, NEAR_S.stop - 1)
    return Echo(
        early=change(EARLY_S, scene.heard),
        settled=change(SETTLED_S, scene.heard),
        after=change(AFTER_S, scene.heard),
        near=-change(alone, scene.near),
        double=-change(DOUBLE_S, scene.near),
        room=change(SETTLED_S, scene.heard, polished) - change(alone, scene.near, polished),
        cpu=cpu,
    )

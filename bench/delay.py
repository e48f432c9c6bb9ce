"""How long a nurse waits: the real listener in real time, from the end of a phrase to its command.

The hang-over of the segmenter is part of it, and so is a machine that is busy with something else.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.hearing import segmenter_settings
from agent.measuring.sound import cut
from agent.registry import Kind, load
from agent.voice.commands import Grammar
from agent.voice.decision import Thresholds
from agent.voice.listener import Recognised, Surroundings, listen
from agent.voice.segmenter import Segmenter
from agent.worker import Worker
from bench.engines import Engine, configured
from bench.voices import TESTED, say

BETWEEN_S = 1.5
"""Quiet room between two phrases."""


@dataclass(slots=True)
class Waits:
    """What was seen of one engine."""

    engine: str
    start_s: float = 0.0
    """From making its process until it is prepared, the files already in the system's cache."""
    seconds: list[float] = field(default_factory=list)
    """From the last audible sample of each phrase to its command."""
    said: int = 0


async def waits(engine: Engine, state: Grammar, everything: Sequence[str], count: int) -> Waits:
    """Say `count` phrases of a state into the listener. Takes about 3 s for each."""
    result = Waits(engine.name)
    phrases = state.phrases[:: max(1, len(state.phrases) // count)][:count]
    speech = [say(phrase, TESTED[at % len(TESTED)]) for at, phrase in enumerate(phrases)]
    result.said = len(speech)
    ready = asyncio.Event()
    now = asyncio.get_running_loop().time
    ends: list[float] = []

    def heard(_: Recognised) -> None:
        if ends:
            result.seconds.append(now() - ends[-1])

    around = Surroundings(
        grammar=lambda: state,
        speaking=lambda: False,
        heard=heard,
        tap=lambda _frame: None,
        microphone=lambda _fault: None,
        ready=ready.set,
    )
    settings, _ = configured()
    detector = load(Kind.DETECTOR, settings.voice.detector)()
    begun = time.perf_counter()
    worker = Worker(engine.make, Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW)
    async with worker:
        await worker.call(600.0, "prepare", list(everything))
        result.start_s = time.perf_counter() - begun
        segmenter = Segmenter(segmenter_settings(settings))
        frames = _played(speech, ready, ends)
        # The end of the sound is that of a microphone that vanishes.
        with contextlib.suppress(PartError):
            await listen(frames, segmenter, detector, worker, everything, Thresholds(), around)
    return result


async def _played(
    speech: Sequence[Samples], ready: asyncio.Event, ends: list[float]
) -> AsyncIterator[AudioFrame]:
    """The phrases in real time, once the listener is ready; when each ended goes into `ends`."""
    now = asyncio.get_running_loop().time
    quiet = np.random.default_rng(0).integers(-5, 6, round(BETWEEN_S * SAMPLE_RATE))
    stream, marks = [quiet.astype(np.int16)], []
    for each in speech:
        marks.append(sum(map(len, stream)) + len(each))
        stream += [each, quiet.astype(np.int16)]
    sound = np.concatenate(stream)
    await ready.wait()
    begun = now()
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        end = start + FRAME_SAMPLES
        await asyncio.sleep(max(0.0, begun + end / SAMPLE_RATE - now()))
        if marks and marks[0] <= end:
            ends.append(begun + marks.pop(0) / SAMPLE_RATE)
        yield AudioFrame(sound[start:end], start)


def silence_cpu(seconds: int = 60) -> float:
    """CPU seconds that a second of a quiet room costs: detector and segmenter, no recogniser."""
    settings, _ = configured()
    detector = load(Kind.DETECTOR, settings.voice.detector)()
    room = np.random.default_rng(0).integers(-12, 13, seconds * SAMPLE_RATE).astype(np.int16)
    cutting = segmenter_settings(settings)
    cut(room[:SAMPLE_RATE], detector, cutting)  # The first call loads what it needs.
    begun = time.process_time()
    cut(room, detector, cutting)
    return (time.process_time() - begun) / seconds

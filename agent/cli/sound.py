"""The sound that `hodekamera listen` hears: the configured microphone, or files."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, AudioFrame, Samples
from agent.parts import make_microphone
from agent.registry import Kind, load
from agent.voice import wav

BEFORE_S, BETWEEN_S = 1.0, 1.5
"""Silence before the first file, and after each: an utterance is isolated and ends."""

AFTER_S = 2.0
"""More silence at the end, so that the last utterance is decided."""


@asynccontextmanager
async def sound(
    files: Sequence[Path] | None, settings: Settings
) -> AsyncIterator[AsyncIterator[AudioFrame]]:
    """Frames at the pace of the clock: of the microphone without end, of files until theirs.

    Raises PartError (the microphone's; SOUND_FILES_MISSING).
    """
    if not files:
        async with make_microphone(settings).open() as frames:
            yield frames
        return
    heard = joined(files)
    microphone = load(Kind.MICROPHONE, "wavfile")()
    microphone.play_samples(heard)
    async with microphone.open() as frames:
        yield _until(frames, len(heard))


def joined(files: Sequence[Path]) -> Samples:
    """The files one after the other, with silence between: shape (n,), int16, 16 kHz.

    Raises PartError(SOUND_FILES_MISSING).
    """
    pieces = [_silence(BEFORE_S)]
    for file in files:
        try:
            pieces += [wav.decode(file.read_bytes()), _silence(BETWEEN_S)]
        except (OSError, ValueError) as error:
            raise PartError(Fault.SOUND_FILES_MISSING, file=str(file)) from error
    return np.concatenate([*pieces, _silence(AFTER_S)])


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


async def _until(frames: AsyncIterator[AudioFrame], end: int) -> AsyncIterator[AudioFrame]:
    async for frame in frames:
        if frame.start >= end:
            return
        yield frame

"""Shared by the tests of hearing: sound files, the shipped commands, and sound -> utterances."""

from pathlib import Path

import numpy as np

from agent.content import load_commands
from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.backends.silero import SileroDetector
from agent.voice.base import Utterance
from agent.voice.commands import CommandPhrases
from agent.voice.segmenter import Segmenter, SegmenterSettings

ROOT = Path(__file__).parents[1]
SOUNDS = ROOT / "tests" / "sounds"
MODEL = ROOT / "models" / "speech-embedding" / "speech-embedding.onnx"


def commands() -> tuple[CommandPhrases, ...]:
    """The commands as they are shipped."""
    return load_commands(ROOT / "config" / "commands.yaml").table


def utterances(sound: Samples) -> list[Utterance]:
    """What the detector and the segmenter make of a sound in a quiet room."""
    room = np.random.default_rng(0).integers(-5, 6, SAMPLE_RATE).astype(np.int16)
    stream = np.concatenate([room, sound, room])
    detector, segmenter = SileroDetector(), Segmenter(SegmenterSettings())
    found = []
    for start in range(0, len(stream) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = AudioFrame(stream[start : start + FRAME_SAMPLES], start)
        utterance = segmenter.feed(frame, detector.speech_probability(frame))
        if utterance is not None:
            found.append(utterance)
    return found

"""Recordings -> what a recogniser gets: whole, or cut as the agent cuts the microphone's sound."""

from pathlib import Path

import av
import numpy as np

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import Utterance, VoiceDetector
from agent.voice.segmenter import Segmenter, SegmenterSettings

SILENCE_S = 0.7
"""Silence put before and after a sound: enough for it to be isolated and to end."""


def decode(path: Path) -> Samples:
    """A recording in any format as shape (n,), int16, 16 kHz mono.

    Raises ValueError when the file is missing, damaged or no sound.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    try:
        with av.open(str(path)) as container:
            frames = [*container.decode(audio=0), None]
            pieces = [
                piece.to_ndarray().ravel()
                for frame in frames
                for piece in resampler.resample(frame)
            ]
    except (OSError, IndexError, av.FFmpegError) as error:  # IndexError: no sound in it.
        raise ValueError("cannot be decoded") from error
    return np.concatenate([np.zeros(0, np.int16), *pieces]).astype(np.int16)


def whole(samples: Samples) -> Utterance:
    """A recording as one utterance, as it is."""
    return Utterance(samples, 0, len(samples))


def segments(
    samples: Samples, detector: VoiceDetector, settings: SegmenterSettings, room: int = 5
) -> list[Utterance]:
    """What the detector and the segmenter make of a sound in a quiet room.

    room: greatest amplitude of the noise before and after it.
    """
    silence = round(SILENCE_S * SAMPLE_RATE)
    quiet = np.random.default_rng(0).integers(-room, room + 1, silence).astype(np.int16)
    return cut(np.concatenate([quiet, samples, quiet]), detector, settings)


def cut(stream: Samples, detector: VoiceDetector, settings: SegmenterSettings) -> list[Utterance]:
    """What the detector and the segmenter make of a microphone's sound."""
    segmenter, found = Segmenter(settings), []
    detector.reset()
    for start in range(0, len(stream) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = AudioFrame(stream[start : start + FRAME_SAMPLES], start)
        utterance = segmenter.feed(frame, detector.speech_probability(frame))
        if utterance is not None:
            found.append(utterance)
    return found

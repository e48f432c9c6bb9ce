"""What the recogniser hears beside a room that talks, and of the agent's own voice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.measuring.sound import cut
from agent.recognisers import make_recogniser
from agent.voice.backends.silero import SileroDetector
from agent.voice.backends.webrtc import WebRtcCleaner
from agent.voice.base import Recogniser, Utterance
from agent.voice.clearest import BEFORE, clearest
from agent.voice.commands import CommandPhrases, Grammar
from agent.voice.decision import Thresholds, decide
from agent.voice.echo import ECHO_SHARE, RoomEcho
from agent.voice.listener import INTERRUPTING
from agent.voice.segmenter import SegmenterSettings
from bench.audio_scene import NEAR_LEVEL, Sound, pcm, through_loudspeaker
from bench.conditions import FLOOR
from bench.engines import configured
from bench.hearing import ROOT, hardest_state, shipped_commands, states
from bench.voices import TESTED, say

BEFORE_S, BETWEEN_S = 6.0, 1.6
DELAY_S = 0.08

Said = tuple[str, int, int]
"""A phrase and where in the stream it begins and ends."""


@dataclass(slots=True)
class Heard:
    """What became of the commands that were said."""

    said: int = 0
    right: int = 0
    best: int = 0
    """The right command was the best guess, sure enough or not."""
    wrong: int = 0
    """Commands that were heard and not said."""


class Ears:
    """The recogniser that ships, and everything that can be said."""

    def __init__(self) -> None:
        settings, pronunciation = configured()
        self.table: tuple[CommandPhrases, ...] = shipped_commands()
        self.everything = Grammar(self.table)
        self.states = states(self.table)
        name = settings.voice.recogniser
        make = make_recogniser(name, settings, ROOT / "models", pronunciation)
        self.engine: Recogniser = make()
        self.engine.prepare(list(self.everything.phrases))

    def beside(self, far: Sound, echo_db: float | None, *, cancel: bool) -> Heard:
        """Every phrase once, while the clinic talks without pause.

        echo_db: how loud its echo is beside the nurse; None: it is silent.
        """
        stream, said = _commands(self.everything.phrases)
        played = pcm(far[: len(stream)] if len(far) >= len(stream) else np.resize(far, len(stream)))
        heard = pcm(stream)
        if echo_db is not None:
            echo = through_loudspeaker(played, DELAY_S)
            echo *= NEAR_LEVEL * 10 ** (echo_db / 20) / np.std(echo)
            heard = pcm(stream + echo)
        raw = heard
        if cancel:
            heard = _cancelled(heard, played if echo_db is not None else np.zeros_like(played))
        return self._hear(heard, raw, said)

    def _hear(self, heard: Samples, raw: Samples, said: Sequence[Said]) -> Heard:
        result = Heard(said=len(said))
        found = [_clearest(each, raw) for each in _cut(heard) if each.isolated]
        for phrase, begin, end in said:
            command = self.everything.command_of(phrase)
            state = hardest_state(command, self.states)
            for utterance in [each for each in found if each.start < end and each.end > begin]:
                found = [each for each in found if each is not utterance]
                scores = self.engine.score(utterance, list(state.phrases))
                decided = decide(scores, state, Thresholds()).command
                best = max(scores.phrases, key=lambda each: scores.phrases[each])
                result.best += state.command_of(best) is command
                result.right += decided is command
                result.wrong += decided not in (None, command)
        largest = self.states[-1]
        for utterance in found:
            scores = self.engine.score(utterance, list(largest.phrases))
            result.wrong += decide(scores, largest, Thresholds()).command is not None
        return result

    def own_voice(self, sentences: Sequence[Samples], echo_db: float) -> tuple[int, int, int]:
        """The agent speaks and nobody else: how many sentences, how many pieces of them came out
        of the canceller and were looked at, and how many were taken for a command.

        echo_db: how loud it is at the microphone beside a nurse.
        """
        pause = np.zeros(round(0.7 * SAMPLE_RATE), np.int16)
        whole = np.concatenate([part for each in sentences for part in (pause, each)] + [pause])
        played = whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES]
        echo = through_loudspeaker(played, DELAY_S)
        echo *= NEAR_LEVEL * 10 ** (echo_db / 20) / np.std(echo)
        heard = _cancelled(pcm(echo + _noise(len(played))), played)
        echoes, grammar, taken, looked = RoomEcho(), Grammar(self.table, INTERRUPTING), 0, 0
        frames = iter(_frames(played))
        for utterance in _cut(heard):
            for frame in frames:  # It remembers as little as in the product.
                echoes.follow(frame)
                if frame.start + 2 * FRAME_SAMPLES > utterance.end + 0.4 * SAMPLE_RATE:
                    break
            if not utterance.isolated or echoes.share(utterance) >= ECHO_SHARE:
                continue
            looked += 1
            scores = self.engine.score(utterance, list(grammar.phrases))
            taken += decide(scores, grammar, Thresholds()).command is not None
        return len(sentences), looked, taken


def _commands(phrases: Sequence[str]) -> tuple[Sound, list[Said]]:
    """Every phrase, the speakers in turn, with a quiet room between."""
    sounds = [say(phrase, TESTED[at % len(TESTED)]) for at, phrase in enumerate(phrases)]
    place, said = round(BEFORE_S * SAMPLE_RATE), []
    for phrase, sound in zip(phrases, sounds, strict=True):
        said.append((phrase, place, place + len(sound)))
        place += len(sound) + round(BETWEEN_S * SAMPLE_RATE)
    stream = _noise(place // FRAME_SAMPLES * FRAME_SAMPLES)
    for (_, begin, end), sound in zip(said, sounds, strict=True):
        stream[begin:end] += sound / np.std(sound) * NEAR_LEVEL
    return stream, said


def _noise(count: int) -> Sound:
    return np.random.default_rng(5).normal(scale=FLOOR, size=count)


def _cancelled(heard: Samples, played: Samples) -> Samples:
    cleaner = WebRtcCleaner()
    pairs = zip(_frames(heard), _frames(played), strict=True)
    return np.concatenate([cleaner.cancel(one.samples, two.samples) for one, two in pairs])


def _clearest(utterance: Utterance, raw: Samples) -> Utterance:
    """As the product chooses."""
    start, end = utterance.start, utterance.start + len(utterance.samples)
    return clearest(utterance, raw[start:end], raw[max(0, start - BEFORE) : start])


def _cut(heard: Samples) -> list[Utterance]:
    return cut(heard, SileroDetector(), SegmenterSettings())


def _frames(sound: npt.NDArray[np.int16]) -> Iterator[AudioFrame]:
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield AudioFrame(sound[start : start + FRAME_SAMPLES], start)

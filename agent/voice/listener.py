"""The voice loop: microphone -> command.

Two coroutines: one takes every frame as it comes and never waits for the recogniser, the other
scores one utterance at a time. What does not match a phrase of the grammar is never turned into
text, and nothing but the command leaves this module.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.faults import Fault, PartError
from agent.frames import FRAME_SECONDS, SAMPLE_RATE, AudioFrame
from agent.mailbox import Mailbox
from agent.messages import Command
from agent.tasks import task_group
from agent.voice.base import Scores, Utterance, VoiceDetector
from agent.voice.commands import Grammar
from agent.voice.decision import Thresholds, decide
from agent.voice.segmenter import Segmenter

log = logging.getLogger(__name__)

STALL_S = 2.0
"""A microphone that delivers nothing for so long is lost."""

PREPARE_LIMIT_S = 60.0
SCORE_LIMIT_S = 5.0

SILENT_S = 5.0
"""A working microphone is never exactly zero for so long: it is switched off or blocked."""

STALE_S = 3.0
"""A command that is understood later than this is not obeyed: the nurse has moved on."""


class Engine(Protocol):
    """A recogniser in its own process: `agent.worker.Worker`."""

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        """Call a method within `limit` seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Recognised:
    """A command was said."""

    command: Command
    seconds: float
    """From the end of the utterance to the decision; the silence that ends it is part of this."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the listener asks of the rest of the agent, and what it tells. None of it may wait."""

    grammar: Callable[[], Grammar]
    """What can be said now."""
    speaking: Callable[[], bool]
    """True while the agent itself can be heard."""
    heard: Callable[[Recognised], None]
    tap: Callable[[AudioFrame], None]
    """Gets every frame, for the room's sound."""
    silent: Callable[[bool], None]
    """True: the microphone gives nothing but zeros; False: it gives sound again."""
    ready: Callable[[], None]
    """The recogniser is prepared; from now on the nurse is heard."""


async def listen(
    frames: AsyncIterator[AudioFrame],
    segmenter: Segmenter,
    detector: VoiceDetector,
    engine: Engine,
    phrases: Sequence[str],
    thresholds: Thresholds,
    around: Surroundings,
    *,
    listen_while_speaking: bool = False,
) -> None:
    """Listen until cancelled.

    phrases: every phrase that may ever be valid; the engine is prepared for them first, while
        frames already go to `around.tap`.
    listen_while_speaking: heed utterances that overlap the agent's own speech, for a microphone
        that does not hear it.
    Raises PartError(MICROPHONE_LOST) when no frame comes for 2 s, and the engine's and detector's.
    """
    utterances: Mailbox[_Waiting] = Mailbox(1)
    ear = _Ear(segmenter, detector, around, utterances, listen_while_speaking)
    # Whoever restarts us handles one fault; the other task was only ended by it.
    async with task_group() as group:
        group.create_task(ear.hear(frames))
        group.create_task(_understand(utterances, engine, phrases, thresholds, around))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An utterance on its way to the recogniser."""

    utterance: Utterance
    ended: float
    """When its last sample came from the microphone, on the loop's clock."""


async def _understand(
    utterances: Mailbox[_Waiting],
    engine: Engine,
    phrases: Sequence[str],
    thresholds: Thresholds,
    around: Surroundings,
) -> None:
    await engine.call(PREPARE_LIMIT_S, "prepare", list(phrases))
    around.ready()
    now = asyncio.get_running_loop().time
    async for waiting in utterances:
        # Asked for now, not when the utterance ended: the one before it may have changed it.
        grammar = around.grammar()
        if not grammar.phrases or now() - waiting.ended > STALE_S:
            continue
        scores = await engine.call(SCORE_LIMIT_S, "score", waiting.utterance, list(grammar.phrases))
        assert isinstance(scores, Scores)
        command = decide(scores, grammar, thresholds).command
        seconds = now() - waiting.ended
        if command is not None and seconds <= STALE_S:
            around.heard(Recognised(command, seconds))


class _Ear:
    """Takes the frames as they come and cuts them into utterances."""

    def __init__(
        self,
        segmenter: Segmenter,
        detector: VoiceDetector,
        around: Surroundings,
        utterances: Mailbox[_Waiting],
        listen_while_speaking: bool,
    ) -> None:
        self._segmenter = segmenter
        self._detector = detector
        self._around = around
        self._utterances = utterances
        self._listen_while_speaking = listen_while_speaking
        self._expected = -1
        self._agent_spoke_until = -1
        self._zero_frames = 0

    async def hear(self, frames: AsyncIterator[AudioFrame]) -> None:
        while True:
            frame = await _next(frames)
            self._around.tap(frame)
            self._watch_for_zeros(frame)
            self._follow(frame)
            # After a hiccup many frames are there at once; the others get their turn between them.
            await asyncio.sleep(0)

    def _follow(self, frame: AudioFrame) -> None:
        end = frame.start + len(frame.samples)
        if frame.start != self._expected:
            self._detector.reset()
            self._agent_spoke_until = -1
        self._expected = end
        if self._around.speaking():
            self._agent_spoke_until = end
        utterance = self._segmenter.feed(frame, self._detector.speech_probability(frame))
        if utterance is not None and self._concerns_us(utterance):
            ended = asyncio.get_running_loop().time() - (end - utterance.end) / SAMPLE_RATE
            self._utterances.put(_Waiting(utterance, ended))

    def _concerns_us(self, utterance: Utterance) -> bool:
        if not utterance.isolated:
            return False
        own = self._agent_spoke_until > self._segmenter.onset(utterance)
        return self._listen_while_speaking or not own

    def _watch_for_zeros(self, frame: AudioFrame) -> None:
        limit = round(SILENT_S / FRAME_SECONDS)
        if not frame.samples.any():
            self._zero_frames += 1
            if self._zero_frames == limit:
                log.warning("the microphone gives nothing but zeros")
                self._around.silent(True)
            return
        if self._zero_frames >= limit:
            self._around.silent(False)
        self._zero_frames = 0


async def _next(frames: AsyncIterator[AudioFrame]) -> AudioFrame:
    try:
        async with asyncio.timeout(STALL_S):
            return await anext(frames)
    except (TimeoutError, StopAsyncIteration) as error:
        raise PartError(Fault.MICROPHONE_LOST, detail=type(error).__name__) from error

"""The voice loop: microphone -> command.

Two coroutines: the intake takes every frame as it comes and never waits for the recogniser, the
other scores one utterance at a time. It begins as soon as there may be an end, and decides when
the silence has been long enough; when the speech goes on, what was scored is thrown away. What
does not match a phrase of the grammar is never turned into text, and nothing but the command
leaves this module.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from agent.frames import SAMPLE_RATE, AudioFrame
from agent.mailbox import Mailbox
from agent.messages import Command
from agent.tasks import task_group
from agent.voice.attempts import Attempts
from agent.voice.base import Scores, VoiceDetector
from agent.voice.commands import Grammar
from agent.voice.decision import Decision, Thresholds, decide
from agent.voice.draft import Draft
from agent.voice.ending import silence_needed
from agent.voice.gate import NearGate, voice_of
from agent.voice.intake import STALL_S, Intake
from agent.voice.segmenter import Segmenter, SegmenterSettings
from agent.voice.surroundings import Missed, Reason, Recognised, Surroundings

__all__ = ["STALL_S", "Missed", "Reason", "Recognised", "Surroundings", "listen"]

PREPARE_LIMIT_S = 60.0
SCORE_LIMIT_S = 5.0

INTERRUPTING = frozenset({Command.CANCEL, Command.END_VIDEO})
"""What the nurse can say while the agent speaks, whatever is valid otherwise. Not everything: what
is left of its own voice would have more to be taken for."""

STALE_S = 3.0
"""A command that is understood later than this is not obeyed: the nurse has moved on."""


class Engine(Protocol):
    """A recogniser in its own process: `agent.worker.Worker`."""

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        """Call a method within `limit` seconds."""
        ...


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
    listen_while_speaking: heed everything that overlaps the agent's own speech, for a microphone
        that does not hear it. Otherwise where the echo is cancelled a few commands, else nothing.
    Raises PartError(MICROPHONE_LOST) when no frame comes for 2 s, and the engine's and detector's.
    """
    drafts: Mailbox[Draft] = Mailbox(1)
    attempts = Attempts()
    intake = Intake(
        segmenter, detector, around, drafts, attempts, listen_while_speaking=listen_while_speaking
    )
    understanding = _Understanding(engine, thresholds, segmenter.settings, around, attempts, intake)
    # Whoever restarts us handles one fault; the other task was only ended by it.
    async with task_group() as group:
        group.create_task(intake.hear(frames))
        group.create_task(understanding.run(drafts, phrases))


class _Understanding:
    """Scores what the intake lets through, and decides."""

    def __init__(
        self,
        engine: Engine,
        thresholds: Thresholds,
        settings: SegmenterSettings,
        around: Surroundings,
        attempts: Attempts,
        intake: Intake,
    ) -> None:
        self._engine = engine
        self._thresholds = thresholds
        self._settings = settings
        self._around = around
        self._attempts = attempts
        self._intake = intake
        self._gate = NearGate()

    async def run(self, drafts: Mailbox[Draft], phrases: Sequence[str]) -> None:
        await self._engine.call(PREPARE_LIMIT_S, "prepare", list(phrases))
        self._around.ready()
        async for draft in drafts:
            decision = await self._decide(draft)
            if decision is not None:
                self._act(draft, decision)

    async def _decide(self, draft: Draft) -> Decision | None:
        """None: nothing can be said, it came too late to be scored, or the speech went on."""
        while _age(draft) <= STALE_S:
            # Asked for now, not when it ended: the utterance before it may have changed it.
            grammar, thresholds = self._around.grammar(), self._now_needed()
            wanted = self._around.interruption if draft.interrupts else grammar
            if not wanted.phrases:
                return None
            decision = decide(await self._score(draft, wanted), wanted, thresholds)
            needed = silence_needed(decision, wanted, thresholds, self._settings)
            if not await draft.silent_for(round(needed * SAMPLE_RATE)):
                return None
            if self._around.grammar().phrases == grammar.phrases:
                return decision
        return None

    async def _score(self, draft: Draft, grammar: Grammar) -> Scores:
        phrases = list(grammar.phrases)
        scores = await self._engine.call(SCORE_LIMIT_S, "score", draft.utterance, phrases)
        assert isinstance(scores, Scores)
        return scores

    def _now_needed(self) -> Thresholds:
        """After «kamerahjelp» every command is as easily understood as a harmless one."""
        needed = self._thresholds
        if self._around.called():
            needed = replace(needed, yellow=needed.green, red=needed.green)
        return needed

    def _act(self, draft: Draft, decision: Decision) -> None:
        utterance, command, seconds = draft.utterance, decision.command, _age(draft)
        if command is None and draft.interrupts:
            self._attempts.talk(utterance.end)
            self._around.missed(Missed(Reason.UNKNOWN, decision))
        elif command is None:
            tries = self._attempts.unknown(utterance, decision)
            self._around.missed(Missed(Reason.UNKNOWN, decision, tries))
        elif seconds > STALE_S:
            self._around.missed(Missed(Reason.LATE, decision))
        elif not self._gate.admit(command, voice_of(utterance.samples), utterance.end):
            self._attempts.talk(utterance.end)
            self._around.missed(Missed(Reason.FAR, decision))
        else:
            draft.settled = True
            self._attempts.understood()
            self._intake.understood()
            self._around.heard(Recognised(command, seconds))


def _age(draft: Draft) -> float:
    return asyncio.get_running_loop().time() - draft.ended

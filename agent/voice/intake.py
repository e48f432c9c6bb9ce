"""Takes the frames as they come, cuts them into utterances, and lets through what concerns us."""

import asyncio
import logging
from collections.abc import AsyncIterator

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, AudioFrame, Samples
from agent.mailbox import Mailbox
from agent.voice.attempts import Attempts
from agent.voice.base import Utterance, VoiceDetector
from agent.voice.cleaning import Cleaned
from agent.voice.clearest import BEFORE, clearest
from agent.voice.draft import Draft
from agent.voice.echo import ECHO_SHARE
from agent.voice.level import MicrophoneWatch, measure
from agent.voice.recent import KEPT_S, Recent
from agent.voice.second_device import SecondDevice
from agent.voice.segmenter import Segmenter
from agent.voice.surroundings import Missed, Reason, Surroundings

log = logging.getLogger(__name__)

STALL_S = 2.0
"""A microphone that delivers nothing for so long is lost."""


class Intake:
    """The half of the listener that never waits for the recogniser."""

    def __init__(
        self,
        segmenter: Segmenter,
        detector: VoiceDetector,
        around: Surroundings,
        drafts: Mailbox[Draft],
        attempts: Attempts,
        *,
        listen_while_speaking: bool,
    ) -> None:
        """drafts: gets what is worth scoring. attempts: is told when somebody talks."""
        self._segmenter = segmenter
        self._detector = detector
        self._around = around
        self._drafts = drafts
        self._attempts = attempts
        self._listen_while_speaking = listen_while_speaking
        self._watch = MicrophoneWatch()
        self._raw = Recent(KEPT_S + BEFORE / SAMPLE_RATE)
        """As the microphone gave it: how it is worn and set is heard in nothing else."""
        self._second = SecondDevice()
        self._talking = False
        self._draft: Draft | None = None
        self._settled_start = -1
        self._expected = -1
        self._agent_spoke_until = -1

    async def hear(self, frames: AsyncIterator[AudioFrame]) -> None:
        """Until cancelled. Raises PartError(MICROPHONE_LOST)."""
        while True:
            frame = await _next(frames)
            self._watched(self._watch.frame(frame.samples))
            cleaned = self._around.cleaning.clean(frame)
            self._around.tap(cleaned.polished)
            self._follow(cleaned)
            # After a hiccup many frames are there at once; the others get their turn between them.
            await asyncio.sleep(0)

    def understood(self) -> None:
        """A command was obeyed."""
        self._watched(self._watch.understood())

    def _watched(self, changed: bool) -> None:
        if changed:
            fault = self._watch.fault
            log.warning("the microphone: %s", fault.name if fault else "fine again")
            self._around.microphone(fault)

    def _follow(self, cleaned: Cleaned) -> None:
        frame = cleaned.clean
        end = frame.start + len(frame.samples)
        if frame.start != self._expected:
            self._detector.reset()
            self._agent_spoke_until = -1
            self._settled_start = -1
        self._expected = end
        if self._around.speaking():
            self._agent_spoke_until = end
        self._raw.add(cleaned.raw)
        self._around.echo.follow(cleaned.played)
        # Without a canceller our own loudspeaker would be taken for a second one.
        cancels = self._around.cleaning.cancels_echo
        if cancels and self._second.follow(frame, cleaned.played):
            self._around.twice()
        utterance = self._segmenter.feed(frame, self._detector.speech_probability(frame))
        self._talk(end)
        if utterance is not None:
            self._end(utterance)
        elif self._draft is not None:
            self._carry_on(self._draft)
        else:
            self._begin(len(frame.samples))

    def _talk(self, end: int) -> None:
        """Somebody talks, to others than us."""
        before, self._talking = self._talking, self._segmenter.talking
        if self._talking and not before:
            self._around.talk()
        if self._talking or self._around.echo.sounds:
            self._attempts.talk(end)

    def _begin(self, step: int) -> None:
        """Have the utterance scored, once, when there may be an end."""
        silence = self._segmenter.silence
        if not 0 <= silence - round(self._segmenter.settings.draft_s * SAMPLE_RATE) < step:
            return
        utterance = self._segmenter.draft()
        if utterance is None or utterance.start == self._settled_start:
            return
        if self._refusal(utterance) is None:
            self._offer(utterance, silence)

    def _carry_on(self, draft: Draft) -> None:
        """The silence goes on, or the speech does."""
        if self._segmenter.silence:
            draft.extend(self._segmenter.silence)
        else:
            self._withdraw(draft)

    def _withdraw(self, draft: Draft) -> None:
        draft.withdraw()
        self._draft = None
        if draft.settled:
            self._settled_start = draft.utterance.start

    def _end(self, utterance: Utterance) -> None:
        self._watched(self._watch.utterance(measure(self._heard(utterance))))
        silence = round(self._segmenter.settings.hang_over_s * SAMPLE_RATE)
        if self._draft is None and utterance.start != self._settled_start:
            refusal = self._refusal(utterance)
            if refusal is None:
                self._offer(utterance, silence)
            else:
                self._attempts.talk(utterance.end)
                self._around.missed(Missed(refusal))
        if self._draft is not None:
            self._draft.extend(silence)
            self._draft = None

    def _offer(self, utterance: Utterance, silence: int) -> None:
        ended = asyncio.get_running_loop().time() - silence / SAMPLE_RATE
        interrupts = self._interrupts(utterance)
        before = self._raw.between(utterance.start - BEFORE, utterance.start)
        best = clearest(utterance, self._heard(utterance), before)
        self._draft = Draft(best, ended, interrupts=interrupts)
        self._drafts.put(self._draft)

    def _refusal(self, utterance: Utterance) -> Reason | None:
        """Why an utterance need not be scored at all."""
        if not utterance.isolated:
            return Reason.NOT_ISOLATED
        interrupts = self._interrupts(utterance)
        if interrupts and not self._around.cleaning.cancels_echo:
            return Reason.OWN_VOICE
        if measure(self._heard(utterance)).void:
            return Reason.VOID
        if self._around.echo.share(utterance) >= ECHO_SHARE:
            return Reason.ROOM
        return None

    def _interrupts(self, utterance: Utterance) -> bool:
        """It was said while the agent spoke, and the microphone may have heard that, too."""
        own = self._agent_spoke_until > self._segmenter.onset(utterance)
        return own and not self._listen_while_speaking

    def _heard(self, utterance: Utterance) -> Samples:
        """The utterance as the microphone gave it."""
        return self._raw.between(utterance.start, utterance.start + len(utterance.samples))


async def _next(frames: AsyncIterator[AudioFrame]) -> AudioFrame:
    try:
        async with asyncio.timeout(STALL_S):
            return await anext(frames)
    except (TimeoutError, StopAsyncIteration) as error:
        raise PartError(Fault.MICROPHONE_LOST, detail=type(error).__name__) from error

"""Making a voice profile: some recordings of each phrase, each checked before it counts.

Of a recording only its template is kept; the sound is forgotten when the recogniser has answered.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, AudioFrame
from agent.voice.base import Utterance, VoiceDetector
from agent.voice.level import measure
from agent.voice.listener import SCORE_LIMIT_S, STALL_S, Engine
from agent.voice.profile import Own, Profile, Vectors
from agent.voice.segmenter import SegmenterSettings
from agent.voice.trial import Meter, WatchedSegmenter, Why

TAKES = 3
"""Recordings of each phrase."""

ATTEMPTS = 8
"""After so many recordings of a phrase it is left out."""

AGREE = 0.5
"""Recordings of one phrase in one voice are no farther apart: of 612 pairs of synthetic recordings
99 % were nearer than 0.41 and all nearer than 0.49; different phrases in one voice are nearer than
0.53 to each other in 1 % of the pairs."""

MARGIN = 0.15
"""A first recording is of another phrase when it is so much nearer to that one by espeak-ng: so
99 % of wrong phrases were found out, and of 612 right ones none was refused (synthetic)."""

LENGTHS = (0.5, 2.0)
"""How much shorter or longer than the other recordings of its phrase a recording may be."""


class Flaw(StrEnum):
    """Why a recording does not count, besides `Why`; the values are words in `listen.yaml`."""

    UNLIKE = "unlike"
    """It is not like the others of the same phrase."""
    OTHER_LENGTH = "other_length"
    OTHER_PHRASE = "other_phrase"
    """It is nearer to a phrase of another command."""


@dataclass(frozen=True, slots=True)
class Take:
    """A recording that counts."""

    template: Vectors
    length_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Say this now, for the `number`th time from 1."""

    phrase: str
    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """That recording did not count."""

    why: Flaw | Why
    other: str | None = None
    """The phrase that it is nearer to."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The profile has this phrase now."""

    phrase: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Too many recordings of this phrase did not count."""

    phrase: str


News = Asked | Refused | Learnt | LeftOut


@dataclass(frozen=True, slots=True)
class Distances:
    """From one recording: cosine distances, see `compare` of the recogniser."""

    synthetic: Mapping[str, float]
    """To each phrase as espeak-ng says it."""
    own: Mapping[str, float]
    """To each phrase of which there are recordings."""


def flaw(
    phrase: str, rivals: Collection[str], length_s: float, takes: Sequence[Take], far: Distances
) -> Refused | None:
    """PURE. What is wrong with a recording of `phrase`; None: it counts.

    rivals: the phrases of other commands. takes: those of `phrase` that count already.
    """
    # The first recording can only be held against espeak-ng, which may say it very differently.
    distances = far.own if takes else far.synthetic
    allowed = far.own[phrase] if takes else far.synthetic[phrase] - MARGIN
    near = {rival: distances[rival] for rival in rivals if rival in distances}
    nearest = min(near, key=near.__getitem__, default=None)
    if nearest is not None and near[nearest] < allowed:
        return Refused(Flaw.OTHER_PHRASE, nearest)
    if takes and far.own[phrase] > AGREE:
        return Refused(Flaw.UNLIKE)
    shortest, longest = LENGTHS
    if not all(shortest <= length_s / take.length_s <= longest for take in takes):
        return Refused(Flaw.OTHER_LENGTH)
    return None


Recording = Utterance | Why
"""An utterance, or why there is none."""


async def recordings(
    frames: AsyncIterator[AudioFrame],
    detector: VoiceDetector,
    settings: SegmenterSettings,
    meter: Meter,
) -> AsyncGenerator[Recording, None]:
    """The utterances in the sound, until it ends.

    Raises PartError (MICROPHONE_LOST when no frame comes for 2 s, and the detector's).
    """
    dropped: list[Why] = []
    segmenter = WatchedSegmenter(settings, meter, dropped.append)
    expected = -1
    while True:
        try:
            async with asyncio.timeout(STALL_S):
                frame = await anext(frames)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise PartError(Fault.MICROPHONE_LOST, detail="TimeoutError") from error
        if frame.start != expected:
            detector.reset()
        expected = frame.start + len(frame.samples)
        utterance = segmenter.feed(frame, detector.speech_probability(frame))
        if utterance is not None:
            yield utterance if utterance.isolated else Why.NOT_ISOLATED
        while dropped:
            yield dropped.pop()


class Enrolment:
    """Takes the recordings and keeps what counts."""

    def __init__(
        self,
        engine: Engine,
        rivals: Callable[[str], Collection[str]],
        profile: Profile,
        tell: Callable[[News], None],
        keep: Callable[[Profile], None],
    ) -> None:
        """engine: the recogniser of the templates, prepared for all phrases.
        rivals: phrase -> the phrases of all other commands.
        profile: what there is already. keep: gets it with each new phrase.
        """
        self._engine, self._rivals = engine, rivals
        self.profile = profile
        self._tell, self._keep = tell, keep

    async def run(
        self, said: AsyncIterator[Recording], phrases: Sequence[str], today: date
    ) -> None:
        """Ask for each phrase in turn, until all are there or the sound ends.

        Raises PartError (those of `said`, of the engine or of `keep`).
        """
        for phrase in phrases:
            takes = await self._takes(phrase, said)
            if takes is None:
                return
            if len(takes) < TAKES:
                self._tell(LeftOut(phrase))
                continue
            own = Own(tuple(take.template for take in takes), today)
            self.profile = self.profile.with_phrase(phrase, own)
            self._keep(self.profile)
            self._tell(Learnt(phrase))

    async def _takes(self, phrase: str, said: AsyncIterator[Recording]) -> list[Take] | None:
        """Those that count, fewer than `TAKES` when it will not be; None: no more sound."""
        takes: list[Take] = []
        for _ in range(ATTEMPTS):
            self._tell(Asked(phrase, len(takes) + 1))
            recording = await anext(said, None)
            if recording is None:
                return None
            judged = await self._judge(phrase, recording, takes)
            if isinstance(judged, Take):
                takes.append(judged)
                if len(takes) == TAKES:
                    break
                continue
            self._tell(judged)
            if judged.why is Flaw.UNLIKE and len(takes) == 1:
                takes.clear()  # Which of the two was wrong, nobody knows.
        return takes

    async def _judge(
        self, phrase: str, recording: Recording, takes: Sequence[Take]
    ) -> Take | Refused:
        if isinstance(recording, Why):
            return Refused(recording)
        level = measure(recording.samples)
        if level.faint or level.distorted:
            return Refused(Why.TOO_FAINT if level.faint else Why.CLIPPED)
        template = await self._ask("embed", recording)
        own = {name: each.templates for name, each in self.profile.phrases.items()}
        own.pop(phrase, None)
        if takes:
            own[phrase] = tuple(take.template for take in takes)
        far = Distances(*await self._ask("compare", template, own))
        length_s = len(recording.samples) / SAMPLE_RATE
        wrong = flaw(phrase, self._rivals(phrase), length_s, takes, far)
        return wrong or Take(template, length_s)

    async def _ask(self, method: str, *arguments: object) -> Any:
        return await self._engine.call(SCORE_LIMIT_S, method, *arguments)

"""Hearing on trial: what the voice loop made of each utterance, and why it did not obey.

It is the very loop of a consultation (`listener`), looked at from outside: nothing is done about a
command, and what a nurse would be met with silence for is explained. Nothing is kept: out come
numbers and phrases of the grammar.
"""

import math
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame
from agent.voice.base import Scores, Utterance, VoiceDetector
from agent.voice.commands import Grammar
from agent.voice.decision import Thresholds, decide
from agent.voice.level import Level, measure
from agent.voice.listener import Engine, Missed, Reason, Recognised, Surroundings, listen
from agent.voice.segmenter import Segmenter, SegmenterSettings


class Why(StrEnum):
    """Why an utterance was not obeyed; the values are the words `why_…` in `listen.yaml`."""

    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_FAINT = "too_faint"
    CLIPPED = "clipped"
    OTHER_COMMAND = "other_command"
    """It is too much like another command."""
    NO_COMMAND = "no_command"
    """It is too much like something that is none."""
    NOT_ISOLATED = "not_isolated"
    OWN_VOICE = "own_voice"
    ROOM = "room"
    VOID = "void"
    FAR = "far"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Sound:
    """How an utterance came in."""

    length_s: float
    """With the little silence around it."""
    level: Level


@dataclass(frozen=True, slots=True)
class Tried:
    """What was made of one utterance."""

    why: Why | None
    """Why it was not obeyed; None: it was."""
    sound: Sound | None = None
    """None: it was dropped while it was spoken."""
    best: str | None = None
    """The likeliest phrase, obeyed or not; None: it was not scored."""
    other: str | None = None
    """The likeliest phrase of another command."""
    log_odds: float = -math.inf
    """See `Decision`."""
    seconds: float | None = None
    """From the end of the speech to the decision, when it was obeyed."""


Meter = Callable[[float, bool], None]
"""Told of each frame its level in dBFS (-inf: no sound), and whether it is speech."""


class WatchedSegmenter(Segmenter):
    """A Segmenter that can be watched, and tells of what it drops."""

    def __init__(
        self, settings: SegmenterSettings, meter: Meter, dropped: Callable[[Why], None]
    ) -> None:
        """dropped: is told TOO_LONG or TOO_SHORT."""
        super().__init__(settings)
        self._meter, self._dropped = meter, dropped
        self._next = -1
        self.last: Sound | None = None
        """Of the utterance that ended last; None after one that was dropped."""

    def feed(self, frame: AudioFrame, probability: float) -> Utterance | None:
        """See `Segmenter`."""
        self._meter(measure(frame.samples).dbfs, probability >= self.settings.enter_probability)
        before = self.kept_samples if frame.start == self._next else 0
        self._next = frame.start + len(frame.samples)
        utterance = super().feed(frame, probability)
        if utterance is not None:
            self.last = _sound(utterance)
        elif before > self._pre_roll >= self.kept_samples:
            # It kept more than a pre-roll and does no longer: speech was dropped.
            self.last = None
            longest = self._pre_roll + round(self.settings.longest_s * SAMPLE_RATE)
            self._dropped(Why.TOO_LONG if before > longest - 2 * FRAME_SAMPLES else Why.TOO_SHORT)
        return utterance

    @property
    def _pre_roll(self) -> int:
        return round(self.settings.pre_roll_s * SAMPLE_RATE)


class Trial:
    """Listens with one grammar valid all the time."""

    def __init__(
        self,
        engine: Engine,
        phrases: Sequence[str],
        grammar: Grammar,
        tell: Callable[[Tried], None],
    ) -> None:
        """phrases: all that the engine is prepared for; `grammar` holds some of them or all."""
        self._engine, self._phrases = engine, phrases
        self._grammar, self._tell = grammar, tell
        self._scored: tuple[Sound, Scores] | None = None

    async def run(
        self,
        frames: AsyncIterator[AudioFrame],
        detector: VoiceDetector,
        settings: SegmenterSettings,
        thresholds: Thresholds,
        meter: Meter,
    ) -> None:
        """Until cancelled. Raises PartError as `listen` does."""
        segmenter = WatchedSegmenter(settings, meter, lambda why: self._tell(Tried(why)))
        around = Surroundings(
            grammar=lambda: self._grammar,
            speaking=lambda: False,
            heard=self._heard,
            tap=lambda _frame: None,
            microphone=lambda _fault: None,
            ready=lambda: None,
            missed=lambda missed: self._missed(missed, segmenter.last),
        )
        await listen(frames, segmenter, detector, self, self._phrases, thresholds, around)

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        """The engine, overheard. See `Engine`."""
        result = await self._engine.call(limit, method, *arguments)
        if isinstance(result, Scores) and isinstance(arguments[0], Utterance):
            self._scored = _sound(arguments[0]), result
        return result

    def _heard(self, recognised: Recognised) -> None:
        # The listener scores one utterance at a time: this is the one.
        assert self._scored is not None
        self._tell(tried(*self._scored, self._grammar, None, recognised.seconds))

    def _missed(self, missed: Missed, last: Sound | None) -> None:
        if missed.decision is not None and self._scored is not None:
            self._tell(tried(*self._scored, self._grammar, missed.reason))
        else:
            self._tell(Tried(_named(missed.reason), last))


def tried(
    sound: Sound,
    scores: Scores,
    grammar: Grammar,
    reason: Reason | None,
    seconds: float | None = None,
) -> Tried:
    """PURE. What there is to tell of an utterance that was scored. reason: None: it was obeyed."""
    decision = decide(scores, grammar, Thresholds())
    own = {each for each in scores.phrases if grammar.command_of(each) is decision.best}
    best = _likeliest(scores, own)
    other = _likeliest(scores, scores.phrases.keys() - own) if best else None
    why = _why(scores, sound.level, other) if reason is Reason.UNKNOWN else _named(reason)
    return Tried(why, sound, best, other, decision.log_odds, seconds)


def _named(reason: Reason | None) -> Why | None:
    return None if reason is None else Why(reason.name.lower())


def _likeliest(scores: Scores, phrases: Iterable[str]) -> str | None:
    return max(sorted(phrases), key=scores.phrases.__getitem__, default=None)


def _why(scores: Scores, level: Level, other: str | None) -> Why:
    """What explains best that it was not understood. It explains; it does not decide."""
    if level.faint:
        return Why.TOO_FAINT
    if level.distorted:
        return Why.CLIPPED
    if other is not None and scores.phrases[other] > scores.garbage:
        return Why.OTHER_COMMAND
    return Why.NO_COMMAND


def _sound(utterance: Utterance) -> Sound:
    return Sound(len(utterance.samples) / SAMPLE_RATE, measure(utterance.samples))

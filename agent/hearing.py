"""The hearing part, ready to be supervised: microphone, detector, recogniser, and their wiring."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from agent.config.content import Content
from agent.config.settings import Settings
from agent.faults import Fault
from agent.frames import AudioFrame, Samples
from agent.messages import (
    Event,
    Heard,
    HeardTwice,
    HearingReady,
    NotUnderstood,
    Part,
    PartDown,
    PartUp,
    Talked,
)
from agent.parts import Parts
from agent.voice.attention import AttentiveDetector
from agent.voice.cleaning import Cleaning
from agent.voice.commands import Grammar
from agent.voice.decision import Thresholds
from agent.voice.echo import RoomEcho
from agent.voice.listener import INTERRUPTING, Missed, Recognised, Surroundings, listen
from agent.voice.segmenter import Segmenter, SegmenterSettings
from agent.worker import Worker


class Hearing:
    """Turns the nurse's speech into `Heard` events."""

    def __init__(
        self,
        settings: Settings,
        content: Content,
        parts: Parts,
        grammar: Callable[[], Grammar],
        post: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._phrases = Grammar(content.commands).phrases
        self._interruption = Grammar(content.commands, INTERRUPTING)
        self._microphone = parts.microphone
        self._detector = AttentiveDetector(parts.detector)
        self._worker = Worker(parts.recogniser, Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW)
        self._grammar = grammar
        self._post = post
        self._tap: Callable[[AudioFrame], None] = lambda _frame: None
        self._speaking: Callable[[], bool] = lambda: False
        self._called: Callable[[], bool] = lambda: False
        self._echo = RoomEcho()
        self._cleaning = Cleaning(parts.cleaner, time.monotonic)
        self.heard: Callable[[Recognised], None] = lambda _recognised: None
        """Told each recognised command; for the demonstration's narrator."""
        self.ready = asyncio.Event()
        """The nurse could be heard, at least once."""

    def connect(
        self,
        tap: Callable[[AudioFrame], None],
        speaking: Callable[[], bool],
        called: Callable[[], bool],
    ) -> None:
        """tap: gets every frame; speaking: whether the agent itself can be heard; called: whether
        «kamerahjelp» was said a moment ago.
        """
        self._tap, self._speaking, self._called = tap, speaking, called

    def hear_room(self, frame: AudioFrame) -> None:
        """A piece of the room's sound goes to the loudspeaker now; it is not the nurse's."""
        self._echo.hear_room(frame)

    def hear_loudspeaker(self, piece: Samples) -> None:
        """10 ms go to the loudspeaker now, whoever speaks; from any thread."""
        self._cleaning.reference.put(piece)

    def quiet(self) -> bool:
        """Nobody is speaking just now."""
        return self._detector.quiet

    @property
    def room_sounds(self) -> bool:
        """Somebody in the room is heard just now, in the nurse's ear."""
        return self._echo.sounds

    async def __aenter__(self) -> Self:
        await self._worker.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._worker.__aexit__(kind, error, traceback)

    async def run(self, works: Callable[[], None]) -> None:
        """Listen until cancelled; calls `works` when the nurse can be heard. Raises PartError."""

        def ready() -> None:
            works()
            if not self.ready.is_set():
                self.ready.set()
                self._post(HearingReady())

        around = Surroundings(
            grammar=self._grammar,
            speaking=self._speaking,
            heard=self._take,
            tap=self._tap,
            microphone=self._microphone_changed,
            ready=ready,
            missed=self._missed,
            called=self._called,
            interruption=self._interruption,
            cleaning=self._cleaning,
            echo=self._echo,
            talk=lambda: self._post(Talked()),
            twice=lambda: self._post(HeardTwice()),
        )
        async with self._microphone.open() as frames:
            await listen(
                frames,
                Segmenter(segmenter_settings(self._settings)),
                self._detector,
                self._worker,
                self._phrases,
                thresholds(self._settings),
                around,
                listen_while_speaking=self._settings.voice.listen_while_speaking,
            )

    def _take(self, recognised: Recognised) -> None:
        self.heard(recognised)
        self._post(Heard(recognised.command))

    def _missed(self, missed: Missed) -> None:
        if missed.tries:
            self._post(NotUnderstood(missed.tries))

    def _microphone_changed(self, fault: Fault | None) -> None:
        if fault is None:
            self._post(PartUp(Part.MICROPHONE))
        else:
            self._post(PartDown(Part.MICROPHONE, fault))


def segmenter_settings(settings: Settings) -> SegmenterSettings:
    """How the microphone's sound is cut into utterances, as configured."""
    voice = settings.voice
    return SegmenterSettings(
        pre_roll_s=voice.pre_roll_s,
        draft_s=voice.draft_s,
        early_s=voice.early_s,
        hang_over_s=voice.hang_over_s,
        shortest_s=voice.shortest_s,
        longest_s=voice.longest_s,
    )


def thresholds(settings: Settings) -> Thresholds:
    """How surely a command of each risk class must be heard, as configured."""
    voice = settings.voice
    return Thresholds(voice.threshold_green, voice.threshold_yellow, voice.threshold_red)

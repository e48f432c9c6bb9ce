"""Speaking: says one sentence after the other, and tells the listener that it speaks."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Protocol, cast

import numpy as np

from agent.faults import PartError
from agent.frames import SAMPLE_RATE
from agent.messages import Urgency
from agent.voice.base import LoudspeakerStream, Speech
from agent.voice.speech_queue import Item, SpeechQueue

log = logging.getLogger(__name__)

SYNTHESIS_LIMIT_S = 5.0
"""A sentence that takes longer to synthesise ends the engine."""

PLAY_MARGIN_S = 8.0
"""A sentence that takes this much longer to play than it lasts has stalled."""

TAIL_S = 0.2
"""The ear and the room still hear the agent this long after a sentence."""

KEPT_SENTENCES = 300

QUIET_POLL_S = 0.1
"""How often it is looked whether the pause that a warning waits for has come."""

PULSE_S = 5.0
"""After so much silence an empty sentence is played, to notice a loudspeaker that has vanished."""

_NOTHING = Speech(np.zeros(0, np.int16))


class Engine(Protocol):
    """The synthesiser in its process: `agent.worker.Worker`."""

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        """Call a method of the synthesiser; raises PartError."""
        ...


class Speaker:
    """What the agent says, in order of urgency (see `speech_queue`). Belongs to the event loop."""

    def __init__(
        self,
        worker: Engine,
        *,
        spoken: Callable[[str], None],
        idle: Callable[[], None] = lambda: None,
        quiet: Callable[[], bool] = lambda: True,
        rate: float = 1.0,
        volume: float = 1.0,
    ) -> None:
        """spoken: told each text once, for the screen: when it begins to sound, or as soon as it is
            clear that it cannot.
        idle: told when everything has been said or shown, and the nurse can be heard again.
        quiet: True while nobody speaks; warnings wait for it.
        rate: relative speed, 0.5 to 2. volume: linear gain, 0 to 2.
        """
        self._worker = worker
        self._spoken = spoken
        self._idle = idle
        self._quiet = quiet
        self._rate = rate
        self._volume = volume
        self._queue = SpeechQueue()
        self._changed = asyncio.Event()
        self._ready: OrderedDict[tuple[str, float], Speech] = OrderedDict()
        self._stream: LoudspeakerStream | None = None
        self._saying: asyncio.Timeout | None = None
        self._quiet_from = float("-inf")

    @property
    def speaking(self) -> bool:
        """True while a sentence sounds and 0.2 s after it: the listener's gate."""
        return self._saying is not None or _now() < self._quiet_from

    def say(self, text: str, urgency: Urgency, rate: float = 1.0) -> None:
        """Say a sentence when its turn comes. Never waits. rate: to the speaker's own."""
        self._queue = self._queue.put(Item(text, urgency, _now(), rate=rate))
        self._changed.set()
        if self._stream is None:
            self._show_waiting()
        saying = self._saying
        if urgency is Urgency.ANSWER and saying is not None and saying.when() is None:
            saying.reschedule(_now())

    def set_volume(self, gain: float) -> None:
        """Linear gain, 0 to 2; kept when the loudspeaker is opened anew."""
        self._volume = gain
        if self._stream is not None:
            self._stream.set_volume(gain)

    async def prepare(self, texts: Iterable[str]) -> None:
        """Synthesise sentences ahead, so that their first word comes at once.

        A fault is left for the first sentence that is really said to report.
        """
        for text in texts:
            try:
                await self._synthesise(text)
            except PartError as error:
                log.info("sentences are not prepared: %s", error.fault.name)
                return

    async def run(self, stream: LoudspeakerStream) -> None:
        """Speak through an open loudspeaker until cancelled.

        Raises PartError when the synthesiser or the loudspeaker fails, TimeoutError when playing
        stalls. The sentence at hand and all that wait have then been shown; those that wait are
        said when `run` is called again.
        """
        self._stream = stream
        stream.set_volume(self._volume)
        try:
            while True:
                item = await self._next(stream)
                speech = await self._synthesise_or_drop(item)
                # Something more urgent may have come meanwhile; then this one keeps its place.
                if self._first() is item:
                    self._queue = self._queue.without(item)
                    await self._say(item, speech, stream)
                    if not self._queue.items:
                        self._idle()
        except (PartError, TimeoutError):
            self._show_waiting()
            raise
        finally:
            self._stream = None

    def _show_waiting(self) -> None:
        """What cannot be heard now is read at once, and nobody waits for its sound."""
        for item in self._queue.items:
            self._show(item)
        self._queue = self._queue.all_shown()
        self._idle()

    def _show(self, item: Item) -> None:
        if not item.shown:
            self._spoken(item.text)

    def _first(self) -> Item | None:
        return self._queue.first(_now(), quiet=self._quiet())

    async def _next(self, stream: LoudspeakerStream) -> Item:
        """Wait until there is something to say."""
        while True:
            self._changed.clear()
            item = self._first()
            if item is not None:
                return item
            waits = bool(self._queue.items)
            try:
                async with asyncio.timeout(QUIET_POLL_S if waits else PULSE_S):
                    await self._changed.wait()
            except TimeoutError:
                if not waits:
                    await _play(_NOTHING, stream)

    async def _synthesise_or_drop(self, item: Item) -> Speech:
        """A sentence that cannot be synthesised goes to the screen, and out of the queue."""
        try:
            return await self._synthesise(item.text, item.rate)
        except PartError:
            self._queue = self._queue.without(item)
            self._show(item)
            raise

    async def _synthesise(self, text: str, rate: float = 1.0) -> Speech:
        """From memory if possible: 300 sentences are kept, those used least recently go."""
        key = text, rate
        speech = self._ready.get(key)
        if speech is None:
            made = await self._worker.call(SYNTHESIS_LIMIT_S, "speak", text, self._rate * rate)
            speech = self._ready[key] = cast(Speech, made)
        self._ready.move_to_end(key)
        while len(self._ready) > KEPT_SENTENCES:
            self._ready.popitem(last=False)
        return speech

    async def _say(self, item: Item, speech: Speech, stream: LoudspeakerStream) -> None:
        """Say one sentence to its end, or until an answer interrupts it."""
        self._show(item)
        try:
            # A time-out without a time is the one scope that asyncio can end from outside:
            # `say` sets its time to now.
            async with asyncio.timeout(None) as self._saying:
                await _play(speech, stream)
        except TimeoutError:
            if self._saying is None or not self._saying.expired():
                raise
            self._queue = self._queue.put_back(item)
        finally:
            self._saying = None
            self._quiet_from = _now() + TAIL_S


async def _play(speech: Speech, stream: LoudspeakerStream) -> None:
    async with asyncio.timeout(len(speech.samples) / SAMPLE_RATE + PLAY_MARGIN_S):
        await stream.play(speech)


def _now() -> float:
    return asyncio.get_running_loop().time()

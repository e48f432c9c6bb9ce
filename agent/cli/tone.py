"""`hodekamera check --sound`: a tone out of the loudspeaker, and what the microphone hears."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

import numpy as np

from agent.config.settings import Settings
from agent.config.texts import Texts
from agent.faults import Fault
from agent.frames import FRAME_SECONDS, AudioFrame, Samples
from agent.parts import make_cleaner, make_loudspeaker, make_microphone
from agent.tasks import task_group
from agent.voice.base import Loudspeaker, Microphone, SoundCleaner, Speech
from agent.voice.cleaning import Cleaned, Cleaning
from agent.voice.level import FAINT_DBFS, Level, measure
from agent.voice.tone import heard, rising_tones

QUIET_S, SPEECH_S = 2.0, 4.0
AFTER_S = 0.1
STALL_S = 8.0

Say = Callable[[str], None]


async def check_sound(
    settings: Settings, words: Mapping[str, str], texts: Texts, write: Say
) -> bool:
    """Try the configured devices, which takes 12 s. False: something is wrong with them.

    Nothing is kept. Raises PartError (the devices' and the cleaner's), TimeoutError.
    """
    microphone, loudspeaker = make_microphone(settings), make_loudspeaker(settings)
    trial = _Trial(words, texts, write)
    return await trial.run(microphone, loudspeaker, make_cleaner(settings))


class _Trial:
    def __init__(self, words: Mapping[str, str], texts: Texts, write: Say) -> None:
        self._words = words
        self._texts = texts
        self._write = write
        self._given: list[Samples] = []
        """What the loudspeaker took, in its thread; as long as the trial lasts."""

    async def run(
        self, microphone: Microphone, loudspeaker: Loudspeaker, cleaner: SoundCleaner | None
    ) -> bool:
        cleaning = Cleaning(cleaner, time.monotonic)

        def played(piece: Samples) -> None:
            cleaning.reference.put(piece)
            self._given.append(piece)

        async with microphone.open() as frames, loudspeaker.open(played) as stream:
            self._tell("quiet")
            silence = await self._listened(frames, cleaning, QUIET_S)
            if not self._quiet(measure(_raw(silence))):
                return False
            self._tell("tone")
            tones = rising_tones()
            async with task_group() as group:
                playing = group.create_task(stream.play(Speech(tones)))
                sound: list[Cleaned] = []
                while not playing.done():
                    sound += await self._listened(frames, cleaning, AFTER_S)
            # Silence before it: a loudspeaker that gives no account of itself has played nothing.
            self._tone(sound, np.concatenate([np.zeros(len(tones), np.int16), *self._given]))
            self._tell("speak")
            speech = await self._listened(frames, cleaning, SPEECH_S)
        return self._speech(measure(_raw(speech)))

    async def _listened(
        self, frames: AsyncIterator[AudioFrame], cleaning: Cleaning, seconds: float
    ) -> list[Cleaned]:
        found = []
        async with asyncio.timeout(seconds + STALL_S):
            for _ in range(round(seconds / FRAME_SECONDS)):
                found.append(cleaning.clean(await anext(frames)))
        return found

    def _quiet(self, level: Level) -> bool:
        if level.void:
            self._fault(Fault.MICROPHONE_SILENT)
            return False
        self._tell("quiet_level", level=round(level.dbfs))
        return True

    def _tone(self, sound: list[Cleaned], played: Samples) -> None:
        clean = np.concatenate([each.clean.samples for each in sound])
        found = heard(_raw(sound), clean, played)
        if found.delay_s is None:
            self._tell("not_heard")
            return
        level, ms = round(found.level.dbfs), round(found.delay_s * 1000)
        self._tell("heard", level=level, ms=ms)
        self._tell("cancelled", db=round(found.cancelled_db))

    def _speech(self, level: Level) -> bool:
        if level.void:
            self._fault(Fault.MICROPHONE_SILENT)
        elif level.distorted:
            self._fault(Fault.MICROPHONE_CLIPS)
        elif level.dbfs < FAINT_DBFS:
            self._fault(Fault.MICROPHONE_FAINT)
        else:
            self._tell("speech_level", level=round(level.dbfs))
            return True
        return False

    def _tell(self, name: str, **values: int) -> None:
        self._write(self._words[name].format(**values))

    def _fault(self, fault: Fault) -> None:
        self._write(f"{fault.value}: {self._texts.explain(fault, {})}")


def _raw(sound: list[Cleaned]) -> Samples:
    return np.concatenate([each.raw.samples for each in sound])

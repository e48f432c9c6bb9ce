"""The administrator's tone: out of the loudspeaker, into the microphone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from agent.cli.tone import _Trial
from agent.config.texts import Texts, load_words
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.base import LoudspeakerStream, Speech
from agent.voice.reference import PIECE
from agent.voice.tone import heard, rising_tones
from tests import virtual_time

CONFIG = Path(__file__).parents[1] / "config"
WORDS = {name: text.nb for name, text in load_words(CONFIG / "pages" / "sound.yaml").items()}
TEXTS = Texts.load(CONFIG, "nb")
LATE = 3 * FRAME_SAMPLES


class Room:
    """A microphone that hears the loudspeaker beside it, and then somebody who speaks."""

    def __init__(self, *, echo: float = 0.5, speech: float = 3000, hiss: float = 5) -> None:
        self._echo, self._speech, self._hiss = echo, speech, hiss
        self._air: deque[Samples] = deque([np.zeros(LATE, np.int16)])
        self._played: Callable[[Samples], None] = lambda _piece: None
        self._playing = self._done = False

    @asynccontextmanager
    async def microphone(self) -> AsyncIterator[AsyncIterator[AudioFrame]]:
        async def frames() -> AsyncIterator[AudioFrame]:
            chance, start = np.random.default_rng(0), 0
            while True:
                await asyncio.sleep(FRAME_SECONDS)
                if not self._playing:
                    self._give(np.zeros(FRAME_SAMPLES, np.int16))
                air = self._air.popleft()
                level = self._speech if self._done else 0
                sound = self._echo * air[:FRAME_SAMPLES] + chance.normal(0, 1, FRAME_SAMPLES) * (
                    level + self._hiss
                )
                if len(air) > FRAME_SAMPLES:
                    self._air.appendleft(air[FRAME_SAMPLES:])
                yield AudioFrame(np.clip(sound, -32767, 32767).astype(np.int16), start)
                start += FRAME_SAMPLES

        yield frames()

    @asynccontextmanager
    async def loudspeaker(
        self, played: Callable[[Samples], None]
    ) -> AsyncIterator[LoudspeakerStream]:
        self._played = played
        yield self

    async def play(self, speech: Speech) -> None:
        self._playing = True
        for frame in np.split(speech.samples, len(speech.samples) // FRAME_SAMPLES):
            await asyncio.sleep(FRAME_SECONDS)
            self._give(frame)
        self._playing, self._done = False, True

    def _give(self, frame: Samples) -> None:
        self._air.append(frame)
        for piece in np.split(frame, FRAME_SAMPLES // PIECE):
            self._played(piece)

    def play_room(self, frame: AudioFrame) -> None: ...

    def set_volume(self, gain: float) -> None: ...


class Opens:
    """A device whose `open` is what it is given."""

    def __init__(self, opens: Callable[..., object]) -> None:
        self.open = opens


def tried(room: Room) -> tuple[bool, str]:
    lines: list[str] = []
    trial = _Trial(WORDS, TEXTS, lines.append)
    devices = Opens(room.microphone), Opens(room.loudspeaker)
    good = virtual_time.run(trial.run(*devices, None))  # type: ignore[arg-type]
    return good, "\n".join(lines)


def test_the_tones_are_heard_and_the_speech_is_good() -> None:
    good, told = tried(Room())

    assert good
    assert "Mikrofonen hører tonene" in told
    assert "Det er bra" in told


def test_an_earpiece_is_not_heard() -> None:
    good, told = tried(Room(echo=0))

    assert good
    assert "hører ikke tonene" in told


@pytest.mark.parametrize(
    ("room", "code"),
    [
        (Room(hiss=0, echo=0), "HK-213"),
        (Room(speech=90_000), "HK-214"),
        (Room(speech=10), "HK-215"),
    ],
)
def test_a_microphone_that_is_no_good_is_told_with_its_code(room: Room, code: str) -> None:
    good, told = tried(room)

    assert not good
    assert code in told


@pytest.mark.parametrize("late", [0, 480, 8000])
def test_the_delay_of_the_tones(late: int) -> None:
    tones = rising_tones()
    played = np.concatenate([tones, np.zeros(late, np.int16)])
    raw = np.concatenate([np.zeros(late, np.int16), tones])

    found = heard(raw, raw // 10, played)

    assert found.delay_s == pytest.approx(late / SAMPLE_RATE, abs=0.001)
    assert found.cancelled_db == pytest.approx(20, abs=1)


def test_tones_are_as_loud_as_they_should_be_and_begin_softly() -> None:
    tones = rising_tones()

    assert np.abs(tones).max() == pytest.approx(0.25 * 32767, rel=0.01)
    assert np.abs(np.diff(tones.astype(int))).max() < 0.4 * 32767
    assert tones[0] == 0

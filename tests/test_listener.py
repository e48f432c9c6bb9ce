"""The voice loop: from frames to commands, with every way in which it can go wrong.

Runs in virtual time: a frame takes 20 ms and nothing takes longer than it says.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pytest

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, AudioFrame
from agent.messages import Command
from agent.voice.base import Scores, Utterance
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds
from agent.voice.listener import STALL_S, Recognised, Surroundings, listen
from agent.voice.segmenter import Segmenter, SegmenterSettings
from tests import virtual_time

TABLE = (
    CommandPhrases(Command.START_VIDEO, Risk.GREEN, ("start video",)),
    CommandPhrases(Command.CANCEL, Risk.GREEN, ("avbryt",)),
)
PHRASES = Grammar(TABLE).phrases
NEEDED = 0.1
SETTINGS = SegmenterSettings()

VOICE, ROOM, NOTHING = 5000, 3, 0


class LevelDetector:
    """Loud is speech."""

    def __init__(self) -> None:
        self.resets = 0

    def speech_probability(self, frame: AudioFrame) -> float:
        return 1.0 if frame.samples.max() > 1000 else 0.0

    def reset(self) -> None:
        self.resets += 1


@dataclass
class FakeEngine:
    """Hears the phrase that it is told to hear, after as long as it is told to take."""

    hears: str = "start video"
    takes_s: float = 0.1
    fault: Fault | None = None
    prepared: list[list[str]] = field(default_factory=list)
    scored: list[list[str]] = field(default_factory=list)

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        if method == "prepare":
            (phrases,) = arguments
            assert isinstance(phrases, list)
            self.prepared.append(phrases)
            return None
        utterance, grammar = arguments
        assert isinstance(utterance, Utterance)
        assert isinstance(grammar, list)
        self.scored.append(grammar)
        await asyncio.sleep(self.takes_s)
        if self.fault is not None:
            raise PartError(self.fault)
        return Scores({phrase: 9.0 * (phrase == self.hears) for phrase in grammar}, 4.5)


class World:
    """A microphone with a script, and what came of it."""

    def __init__(self, engine: FakeEngine | None = None) -> None:
        self.engine = engine or FakeEngine()
        self.detector = LevelDetector()
        self.heard: list[Recognised] = []
        self.tapped: list[int] = []
        self.silent: list[bool] = []
        self.ready = 0
        self.agent_speaks: Callable[[], bool] = lambda: False
        self.grammar = Grammar(TABLE)
        self.now = 0

    async def frames(self, script: Iterable[tuple[float, int]]) -> AsyncIterator[AudioFrame]:
        """script: (seconds, amplitude), one after the other; then the microphone hangs."""
        for seconds, amplitude in script:
            for _ in range(round(seconds / FRAME_SECONDS)):
                await asyncio.sleep(FRAME_SECONDS)
                yield AudioFrame(np.full(FRAME_SAMPLES, amplitude, np.int16), self.now)
                self.now += FRAME_SAMPLES
        await asyncio.sleep(1000)

    def listen_to(self, script: Sequence[tuple[float, int]], **options: bool) -> "World":
        """Listen until the script is over and the microphone is missed."""
        with suppress(PartError):
            virtual_time.run(self.listen(self.frames(script), **options))
        return self

    async def listen(self, frames: AsyncIterator[AudioFrame], **options: bool) -> None:
        def ready() -> None:
            self.ready += 1

        await listen(
            frames,
            Segmenter(SETTINGS),
            self.detector,
            self.engine,
            PHRASES,
            Thresholds(NEEDED, NEEDED, NEEDED),
            Surroundings(
                grammar=lambda: self.grammar,
                speaking=lambda: self.agent_speaks(),
                heard=self.heard.append,
                tap=lambda frame: self.tapped.append(frame.start),
                silent=self.silent.append,
                ready=ready,
            ),
            **options,
        )

    @property
    def commands(self) -> list[Command]:
        return [recognised.command for recognised in self.heard]


PHRASE = [(1.0, ROOM), (0.8, VOICE), (1.5, ROOM)]


def test_a_phrase_becomes_its_command() -> None:
    assert World().listen_to(PHRASE).commands == [Command.START_VIDEO]


def test_the_time_is_counted_from_the_end_of_the_utterance() -> None:
    world = World(FakeEngine(takes_s=0.2)).listen_to(PHRASE)

    silence = SETTINGS.hang_over_s - SETTINGS.tail_s
    assert world.heard[0].seconds == pytest.approx(silence + 0.2, abs=FRAME_SECONDS)


def test_what_does_not_fit_the_grammar_is_met_with_silence() -> None:
    assert World(FakeEngine(hears="noe helt annet")).listen_to(PHRASE).heard == []


def test_only_what_is_valid_when_it_is_scored_is_scored() -> None:
    world = World()
    world.grammar = Grammar(TABLE, {Command.CANCEL})
    world.listen_to(PHRASE)

    assert world.engine.scored == [["avbryt"]]
    assert world.heard == []


def test_with_nothing_valid_nothing_is_scored() -> None:
    world = World()
    world.grammar = Grammar(TABLE, set())

    assert world.listen_to(PHRASE).engine.scored == []


def test_every_phrase_is_prepared_before_anything_is_scored_and_again_after_a_restart() -> None:
    world = World().listen_to(PHRASE).listen_to(PHRASE)

    assert world.engine.prepared == [list(PHRASES)] * 2
    assert world.ready == 2
    assert len(world.heard) == 2


def test_every_frame_reaches_the_room_while_an_utterance_is_scored() -> None:
    world = World(FakeEngine(takes_s=1.2)).listen_to(PHRASE)

    assert world.tapped == list(range(0, world.now, FRAME_SAMPLES))
    assert world.commands == [Command.START_VIDEO]


def test_frames_that_come_all_at_once_do_not_hold_up_the_others() -> None:
    async def main() -> None:
        world, turns = World(), []

        async def burst() -> AsyncIterator[AudioFrame]:
            for number in range(100):
                samples = np.full(FRAME_SAMPLES, ROOM, np.int16)
                yield AudioFrame(samples, number * FRAME_SAMPLES)

        async def other() -> None:
            while True:
                turns.append(len(world.tapped))
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(other())
            with pytest.raises(PartError):
                await world.listen(burst())
            task.cancel()
        assert len(set(turns)) > 50

    virtual_time.run(main())


def test_a_command_that_is_understood_too_late_is_not_obeyed() -> None:
    assert World(FakeEngine(takes_s=4.0)).listen_to([*PHRASE, (5.0, ROOM)]).heard == []


def test_speech_that_overlaps_the_agents_own_is_not_scored() -> None:
    world = World()
    world.agent_speaks = lambda: 16_000 <= world.now < 20_000

    assert world.listen_to(PHRASE).engine.scored == []


def test_it_is_when_the_microphone_cannot_hear_the_agent() -> None:
    world = World()
    world.agent_speaks = lambda: 16_000 <= world.now < 20_000

    assert world.listen_to(PHRASE, listen_while_speaking=True).commands == [Command.START_VIDEO]


def test_an_answer_right_after_the_agent_has_ended_is_heard() -> None:
    world = World()
    world.agent_speaks = lambda: world.now < 15_800

    assert world.listen_to(PHRASE).commands == [Command.START_VIDEO]


def test_speech_that_is_not_isolated_is_not_scored() -> None:
    assert World().listen_to([(0.1, ROOM), *PHRASE[1:]]).engine.scored == []


def test_talk_is_never_scored() -> None:
    assert World().listen_to([(1.0, ROOM), (8.0, VOICE), (1.5, ROOM)]).engine.scored == []


def test_a_jump_in_the_stream_begins_a_new_one() -> None:
    world = World()

    async def jumping() -> AsyncIterator[AudioFrame]:
        async for frame in world.frames([(0.1, ROOM)]):
            yield AudioFrame(frame.samples, frame.start if frame.start < 800 else 80_000)

    with suppress(PartError):
        virtual_time.run(world.listen(jumping()))
    assert world.detector.resets >= 2


def test_a_microphone_of_zeros_is_told_once_and_so_is_its_recovery() -> None:
    world = World().listen_to([(1.0, ROOM), (12.0, NOTHING), (1.0, ROOM), (4.0, NOTHING)])

    assert world.silent == [True, False]


def test_a_quiet_room_is_not_a_broken_microphone() -> None:
    assert World().listen_to([(20.0, 1)]).silent == []


@pytest.mark.parametrize("hangs", [True, False])
def test_a_microphone_that_stops_is_lost(hangs: bool) -> None:
    async def stopping() -> AsyncIterator[AudioFrame]:
        yield AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), 0)
        if hangs:
            await asyncio.sleep(2 * STALL_S)

    with pytest.raises(PartError) as raised:
        virtual_time.run(World().listen(stopping()))
    assert raised.value.fault is Fault.MICROPHONE_LOST


def test_the_engines_fault_comes_out_as_itself() -> None:
    world = World(FakeEngine(fault=Fault.RECOGNISER_SLOW))

    with pytest.raises(PartError) as raised:
        virtual_time.run(world.listen(world.frames(PHRASE)))
    assert raised.value.fault is Fault.RECOGNISER_SLOW


def test_cancelling_ends_it() -> None:
    world = World()

    async def main() -> None:
        async with asyncio.timeout(5):
            await world.listen(world.frames([(1000.0, ROOM)]))

    with pytest.raises(TimeoutError):
        virtual_time.run(main())
    assert len(world.tapped) == pytest.approx(5 / FRAME_SECONDS, abs=2)

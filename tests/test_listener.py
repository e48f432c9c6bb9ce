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
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame, Samples
from agent.messages import Command
from agent.voice.base import Scores, Utterance
from agent.voice.cleaning import Cleaning
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds
from agent.voice.echo import LONGEST_DELAY_S, RoomEcho
from agent.voice.ending import CLEARLY
from agent.voice.listener import (
    INTERRUPTING,
    STALL_S,
    Missed,
    Reason,
    Recognised,
    Surroundings,
    listen,
)
from agent.voice.reference import PIECE
from agent.voice.segmenter import Segmenter, SegmenterSettings
from tests import virtual_time

TABLE = (
    CommandPhrases(Command.START_VIDEO, Risk.GREEN, ("start video",)),
    CommandPhrases(Command.CANCEL, Risk.GREEN, ("avbryt",)),
)
PHRASES = Grammar(TABLE).phrases
NEEDED = 4.0
SETTINGS = SegmenterSettings()

VOICE, ROOM, NOTHING = 5000, 3, 0


def tone(amplitude: int) -> Samples:
    """20 ms at this level, without DC."""
    return np.resize(np.array([amplitude, -amplitude], np.int16), FRAME_SAMPLES)


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
    clear: float = 9.0
    """Log-odds of what it hears, about."""
    fault: Fault | None = None
    prepared: list[list[str]] = field(default_factory=list)
    scored: list[list[str]] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)

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
        self.utterances.append(utterance)
        await asyncio.sleep(self.takes_s)
        if self.fault is not None:
            raise PartError(self.fault)
        return Scores(
            {phrase: 0.0 if phrase == self.hears else -50.0 for phrase in grammar}, -self.clear
        )


class World:
    """A microphone with a script, and what came of it."""

    def __init__(self, engine: FakeEngine | None = None) -> None:
        self.engine = engine or FakeEngine()
        self.detector = LevelDetector()
        self.heard: list[Recognised] = []
        self.tapped: list[int] = []
        self.faults: list[Fault | None] = []
        self.missed: list[Missed] = []
        self.called = False
        self.echo = RoomEcho()
        self.cleaning = Cleaning()
        self.tap: Callable[[AudioFrame], None] = lambda frame: self.tapped.append(frame.start)
        self.talks = 0
        self.ready = 0
        self.agent_speaks: Callable[[], bool] = lambda: False
        self.grammar = Grammar(TABLE)
        self.now_valid: Callable[[], Grammar] = lambda: self.grammar
        self.thresholds = Thresholds(NEEDED, NEEDED, NEEDED)
        self.now = 0

    async def frames(self, script: Iterable[tuple[float, int]]) -> AsyncIterator[AudioFrame]:
        """script: (seconds, amplitude), one after the other; then the microphone hangs."""
        for seconds, amplitude in script:
            for _ in range(round(seconds / FRAME_SECONDS)):
                await asyncio.sleep(FRAME_SECONDS)
                yield AudioFrame(tone(amplitude), self.now)
                self.now += FRAME_SAMPLES
        await asyncio.sleep(1000)

    def listen_to(self, script: Sequence[tuple[float, int]], **options: bool) -> "World":
        """Listen until the script is over and the microphone is missed."""
        with suppress(PartError):
            virtual_time.run(self.listen(self.frames(script), **options))
        return self

    def listen_to_sounds(self, sounds: Sequence[Samples]) -> "World":
        """Each sound with 1.2 s of a quiet room before and after it."""

        async def frames() -> AsyncIterator[AudioFrame]:
            quiet = np.random.default_rng(2).integers(-ROOM, ROOM + 1, 60 * FRAME_SAMPLES)
            pieces = [quiet, *(piece for sound in sounds for piece in (sound, quiet))]
            stream = np.concatenate(pieces).astype(np.int16)
            for start in range(0, len(stream) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
                await asyncio.sleep(FRAME_SECONDS)
                yield AudioFrame(stream[start : start + FRAME_SAMPLES], start)

        with suppress(PartError):
            virtual_time.run(self.listen(frames()))
        return self

    async def listen(self, frames: AsyncIterator[AudioFrame], **options: bool) -> None:
        def ready() -> None:
            self.ready += 1

        def talk() -> None:
            self.talks += 1

        await listen(
            frames,
            Segmenter(SETTINGS),
            self.detector,
            self.engine,
            PHRASES,
            self.thresholds,
            Surroundings(
                grammar=lambda: self.now_valid(),
                speaking=lambda: self.agent_speaks(),
                heard=self.heard.append,
                tap=lambda frame: self.tap(frame),
                microphone=self.faults.append,
                ready=ready,
                missed=self.missed.append,
                called=lambda: self.called,
                echo=self.echo,
                interruption=Grammar(TABLE, INTERRUPTING),
                cleaning=self.cleaning,
                talk=talk,
            ),
            **options,
        )

    @property
    def commands(self) -> list[Command]:
        return [recognised.command for recognised in self.heard]


PHRASE = [(1.0, ROOM), (0.8, VOICE), (1.5, ROOM)]


def test_a_phrase_becomes_its_command() -> None:
    assert World().listen_to(PHRASE).commands == [Command.START_VIDEO]


def test_the_time_is_counted_from_the_end_of_the_speech() -> None:
    world = World(FakeEngine(takes_s=0.5)).listen_to(PHRASE)

    assert world.heard[0].seconds == pytest.approx(SETTINGS.draft_s + 0.5, abs=FRAME_SECONDS)


@pytest.mark.parametrize(
    ("risk", "clear", "waits_s"),
    [
        (Risk.GREEN, 9.0, SETTINGS.early_s),
        (Risk.GREEN, NEEDED + 0.9 * CLEARLY, SETTINGS.hang_over_s),
        (Risk.YELLOW, 9.0, SETTINGS.hang_over_s),
        (Risk.RED, 9.0, SETTINGS.hang_over_s),
    ],
)
def test_the_engine_works_while_the_silence_is_waited_for(
    risk: Risk, clear: float, waits_s: float
) -> None:
    world = World(FakeEngine(takes_s=0.05, clear=clear))
    world.grammar = Grammar([CommandPhrases(Command.START_VIDEO, risk, ("start video",))])

    assert world.listen_to(PHRASE).heard[0].seconds == pytest.approx(waits_s, abs=FRAME_SECONDS)


def test_a_phrase_that_another_one_begins_with_waits_for_it() -> None:
    world = World(FakeEngine(hears="ja", takes_s=0.05))
    rows = [
        CommandPhrases(Command.DONE, Risk.GREEN, ("ja",)),
        CommandPhrases(Command.CONFIRM, Risk.GREEN, ("ja bekreft",)),
    ]
    world.grammar = Grammar(rows)

    world.listen_to(PHRASE)

    assert world.heard[0].seconds == pytest.approx(SETTINGS.hang_over_s, abs=FRAME_SECONDS)


def test_what_was_scored_is_thrown_away_when_the_speech_goes_on() -> None:
    pause = SETTINGS.draft_s + 0.04
    world = World(FakeEngine(takes_s=0.01))
    world.listen_to([(1.0, ROOM), (0.5, VOICE), (pause, ROOM), (0.5, VOICE), (1.5, ROOM)])

    first, second = world.engine.utterances
    assert first.start == second.start
    assert len(second.samples) > len(first.samples)
    assert len(world.heard) == 1


def test_one_stretch_of_speech_is_one_command_at_most() -> None:
    pause = (SETTINGS.early_s + SETTINGS.hang_over_s) / 2
    world = World(FakeEngine(takes_s=0.01))
    world.listen_to([(1.0, ROOM), (0.5, VOICE), (pause, ROOM), (0.5, VOICE), (1.5, ROOM)])

    assert len(world.heard) == 1
    assert world.missed == []


def test_when_what_is_valid_changes_meanwhile_it_is_scored_anew() -> None:
    world = World(FakeEngine(takes_s=0.3))
    narrow = Grammar(TABLE, {Command.CANCEL})

    class Changing:
        def __call__(self) -> Grammar:
            return narrow if world.engine.scored else Grammar(TABLE)

    world.now_valid = Changing()
    world.listen_to(PHRASE)

    assert world.engine.scored == [list(PHRASES), ["avbryt"]]
    assert world.heard == []


def test_after_kamerahjelp_a_risky_command_is_understood_as_easily_as_a_harmless_one() -> None:
    thresholds = Thresholds(NEEDED, yellow=20.0, red=20.0)
    row = CommandPhrases(Command.END_VIDEO, Risk.RED, ("avslutt video",))
    for called in (False, True):
        world = World(FakeEngine(hears="avslutt video"))
        world.thresholds, world.grammar, world.called = thresholds, Grammar([row]), called

        assert world.listen_to(PHRASE).commands == [Command.END_VIDEO] * called


def test_what_does_not_fit_the_grammar_is_met_with_silence() -> None:
    world = World(FakeEngine(hears="noe helt annet")).listen_to(PHRASE)

    assert world.heard == []
    assert [missed.reason for missed in world.missed] == [Reason.UNKNOWN]


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
    assert world.missed == [Missed(Reason.OWN_VOICE)]


def test_it_is_when_the_microphone_cannot_hear_the_agent() -> None:
    world = World()
    world.agent_speaks = lambda: 16_000 <= world.now < 20_000

    assert world.listen_to(PHRASE, listen_while_speaking=True).commands == [Command.START_VIDEO]


class Deaf:
    """A SoundCleaner for which nothing is played."""

    def cancel(self, heard: Samples, played: Samples) -> Samples:
        return heard

    def polish(self, clean: Samples) -> Samples:
        return clean // 2


@pytest.mark.parametrize(("says", "commands"), [("avbryt", [Command.CANCEL]), ("start video", [])])
def test_where_the_echo_is_cancelled_the_nurse_can_interrupt(
    says: str, commands: list[Command]
) -> None:
    world = World(FakeEngine(hears=says))
    world.cleaning = Cleaning(Deaf())
    world.agent_speaks = lambda: 16_000 <= world.now < 20_000

    world.listen_to(PHRASE)

    assert world.engine.scored == [["avbryt"]]
    assert world.commands == commands
    assert not any(missed.tries for missed in world.missed)


def test_what_is_left_of_the_agents_own_voice_is_nothing_to_be_obeyed() -> None:
    rng = np.random.default_rng(1)
    sound, late = rng.normal(0, ROOM, 3 * SAMPLE_RATE), 5 * FRAME_SAMPLES
    sound[SAMPLE_RATE : 2 * SAMPLE_RATE] = rng.normal(0, 4000, SAMPLE_RATE)
    stream = sound.astype(np.int16)
    world = World(FakeEngine(hears="avbryt"))
    world.cleaning = Cleaning(Deaf())
    world.agent_speaks = lambda: True

    async def frames() -> AsyncIterator[AudioFrame]:
        for at in range(late, len(stream) - FRAME_SAMPLES, FRAME_SAMPLES):
            await asyncio.sleep(FRAME_SECONDS)
            for piece in np.split(stream[at : at + FRAME_SAMPLES], FRAME_SAMPLES // PIECE):
                world.cleaning.reference.put(piece)
            yield AudioFrame(stream[at - late : at - late + FRAME_SAMPLES] // 2, at)

    with suppress(PartError):
        virtual_time.run(world.listen(frames()))
    assert world.heard == []
    assert [missed.reason for missed in world.missed] == [Reason.ROOM]


def test_the_room_gets_the_polished_sound_and_the_recogniser_the_clean_one() -> None:
    world = World()
    world.cleaning = Cleaning(Deaf())
    tapped: list[int] = []
    world.tap = lambda frame: tapped.append(int(frame.samples.max()))

    world.listen_to(PHRASE)

    assert max(tapped) == VOICE // 2
    assert world.engine.utterances[0].samples.max() == VOICE


@pytest.mark.parametrize(("left", "raw"), [(0.8, True), (0.6, False)])
def test_an_utterance_that_is_clear_as_it_was_is_not_scored_cleaned(left: float, raw: bool) -> None:
    class Taking(Deaf):
        def cancel(self, heard: Samples, played: Samples) -> Samples:
            return (heard * left).astype(np.int16)

    world = World()
    world.cleaning = Cleaning(Taking())

    world.listen_to(PHRASE)

    assert world.engine.utterances[0].samples.max() == (VOICE if raw else int(VOICE * left))


def test_talk_is_told_once_for_each_time() -> None:
    world = World()

    world.listen_to([(1.0, ROOM), (6.0, VOICE), (2.0, ROOM), *PHRASE, (6.0, VOICE), (1.0, ROOM)])

    assert world.talks == 2


def test_an_answer_right_after_the_agent_has_ended_is_heard() -> None:
    world = World()
    world.agent_speaks = lambda: world.now < 15_800

    assert world.listen_to(PHRASE).commands == [Command.START_VIDEO]


def test_speech_that_is_not_isolated_is_not_scored() -> None:
    world = World().listen_to([(0.1, ROOM), *PHRASE[1:]])

    assert world.engine.scored == []
    assert world.missed == [Missed(Reason.NOT_ISOLATED)]


class AlwaysSpeech(LevelDetector):
    def speech_probability(self, frame: AudioFrame) -> float:
        return 1.0 if SAMPLE_RATE <= frame.start < 2 * SAMPLE_RATE else 0.0


@pytest.mark.parametrize("value", [0, 9000, -32768])
def test_zeros_and_dc_are_not_scored_whatever_the_detector_says(value: int) -> None:
    async def flat() -> AsyncIterator[AudioFrame]:
        for number in range(150):
            await asyncio.sleep(FRAME_SECONDS)
            samples = np.full(FRAME_SAMPLES, value, np.int16)
            yield AudioFrame(samples, number * FRAME_SAMPLES)

    world = World()
    world.detector = AlwaysSpeech()
    with suppress(PartError):
        virtual_time.run(world.listen(flat()))

    assert world.engine.scored == []
    assert world.missed == [Missed(Reason.VOID)]


@pytest.mark.parametrize("clear", [float("nan"), float("-inf")])
def test_scores_that_are_no_numbers_are_no_command(clear: float) -> None:
    assert World(FakeEngine(clear=clear)).listen_to(PHRASE).heard == []


def test_a_minute_of_speech_is_talk_and_is_not_kept() -> None:
    world = World().listen_to([(1.0, ROOM), (60.0, VOICE), (1.0, ROOM), *PHRASE])

    assert len(world.engine.scored) == 1
    assert len(world.engine.utterances[0].samples) < 2 * SAMPLE_RATE
    assert world.commands == [Command.START_VIDEO]


def test_a_microphone_that_clips_is_told_once() -> None:
    script = [(1.0, ROOM), *([(0.8, 32767), (1.0, ROOM)] * 14)]
    world = World(FakeEngine(hears="noe helt annet")).listen_to(script)

    assert world.faults == [Fault.MICROPHONE_CLIPS]


def test_another_voice_from_further_away_has_to_say_it_twice() -> None:
    nurse, other = nurse_and_other()
    world = World(FakeEngine(takes_s=0.05))
    world.listen_to_sounds([nurse, nurse, nurse, other, other])

    assert len(world.heard) == 4
    assert [missed.reason for missed in world.missed] == [Reason.FAR]


def nurse_and_other() -> tuple[Samples, Samples]:
    """The same word near by, and 14 dB fainter with half a second of reverberation."""
    rng = np.random.default_rng(0)
    bursts = np.repeat([1, 0, 1, 0, 1], SAMPLE_RATE // 10)
    dry = rng.normal(0, 6000, len(bursts)) * bursts
    tail = rng.normal(0, 1, SAMPLE_RATE // 2) * np.exp(-np.arange(SAMPLE_RATE // 2) / 1600)
    wet = np.convolve(dry, tail)[: len(dry)]
    wet *= 0.2 * np.sqrt(np.mean(dry**2) / np.mean(wet**2))
    return dry.astype(np.int16), wet.astype(np.int16)


@pytest.mark.parametrize(("nurse_level", "obeyed"), [(0, False), (9000, True)])
def test_the_rooms_sound_is_not_obeyed_but_the_nurse_over_it_is(
    nurse_level: int, obeyed: bool
) -> None:
    rng = np.random.default_rng(1)
    room = np.zeros(3 * SAMPLE_RATE)
    room[SAMPLE_RATE : 2 * SAMPLE_RATE] = rng.normal(0, 4000, SAMPLE_RATE)
    delay = SAMPLE_RATE // 5
    heard = np.concatenate([np.zeros(delay), 0.8 * room])[: len(room)]
    heard += rng.normal(0, 3, len(room))
    heard[SAMPLE_RATE + delay : 2 * SAMPLE_RATE] += (
        rng.normal(0, 1, SAMPLE_RATE - delay) * nurse_level
    )
    world = World()

    async def frames() -> AsyncIterator[AudioFrame]:
        for start in range(0, len(room), FRAME_SAMPLES):
            await asyncio.sleep(FRAME_SECONDS)
            played = room[start : start + FRAME_SAMPLES].astype(np.int16)
            for piece in np.split(played, FRAME_SAMPLES // PIECE):
                world.cleaning.reference.put(piece)
            samples = np.clip(heard[start : start + FRAME_SAMPLES], -32767, 32767)
            yield AudioFrame(samples.astype(np.int16), start)

    assert delay < LONGEST_DELAY_S * SAMPLE_RATE
    with suppress(PartError):
        virtual_time.run(world.listen(frames()))
    assert bool(world.heard) is obeyed
    assert [missed.reason for missed in world.missed] == ([] if obeyed else [Reason.ROOM])


UNLIKE = -6.0
ALIKE = -1.0


def test_tries_in_vain_are_counted_and_understanding_one_ends_the_row() -> None:
    world = World(FakeEngine(clear=ALIKE, takes_s=0.05))
    world.thresholds = Thresholds(0.0, 0.0, 0.0)

    world.listen_to([(2.0, ROOM), *[(0.8, VOICE), (2.0, ROOM)] * 3])

    assert [missed.tries for missed in world.missed] == [1, 2, 3]


@pytest.mark.parametrize(
    "script",
    [
        [(0.8, VOICE), (0.8, ROOM)] * 8,
        [(0.8, VOICE), (1.0, ROOM), (5.0, VOICE), (1.0, ROOM)] * 4,
    ],
)
def test_a_conversation_is_no_row_of_tries(script: list[tuple[float, int]]) -> None:
    world = World(FakeEngine(clear=UNLIKE, takes_s=0.05))

    world.listen_to([(2.0, ROOM), *script])

    assert world.missed
    assert not any(missed.tries for missed in world.missed)


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

    assert world.faults == [Fault.MICROPHONE_SILENT, None]


def test_a_quiet_room_is_not_a_broken_microphone() -> None:
    assert World().listen_to([(20.0, 1)]).faults == []


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

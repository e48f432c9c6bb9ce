"""What is said, in which order, and what happens when it cannot be said."""

import asyncio
from collections.abc import Coroutine
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, AudioFrame
from agent.messages import Urgency
from agent.voice.base import Speech
from agent.voice.speech import KEPT_SENTENCES, TAIL_S, Speaker
from agent.voice.speech_queue import (
    ADVICE_PATIENCE_S,
    MOST_LINES,
    MOST_NEWS,
    WARNING_PATIENCE_S,
    Item,
    SpeechQueue,
)
from tests.virtual_time import run

ANSWER, WARNING, LINE = Urgency.ANSWER, Urgency.WARNING, Urgency.LINE
NEWS, ADVICE = Urgency.NEWS, Urgency.ADVICE


# The queue: pure.


def queue_of(*texts: str) -> SpeechQueue:
    """`a1` an answer, `w1` a warning, `n1` news, `i1` advice, `l1` a line; all at second 0."""
    kinds = {"a": ANSWER, "w": WARNING, "n": NEWS, "i": ADVICE, "l": LINE}
    queue = SpeechQueue()
    for text in texts:
        queue = queue.put(Item(text, kinds[text[0]], 0.0))
    return queue


def order(queue: SpeechQueue, *, quiet: bool = True, now: float = 0.0) -> list[str]:
    said = []
    while (item := queue.first(now, quiet=quiet)) is not None:
        said.append(item.text)
        queue = queue.without(item)
    return said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("l1 l2 l3", "l1 l2 l3"),
        ("l1 w1 a1", "a1 w1 l1"),
        ("a1 a2", "a2"),
        ("w1 w2", "w2"),
        ("n1 n2", "n1 n2"),
        ("i1 i2", "i2"),
        ("l1 i1 n1 w1 n2 a1", "a1 w1 n1 n2 i1 l1"),
        ("a1 l1 a2 l2 w1", "a2 w1 l1 l2"),
        ("l0 l1 l2 l3 l4 l5 l6 l7 l8 l9", "l2 l3 l4 l5 l6 l7 l8 l9"),
    ],
)
def test_the_table_of_what_replaces_and_what_queues(asked: str, said: str) -> None:
    assert order(queue_of(*asked.split())) == said.split()


def test_a_warning_waits_for_a_pause_but_not_for_ever() -> None:
    queue = queue_of("w1", "l1")

    assert order(queue, quiet=False, now=WARNING_PATIENCE_S - 0.1) == ["l1"]
    assert order(queue, quiet=False, now=WARNING_PATIENCE_S) == ["w1", "l1"]
    assert order(queue, quiet=True) == ["w1", "l1"]


def test_advice_waits_longer_than_what_is_critical() -> None:
    queue = queue_of("i1", "n1", "l1")

    assert order(queue, quiet=False, now=WARNING_PATIENCE_S) == ["n1", "l1"]
    assert order(queue, quiet=False, now=ADVICE_PATIENCE_S) == ["n1", "i1", "l1"]


@pytest.mark.parametrize(
    ("interrupted", "waiting", "said"),
    [
        *(("w1", "", "w1"), ("w1", "w2", "w2"), ("a1", "", ""), ("l1", "l2", "l2")),
        *(("n1", "n2", "n1 n2"), ("i1", "", "i1"), ("i1", "i2", "i2")),
    ],
)
def test_only_what_warns_comes_back_after_an_interruption(
    interrupted: str, waiting: str, said: str
) -> None:
    (cut_off,) = queue_of(interrupted).items

    assert order(queue_of(*waiting.split()).put_back(cut_off)) == said.split()


@given(st.lists(st.builds(Item, st.text(), st.sampled_from(Urgency), st.floats(0, 10))))
def test_the_queue_is_bounded_and_empties_completely(items: list[Item]) -> None:
    queue = SpeechQueue()
    for item in items:
        queue = queue.put(item)
    assert len(queue.items) <= MOST_LINES + MOST_NEWS + 3
    assert set(queue.items) <= set(items)

    assert len(order(queue)) == len(queue.items)


# The speaker: in virtual time.


class Voice:
    """A synthesiser that takes 0.1 s a sentence and speaks one second for each character."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = False

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        assert method == "speak"
        text, rate = arguments
        assert isinstance(text, str)
        assert rate == 1.0
        self.asked.append(text)
        await asyncio.sleep(0.1)
        if self.broken:
            raise PartError(Fault.SYNTHESISER_FAILED)
        return Speech(np.zeros(len(text) * SAMPLE_RATE, np.int16))


class Ears:
    """A loudspeaker that notes for how many seconds it was heard; None: cut off."""

    def __init__(self) -> None:
        self.heard: list[float | None] = []
        self.volume = 0.0
        self.vanished = False

    async def play(self, speech: Speech) -> None:
        if self.vanished:
            raise PartError(Fault.LOUDSPEAKER_LOST)
        if not speech.samples.size:
            return
        self.heard.append(None)
        await asyncio.sleep(len(speech.samples) / SAMPLE_RATE)
        self.heard[-1] = len(speech.samples) / SAMPLE_RATE

    def play_room(self, frame: AudioFrame) -> None: ...

    def set_volume(self, gain: float) -> None:
        self.volume = gain


class Scene:
    """A speaker with everything around it."""

    def __init__(self) -> None:
        self.voice = Voice()
        self.ears = Ears()
        self.shown: list[str] = []
        self.shown_at: dict[str, float] = {}
        self.somebody_talks = False
        self.speaker = Speaker(self.voice, spoken=self.show, quiet=lambda: not self.somebody_talks)

    def show(self, text: str) -> None:
        self.shown.append(text)
        self.shown_at[text] = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def running(self) -> Any:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.speaker.run(self.ears))
            await asyncio.sleep(0)
            yield
            task.cancel()


def play(scenario: Coroutine[Any, Any, None]) -> None:
    run(scenario)


def test_lines_are_said_one_after_the_other_and_shown_when_they_begin() -> None:
    async def scenario() -> None:
        scene = Scene()
        async with scene.running():
            scene.speaker.say("aa", LINE)
            scene.speaker.say("bbb", LINE)
            await asyncio.sleep(1)
            assert scene.shown == ["aa"]
            await asyncio.sleep(10)
            assert scene.shown == ["aa", "bbb"]
            assert scene.ears.heard == [2, 3]

    play(scenario())


@pytest.mark.parametrize(
    ("urgency", "heard"),
    [(ANSWER, [None, 1]), (WARNING, [None, 1, 9]), (LINE, [None, 1])],
)
def test_an_answer_interrupts_at_once_and_a_warning_is_said_again(
    urgency: Urgency, heard: list[float | None]
) -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.speaker.prepare(["o"])
        async with scene.running():
            scene.speaker.say("xxxxxxxxx", urgency)
            await asyncio.sleep(2)
            began = asyncio.get_running_loop().time()
            scene.speaker.say("o", ANSWER)
            await asyncio.sleep(30)
            assert scene.shown_at["o"] - began <= 0.15
            assert scene.ears.heard == heard
            assert scene.shown == ["xxxxxxxxx", "o"]  # Shown once, also when said twice.

    play(scenario())


def test_two_answers_at_once_leave_the_newer_one() -> None:
    async def scenario() -> None:
        scene = Scene()
        async with scene.running():
            scene.speaker.say("line", LINE)
            await asyncio.sleep(1)
            scene.speaker.say("a", ANSWER)
            scene.speaker.say("bb", ANSWER)
            await asyncio.sleep(0)
            scene.speaker.say("ccc", ANSWER)
            await asyncio.sleep(10)
            assert scene.ears.heard == [None, 3]

    play(scenario())


@pytest.mark.parametrize(("pause_after", "begins"), [(0.0, 0.0), (2.0, 2.0), (60.0, 4.0)])
def test_a_warning_waits_for_a_pause_in_speech(pause_after: float, begins: float) -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.somebody_talks = True
        async with scene.running():
            scene.speaker.say("w", WARNING)
            asyncio.get_running_loop().call_later(
                pause_after, setattr, scene, "somebody_talks", False
            )
            await asyncio.sleep(10)
            assert scene.shown_at["w"] == pytest.approx(begins + 0.1, abs=0.15)

    play(scenario())


def test_the_listener_is_told_while_a_sentence_sounds_and_a_little_longer() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.speaker.prepare(["o"])
        async with scene.running():
            assert not scene.speaker.speaking
            scene.speaker.say("o", LINE)
            await asyncio.sleep(0.05)
            assert scene.speaker.speaking
            await asyncio.sleep(1)
            assert scene.speaker.speaking
            await asyncio.sleep(TAIL_S)
            assert not scene.speaker.speaking

    play(scenario())


def test_prepared_sentences_are_not_synthesised_again_and_memory_is_bounded() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.speaker.prepare(["o", "o"])
        assert scene.voice.asked == ["o"]

        await scene.speaker.prepare([str(number) for number in range(KEPT_SENTENCES)])
        await scene.speaker.prepare(["o"])
        assert scene.voice.asked.count("o") == 2

    play(scenario())


def test_a_sentence_can_be_said_more_slowly() -> None:
    class Slow(Voice):
        rates: tuple[object, ...] = ()

        async def call(self, limit: float, method: str, *arguments: object) -> object:
            self.rates = (*self.rates, arguments[1])
            return await super().call(limit, method, arguments[0], 1.0)

    async def scenario() -> None:
        scene = Scene()
        voice = scene.voice = Slow()
        scene.speaker = Speaker(voice, spoken=scene.show)
        async with scene.running():
            scene.speaker.say("aa", LINE)
            scene.speaker.say("aa", LINE, 0.5)
            await asyncio.sleep(10)
        assert voice.rates == (1.0, 0.5)

    play(scenario())


def test_a_broken_voice_still_reaches_the_screen_and_loses_nothing_that_waits() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.voice.broken = True
        await scene.speaker.prepare(["o"])
        for text in ("a", "bb"):
            scene.speaker.say(text, LINE)

        with pytest.raises(PartError) as caught:
            await scene.speaker.run(scene.ears)
        assert caught.value.fault is Fault.SYNTHESISER_FAILED
        assert scene.shown == ["a", "bb"]

        scene.speaker.say("ccc", LINE)
        assert scene.shown == ["a", "bb", "ccc"]  # While nothing can be said.

        scene.voice.broken = False
        async with scene.running():
            await asyncio.sleep(10)
        assert scene.ears.heard == [2, 3]
        assert scene.shown == ["a", "bb", "ccc"]

    play(scenario())


def test_a_loudspeaker_that_vanishes_in_a_sentence_keeps_the_others() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.ears.vanished = True
        for text in ("a", "bb"):
            scene.speaker.say(text, LINE)

        with pytest.raises(PartError) as caught:
            await scene.speaker.run(scene.ears)
        assert caught.value.fault is Fault.LOUDSPEAKER_LOST
        assert scene.shown == ["a", "bb"]

        scene.ears.vanished = False
        async with scene.running():
            await asyncio.sleep(10)
        assert scene.ears.heard == [2]

    play(scenario())


def test_a_loudspeaker_that_vanishes_in_silence_is_noticed() -> None:
    async def scenario() -> None:
        scene = Scene()
        asyncio.get_running_loop().call_later(60, setattr, scene.ears, "vanished", True)
        with pytest.raises(PartError):
            await scene.speaker.run(scene.ears)
        assert asyncio.get_running_loop().time() < 70

    play(scenario())


def test_a_loudspeaker_that_never_ends_a_sentence_is_a_stall() -> None:
    class Stuck(Ears):
        async def play(self, speech: Speech) -> None:
            await asyncio.Event().wait()

    async def scenario() -> None:
        scene = Scene()
        scene.ears = Stuck()
        scene.speaker.say("a", LINE)
        with pytest.raises(TimeoutError):
            await scene.speaker.run(scene.ears)
        await asyncio.sleep(TAIL_S)
        assert not scene.speaker.speaking

    play(scenario())


def test_the_volume_is_kept_when_the_loudspeaker_is_opened_anew() -> None:
    async def scenario() -> None:
        scene = Scene()
        async with scene.running():
            scene.speaker.set_volume(0.5)
            assert scene.ears.volume == 0.5
        scene.ears = Ears()
        async with scene.running():
            assert scene.ears.volume == 0.5

    play(scenario())

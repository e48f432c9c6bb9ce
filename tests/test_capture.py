"""Pictures on their way from the camera to the track and to the measure of light."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest

from agent.faults import Fault, PartError
from agent.frames import Told, VideoFrame
from agent.messages import Ability, Light, LightChanged
from agent.video import capture as capture_module
from agent.video.advice import AdviceSettings
from agent.video.capture import FIRST_FRAME_S, STALL_S, Analysis, capture
from agent.video.lighting import LightReading
from tests import virtual_time

LIMIT_S = 20.0
QUICK = AdviceSettings(window_s=0.3, settle_s=0.1)


@pytest.fixture(autouse=True)
def _many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `QUICK`'s short window holds many readings, on a busy machine too."""
    monkeypatch.setattr(capture_module, "LOOKS_PER_SECOND", 50.0)


def picture(grey: int = 120, at: float = 0.0) -> VideoFrame:
    return VideoFrame(np.full((90, 160, 3), grey, np.uint8), at)


def by_grey(reading: LightReading) -> Mapping[Light, float]:
    """A judge that knows darkness alone."""
    return {Light.DARK: 3.0 if reading.mean_grey < 50 else -3.0}


class ScriptedCamera:
    """Gives pictures with pauses before them, then does `last`."""

    def __init__(self, pauses: list[float], last: Callable[[], None] | None = None) -> None:
        self._pauses = pauses
        self._last = last
        self.closed = False
        self.abilities: frozenset[Ability] = frozenset()

    def adjust(self) -> None:
        """Nothing to adjust."""

    def lamp(self, on: bool) -> None:
        """No lamp."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[VideoFrame]]:
        try:
            yield self._frames()
        finally:
            self.closed = True

    async def _frames(self) -> AsyncIterator[VideoFrame]:
        for number, pause in enumerate(self._pauses):
            await asyncio.sleep(pause)
            yield picture(at=float(number))
        if self._last is None:
            await asyncio.Event().wait()
        else:
            self._last()


def nothing() -> None:
    pass


def vanish() -> None:
    raise PartError(Fault.CAMERA_LOST, detail="unplugged")


@asynccontextmanager
async def measuring(analysis: Analysis) -> AsyncIterator[None]:
    running = asyncio.create_task(analysis.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def offer_until(analysis: Analysis, grey: int, done: Callable[[], bool]) -> None:
    """Pictures as from a camera, until the condition holds."""
    while not done():
        analysis.offer(picture(grey, asyncio.get_running_loop().time()))
        await asyncio.sleep(0.02)


def test_every_consumer_gets_every_picture_in_order_and_works_is_called_once() -> None:
    async def scenario() -> None:
        camera = ScriptedCamera([0.0, 0.04, 0.04], vanish)
        ours: list[float] = []
        theirs: list[float] = []
        calls: list[int] = []
        with pytest.raises(PartError) as lost:
            await capture(
                camera,
                [lambda frame: ours.append(frame.at), lambda frame: theirs.append(frame.at)],
                lambda: calls.append(len(ours)),
            )
        assert ours == theirs == [0.0, 1.0, 2.0]
        assert calls == [1], "once, when the first picture is there"
        assert lost.value.fault is Fault.CAMERA_LOST
        assert camera.closed

    virtual_time.run(scenario())


@pytest.mark.parametrize(("pauses", "limit"), [([], FIRST_FRAME_S), ([1.0, 1.0], 2 + STALL_S)])
def test_a_camera_that_falls_silent_is_lost_in_time(pauses: list[float], limit: float) -> None:
    async def scenario() -> None:
        camera = ScriptedCamera(pauses)
        with pytest.raises(PartError) as lost:
            await capture(camera, [], nothing)
        assert lost.value.fault is Fault.CAMERA_LOST
        assert asyncio.get_running_loop().time() == pytest.approx(limit, abs=0.01)
        assert camera.closed

    virtual_time.run(scenario())


def test_a_camera_whose_pictures_end_is_lost() -> None:
    with pytest.raises(PartError) as lost:
        virtual_time.run(capture(ScriptedCamera([0.0], nothing), [], nothing))
    assert lost.value.fault is Fault.CAMERA_LOST


def test_cancelling_frees_the_camera() -> None:
    async def scenario() -> None:
        camera = ScriptedCamera([0.0])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await capture(camera, [], nothing)
        assert camera.closed

    virtual_time.run(scenario())


async def test_lasting_darkness_is_told_once_and_then_that_it_is_over() -> None:
    told: list[LightChanged] = []
    analysis = Analysis(by_grey, QUICK, told.append)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: bool(told))
        assert analysis.light is Light.DARK
        await offer_until(analysis, 150, lambda: len(told) == 2)
    assert told == [LightChanged(Light.DARK), LightChanged(Light.GOOD)]


async def test_nothing_is_told_while_somebody_speaks() -> None:
    told: list[LightChanged] = []
    speaking = True
    analysis = Analysis(by_grey, QUICK, told.append, lambda: speaking)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: analysis.light is Light.DARK)
        assert told == []
        speaking = False
        await offer_until(analysis, 8, lambda: bool(told))
    assert told == [LightChanged(Light.DARK)]


async def test_a_pause_between_two_words_is_no_moment_for_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture_module, "PAUSE_S", LIMIT_S)
    told: list[LightChanged] = []
    asked = 0

    def speaking() -> bool:
        nonlocal asked
        asked += 1
        return asked % 4 == 1  # The looks fall between the words, most of them.

    analysis = Analysis(by_grey, QUICK, told.append, speaking)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: analysis.light is Light.DARK)
        before = asked
        await offer_until(analysis, 8, lambda: asked > before + 8)
    assert told == []


async def test_talk_that_never_pauses_does_not_silence_a_warning_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A beep a second, from the far end, was taken for talk: no warning ever came.
    monkeypatch.setattr(capture_module, "LONGEST_SILENCE_S", 6.0)
    told: list[LightChanged] = []
    analysis = Analysis(by_grey, QUICK, told.append, lambda: True)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: bool(told))
    assert told == [LightChanged(Light.DARK)]


async def test_the_cameras_rate_and_what_it_tells_can_be_read() -> None:
    analysis = Analysis(by_grey, QUICK, lambda _: None)
    async with measuring(analysis):
        assert analysis.rate is None
        for number in range(200):
            told = Told(0.01, 3.0, "a")
            analysis.offer(replace(picture(at=number / 25), told=told))
            await asyncio.sleep(0.002)
            if analysis.told is not None and analysis.rate is not None:
                break
        assert analysis.rate == pytest.approx(25)
        assert analysis.told == told


async def test_what_was_told_stays_to_be_read_when_the_visit_is_over() -> None:
    analysis = Analysis(by_grey, QUICK, lambda _: None)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: bool(analysis.diary.warned))
        await offer_until(analysis, 150, lambda: analysis.diary.warned[0].over_at is not None)
    (warned,) = analysis.diary.warned
    assert warned.light is Light.DARK
    assert warned.over_at is not None
    assert warned.over_at > warned.at


async def test_the_minutes_in_each_state_and_the_newest_measure_can_be_read() -> None:
    analysis = Analysis(by_grey, QUICK, lambda _: None)
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: analysis.minutes.get(Light.DARK, 0) > 0.002)
        assert analysis.reading is not None
        assert analysis.reading.mean_grey == 8
    assert analysis.reading is None
    assert analysis.muted == frozenset()


async def test_accepted_light_is_let_be() -> None:
    told: list[LightChanged] = []
    analysis = Analysis(
        by_grey, AdviceSettings(window_s=0.3, settle_s=0.1, cool_down_s=0.5), told.append
    )
    async with measuring(analysis):
        await offer_until(analysis, 8, lambda: bool(told))
        analysis.accept()
        later = asyncio.get_running_loop().time() + 1.5
        await offer_until(analysis, 8, lambda: asyncio.get_running_loop().time() > later)
    assert told == [LightChanged(Light.DARK)]


async def test_a_new_visit_knows_nothing_of_the_last_one() -> None:
    told: list[LightChanged] = []
    analysis = Analysis(by_grey, QUICK, told.append)
    for visit in (1, 2):
        async with measuring(analysis):
            await offer_until(analysis, 8, lambda count=visit: len(told) == count)  # type: ignore[misc]  # the default binds
        assert analysis.light is Light.UNKNOWN
    assert told == [LightChanged(Light.DARK)] * 2


async def test_measuring_happens_in_one_thread_of_its_own_that_ends_with_it() -> None:
    def own() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("light")]

    analysis = Analysis(by_grey, QUICK, lambda _: None)
    async with measuring(analysis):
        await offer_until(analysis, 100, lambda: analysis.light is Light.GOOD)
        assert len(own()) == 1
    for thread in own():
        thread.join(LIMIT_S)
    assert own() == []


async def test_pictures_offered_while_nothing_runs_are_forgotten() -> None:
    told: list[LightChanged] = []
    analysis = Analysis(by_grey, QUICK, told.append)
    analysis.offer(picture(0))
    analysis.accept()
    assert analysis.light is Light.UNKNOWN
    assert told == []

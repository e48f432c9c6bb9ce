"""`hodekamera check --light`: led through with a camera whose light and honesty are known."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from agent.cli import light as guide
from agent.cli.light import Terminal, check_light
from agent.config.texts import load_words
from agent.frames import Told, VideoFrame
from agent.messages import Ability
from agent.video.lighting.exposure import Calibration, lux

WORDS = {
    name: text.nb
    for name, text in load_words(
        Path(__file__).parent.parent / "config" / "pages" / "light.yaml"
    ).items()
}
TRUE = Calibration(lux_seconds=6.0, gain=0.0, stops_per_gain=0.02)
LONGEST_S, TARGET = 1 / 30, 118


class LitCamera:
    """Exposes a sheet to mid-grey, first by time and then by gain; may tell lies."""

    abilities: frozenset[Ability] = frozenset()

    def __init__(self, tell: Callable[[Told], Told | None] = lambda told: told) -> None:
        self.lux = 300.0
        self.grey = TARGET
        self.is_open = False
        self._tell = tell

    def adjust(self) -> None:
        """Nothing to adjust."""

    def lamp(self, on: bool) -> None:
        """No lamp."""

    def told(self) -> Told | None:
        linear = ((self.grey / 255 + 0.055) / 1.055) ** 2.4 / 0.9
        wanted = TRUE.lux_seconds * linear / self.lux
        exposure = min(LONGEST_S, wanted)
        gain = np.log2(wanted / exposure) / TRUE.stops_per_gain
        return self._tell(Told(exposure, float(round(min(255, gain))), "HeadCam/A1"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[VideoFrame]]:
        self.is_open = True
        try:
            yield self._frames()
        finally:
            self.is_open = False

    async def _frames(self) -> AsyncIterator[VideoFrame]:
        while True:
            await asyncio.sleep(0.005)
            pixels = np.full((72, 96, 3), self.grey, np.uint8)
            yield VideoFrame(pixels, asyncio.get_running_loop().time(), self.told())


class Administrator:
    """Does what is asked, in the light that the answers say."""

    def __init__(self, camera: LitCamera, bright: str = "900", dim: str = "30,5 lux") -> None:
        self._camera = camera
        self._answers = {"3": [bright], "4": [dim]}
        self.written: list[str] = []
        self.kept: dict[str, Calibration] = {}
        self.terminal = Terminal(WORDS, self.written.append, self.ask)

    def ask(self, question: str) -> str:
        step = question[0]
        self._camera.lux = {"1": 0.5, "2": 400.0, "3": 900.0, "4": 30.5}[step]
        if step not in self._answers:
            return ""
        if not self._answers[step]:
            raise EOFError
        return self._answers[step].pop(0)

    def say_first(self, step: str, answer: str) -> None:
        self._answers[step].insert(0, answer)

    async def led(self) -> int:
        return await check_light(self._camera, self.terminal, self.kept.__setitem__)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guide, "SETTLE_S", 0.03)
    monkeypatch.setattr(guide, "LOOK_S", 0.03)


async def test_an_honest_camera_is_calibrated_and_tells_the_light() -> None:
    camera = LitCamera()
    administrator = Administrator(camera)
    assert await administrator.led() == 0
    found = administrator.kept["HeadCam/A1"]
    assert found.stops_per_gain == pytest.approx(TRUE.stops_per_gain, rel=0.05)
    for light in (20.0, 60.0, 500.0):
        camera.lux = light
        told = camera.told()
        assert told is not None
        linear = ((camera.grey / 255 + 0.055) / 1.055) ** 2.4
        measured = lux(found.light_stops(float(np.log2(linear / 0.9)), told))
        assert measured == pytest.approx(light, rel=0.1)
    assert "HeadCam/A1" in administrator.written[-1]


@pytest.mark.parametrize(
    ("tell", "word"),
    [
        (lambda _told: None, "tells_nothing"),
        (lambda told: Told(0.02, 16.0, told.camera), "stands_still"),
    ],
)
async def test_a_camera_that_cannot_be_believed_is_not_calibrated(
    tell: Callable[[Told], Told | None], word: str
) -> None:
    administrator = Administrator(LitCamera(tell))
    assert await administrator.led() == 1
    assert administrator.written[-1] == WORDS[word]
    assert not administrator.kept


async def test_figures_that_contradict_each_other_keep_nothing() -> None:
    stuck = LitCamera(lambda told: Told(told.exposure_s, 0.0, told.camera))
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        stuck.lux = {"1": 0.5, "2": 400.0, "3": 900.0, "4": 5.0}[question[0]]
        return {"3": "900", "4": "5"}.get(question[0], "")

    kept: dict[str, Calibration] = {}
    written: list[str] = []
    status = await check_light(stuck, Terminal(WORDS, written.append, ask), kept.__setitem__)
    assert status == 1
    assert written[-1] == WORDS["contradiction"]
    assert not kept


@pytest.mark.parametrize("nonsense", ["", "mye", "3", "1e9"])
async def test_what_is_no_figure_is_asked_for_again(nonsense: str) -> None:
    administrator = Administrator(LitCamera())
    administrator.say_first("3", nonsense)
    assert await administrator.led() == 0
    assert WORDS["not_lux"].format(least=150, most=20000) in administrator.written


async def test_a_clipped_sheet_is_asked_for_again_and_the_end_of_input_keeps_nothing() -> None:
    camera = LitCamera()
    camera.grey = 255
    administrator = Administrator(camera)
    assert await administrator.led() == 1
    assert administrator.written[-2:] == [WORDS["clipped"], WORDS["stopped"]]
    assert not administrator.kept


async def test_an_interrupted_question_frees_the_camera_and_keeps_nothing() -> None:
    camera = LitCamera()
    seen: list[bool] = []
    lines: list[str] = []
    kept: dict[str, Calibration] = {}

    def interrupt(_question: str) -> str:
        seen.append(camera.is_open)
        signal.raise_signal(signal.SIGINT)
        return ""

    before = signal.getsignal(signal.SIGINT)
    interrupted = False
    try:
        await check_light(camera, Terminal(WORDS, lines.append, interrupt), kept.__setitem__)
    except KeyboardInterrupt:
        interrupted = True
    assert interrupted
    assert seen == [True]
    assert not camera.is_open
    assert not kept
    assert signal.getsignal(signal.SIGINT) is before

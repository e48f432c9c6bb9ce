"""The measure of our own picture with the weights that ship: silent while somebody is heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from agent.config.settings import LightSettings, Settings
from agent.frames import Pixels, Told, VideoFrame
from agent.looking import Looking
from agent.messages import Event, Light, LightChanged
from agent.video import capture
from agent.video.lighting.exposure import Calibration
from bench.light_camera import coded
from bench.light_scenes import Skin, scene

LIMIT_S = 30.0
LIGHT = LightSettings(window_s=1.5, settle_s=0.1)
CALIBRATIONS = {"a": Calibration(lux_seconds=8.0)}


@pytest.fixture(autouse=True)
def _many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "LOOKS_PER_SECOND", 50.0)


def shown(stops: float) -> Pixels:
    """A limb so many stops below the right exposure."""
    light = scene(Skin.MEDIUM, np.random.default_rng(4))
    return coded(np.multiply(light, 2.0**stops, dtype=np.float32))


@asynccontextmanager
async def looking(busy: Callable[[], bool], told: list[Event]) -> AsyncIterator[Looking]:
    one = Looking(Settings(light=LIGHT), told.append, busy, lambda: CALIBRATIONS)
    running = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            yield one
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def film(one: Looking, pixels: Pixels, enough: Callable[[], bool]) -> None:
    """Pictures as from a camera whose exposure moves, until it is enough."""
    number = 0
    while not enough():
        number += 1
        exposure = Told(0.02 + 0.001 * (number // 20 % 2), 0.0, "a")
        at = asyncio.get_running_loop().time()
        one.offer(VideoFrame(pixels, at, exposure))
        await asyncio.sleep(0.02)


async def test_nothing_is_told_while_the_clinic_is_heard_and_then_it_is() -> None:
    told: list[Event] = []
    clinic_speaks = True
    async with looking(lambda: clinic_speaks, told) as one:
        await film(one, shown(-4), lambda: one.meter().light is Light.DARK)
        minutes = one.meter().minutes.get(Light.DARK, 0.0)
        await film(
            one, shown(-4), lambda: one.meter().minutes.get(Light.DARK, 0.0) > minutes + 0.01
        )
        assert told == []
        assert one.meter().light is Light.DARK, "it is shown all the same"
        clinic_speaks = False
        await film(one, shown(-4), lambda: bool(told))
    assert told == [LightChanged(Light.DARK)]
    assert [spoken.light for spoken in one.meter().spoken] == [Light.DARK]


async def test_the_meter_shows_what_the_camera_tells_and_lux_from_its_calibration() -> None:
    async with looking(lambda: False, []) as one:
        assert one.meter().readout is None

        def lit() -> bool:
            readout = one.meter().readout
            return readout is not None and readout.lux is not None and readout.rate is not None

        await film(one, shown(-0.5), lit)
        readout = one.meter().readout
    assert readout is not None
    assert readout.exposure_s in {0.02, 0.021}
    assert readout.lux is not None
    assert 50 < readout.lux < 500
    assert one.meter().readout is None, "no camera is open any more"


async def test_a_steady_look_comes_to_an_answer() -> None:
    async with looking(lambda: True, []) as one:
        look = asyncio.create_task(one.steady())
        await film(one, shown(-4), look.done)
        found = await look
    assert found.light in {Light.DARK, Light.UNKNOWN}

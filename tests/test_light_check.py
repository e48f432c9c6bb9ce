"""Point 5c: the camera is opened for the measure, shared with a visit, and always closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from agent.light_check import LIMIT_S, LightCheck
from agent.messages import Light, LightFound, LightMeasured
from tests import virtual_time

FOUND = LightFound(Light.GOOD)


class World:
    """A camera that is open while `film` runs, and a look that takes five seconds of it."""

    def __init__(self, seconds: float = 5.0) -> None:
        self._seconds = seconds
        self.films = 0
        self.open = False
        self.visit = False
        self.told: list[LightMeasured] = []
        self.check = LightCheck(self, self.film, lambda: self.visit, self.told.append)

    async def film(self) -> None:
        self.films += 1
        self.open = True
        try:
            await asyncio.Event().wait()
        finally:
            self.open = False

    async def steady(self) -> LightFound:
        seen = 0.0
        while seen < self._seconds:
            await asyncio.sleep(0.1)
            seen += 0.1 * (self.open or self.visit)
        return FOUND

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.check.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_outside_a_visit_the_camera_is_opened_and_closed_again() -> None:
    async def scenario() -> None:
        world = World()
        async with world.running():
            for times in (1, 2):
                world.check.want(True)
                await asyncio.sleep(1)
                assert world.open
                await asyncio.sleep(9)
                assert world.told == [LightMeasured(FOUND)] * times
                assert not world.open
        assert world.films == 2

    virtual_time.run(scenario())


def test_during_a_visit_its_pictures_are_used() -> None:
    async def scenario() -> None:
        world = World()
        world.visit = True
        async with world.running():
            world.check.want(True)
            await asyncio.sleep(10)
        assert world.told == [LightMeasured(FOUND)]
        assert world.films == 0

    virtual_time.run(scenario())


def test_a_visit_that_begins_gets_the_camera_and_the_measure_goes_on() -> None:
    async def scenario() -> None:
        world = World()
        async with world.running():
            world.check.want(True)
            await asyncio.sleep(2)
            world.check.yield_camera()
            await asyncio.sleep(0.1)
            assert not world.open
            world.visit = True
            await asyncio.sleep(5)
        assert world.told == [LightMeasured(FOUND)]

    virtual_time.run(scenario())


def test_what_is_not_wanted_any_more_closes_the_camera_and_tells_nothing() -> None:
    async def scenario() -> None:
        world = World()
        async with world.running():
            world.check.want(True)
            await asyncio.sleep(2)
            world.check.want(False)
            await asyncio.sleep(0.5)
            assert not world.open
            await asyncio.sleep(20)
        assert not world.told

    virtual_time.run(scenario())


def test_a_camera_that_gives_nothing_is_unknown_in_time() -> None:
    async def scenario() -> None:
        world = World(seconds=float("inf"))
        async with world.running():
            world.check.want(True)
            await asyncio.sleep(LIMIT_S + 1)
            assert world.told == [LightMeasured(LightFound())]
            assert not world.open

    virtual_time.run(scenario())

"""A part that fails is restarted with growing pauses, and told about once."""

import asyncio
from collections.abc import Callable

import pytest

from agent import supervise
from agent.faults import Fault, PartError
from agent.messages import Part, PartDown, PartUp

Told = list[PartDown | PartUp]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is really taken."""
    taken: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        taken.append(seconds)
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return taken


async def test_down_and_up_are_told_once_each(pauses: list[float]) -> None:
    told: Told = []
    outcomes = iter(["fail", "fail", "stall", "work, then fail", "end"])

    async def run(works: Callable[[], None]) -> None:
        match next(outcomes):
            case "fail":
                raise PartError(Fault.CAMERA_MISSING)
            case "stall":
                raise TimeoutError
            case "work, then fail":
                works()
                works()
                raise PartError(Fault.CAMERA_LOST)
            case _:
                works()

    await supervise.supervised(Part.CAMERA, Fault.CAMERA_LOST, run, told.append)

    assert told == [
        PartDown(Part.CAMERA, Fault.CAMERA_MISSING),
        PartDown(Part.CAMERA, Fault.CAMERA_LOST),
        PartUp(Part.CAMERA),
        PartDown(Part.CAMERA, Fault.CAMERA_LOST),
        PartUp(Part.CAMERA),
    ]


async def test_pauses_grow_to_a_limit(pauses: list[float]) -> None:
    left = 9

    async def run(_works: Callable[[], None]) -> None:
        nonlocal left
        left -= 1
        if left:
            raise PartError(Fault.CAMERA_MISSING)

    await supervise.supervised(Part.CAMERA, Fault.CAMERA_LOST, run, lambda _event: None)

    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_a_bug_of_ours_is_not_hidden() -> None:
    async def run(_works: Callable[[], None]) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await supervise.supervised(Part.CAMERA, Fault.CAMERA_LOST, run, lambda _event: None)

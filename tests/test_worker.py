"""An engine in a process of its own: limits, crashes, and errors that keep their code."""

import os
import time

import pytest

from agent.faults import Fault, PartError
from agent.worker import Worker


class Engine:
    """An engine with everything that an engine can do wrong."""

    def __init__(self) -> None:
        self.calls = 0

    def count(self) -> int:
        self.calls += 1
        return self.calls

    def pid(self) -> int:
        return os.getpid()

    def hang(self) -> None:
        time.sleep(60)

    def crash(self) -> None:
        os._exit(3)

    def refuse(self) -> None:
        raise PartError(Fault.MODEL_CORRUPT, file="model.onnx")


def worker() -> Worker:
    return Worker(Engine, crashed=Fault.RECOGNISER_FAILED, slow=Fault.RECOGNISER_SLOW)


async def test_the_engine_lives_in_another_process_and_is_kept_between_calls() -> None:
    async with worker() as engine:
        assert await engine.call(20, "pid") != os.getpid()
        assert [await engine.call(5, "count"), await engine.call(5, "count")] == [1, 2]


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("hang", Fault.RECOGNISER_SLOW),
        ("crash", Fault.RECOGNISER_FAILED),
        ("refuse", Fault.MODEL_CORRUPT),
    ],
)
async def test_a_fault_is_told_and_the_next_call_works(method: str, fault: Fault) -> None:
    async with worker() as engine:
        await engine.call(20, "count")
        with pytest.raises(PartError) as raised:
            await engine.call(1, method)
        assert raised.value.fault is fault
        assert await engine.call(20, "count")


async def test_values_survive_the_way_between_processes() -> None:
    async with worker() as engine:
        with pytest.raises(PartError) as raised:
            await engine.call(20, "refuse")
    assert raised.value.values == {"file": "model.onnx"}

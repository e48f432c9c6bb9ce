"""The administrator's command for a lamp: a real program, and what becomes of one that fails."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from agent import lamp
from agent.lamp import LampCommand
from agent.messages import LampFailed

LIMIT_S = 20.0


def program(text: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text, *arguments)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        for _ in iter(condition, True):
            await asyncio.sleep(0.02)


async def run(command: LampCommand, switch: bool, condition: Callable[[], bool]) -> None:
    running = asyncio.create_task(command.run())
    await asyncio.sleep(0)
    command.switch(switch)
    await until(condition)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_the_command_is_run_with_its_arguments_and_no_shell(tmp_path: Path) -> None:
    touch = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"
    file = tmp_path / "on; exit 1"
    failed: list[LampFailed] = []
    command = LampCommand(program(touch, str(file)), program("pass"), failed.append)
    await run(command, True, file.exists)
    assert command.configured
    assert not failed


@pytest.mark.parametrize(
    "broken", [("no-such-program-anywhere",), program("raise SystemExit(3)")], ids=["none", "3"]
)
async def test_a_command_that_fails_is_told(broken: tuple[str, ...]) -> None:
    failed: list[LampFailed] = []
    await run(LampCommand(broken, broken, failed.append), False, lambda: bool(failed))
    assert failed == [LampFailed()]


async def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lamp, "LIMIT_S", 0.3)
    failed: list[LampFailed] = []
    hangs = program("import time; time.sleep(60)")
    await run(LampCommand(hangs, hangs, failed.append), True, lambda: bool(failed))
    assert failed == [LampFailed()]


def test_without_a_command_there_is_nothing_to_run() -> None:
    command = LampCommand((), (), lambda _event: None)
    command.switch(True)
    assert not command.configured

"""The lamp that the administrator's command switches, where the camera itself has none."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from agent.mailbox import Mailbox
from agent.messages import LampFailed

LIMIT_S = 3.0


class LampCommand:
    """Runs the configured command; the newest wish counts."""

    def __init__(
        self, on: Sequence[str], off: Sequence[str], failed: Callable[[LampFailed], None]
    ) -> None:
        """on, off: a program and its arguments, no shell; empty: there is none. failed: told when
        the program cannot be run, takes longer than 3 s or does not end with 0.
        """
        self._commands = {True: on, False: off}
        self._failed = failed
        self._wanted: Mailbox[bool] | None = None

    @property
    def configured(self) -> bool:
        """There is a command for both."""
        return all(self._commands.values())

    def switch(self, on: bool) -> None:
        """Soon; nothing while `run` does not."""
        if self._wanted is not None:
            self._wanted.put(on)

    async def run(self) -> None:
        """Switch when told to, until cancelled."""
        self._wanted = Mailbox(1)
        try:
            while True:
                if not await _succeeds(self._commands[await self._wanted.get()]):
                    self._failed(LampFailed())
        finally:
            self._wanted = None


async def _succeeds(command: Sequence[str]) -> bool:
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=nothing, stdout=nothing, stderr=nothing
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(LIMIT_S):
            return await process.wait() == 0
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

"""One process or thread for one blocking engine, with a limit on every call."""

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

import pebble

from agent.faults import Fault, PartError

CLOSE_LIMIT_S = 2.0


class Worker:
    """Runs one engine's blocking calls in a process of its own.

    A busy Python thread beside the video encoder cut 30 pictures a second to 20, and a crash in
    native code would take the agent with it; so engines live in another process. A call that
    exceeds its limit, or a process that dies, is ended and started afresh with the next call.

    The engine is made in the process by `make` (which must pickle) at the first call, and kept.
    """

    def __init__(self, make: Callable[[], object], crashed: Fault, slow: Fault) -> None:
        """`crashed` and `slow` are the faults to report when the process dies or is too slow."""
        self._make = make
        self._crashed = crashed
        self._slow = slow
        self._pool: pebble.ProcessPool | None = None

    async def __aenter__(self) -> Self:
        self._pool = self._open()
        return self

    def _open(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=1,
            initializer=_remember,
            initargs=[self._make],
            context=multiprocessing.get_context("spawn"),
        )

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        """Call a method of the engine and wait for its result.

        limit: seconds after which the process is ended.
        Raises PartError (the engine's own, `slow` or `crashed`).
        """
        assert self._pool is not None, "a Worker is used inside `async with`"
        pool = self._pool
        try:
            future = pool.schedule(_call_engine, args=[method, *arguments], timeout=limit)
        except RuntimeError as error:
            # A process that was killed while it idled can take its pool along; a new one is made.
            self._pool = self._open()
            await in_thread(partial(_end, pool), "worker-end")
            raise PartError(self._crashed, detail=type(error).__name__) from error
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise PartError(self._slow, seconds=limit) from error
        except (pebble.ProcessExpired, RuntimeError) as error:
            raise PartError(self._crashed, detail=type(error).__name__) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._pool is not None
        pool, self._pool = self._pool, None
        await in_thread(partial(_end, pool), "worker-end")


def _end(pool: Any) -> None:
    pool.stop()
    # Whatever a broken pool says at its end, there is nothing to be done about it.
    with contextlib.suppress(Exception):
        pool.join(CLOSE_LIMIT_S)


async def in_thread(work: Callable[[], None], name: str) -> None:
    """Run blocking clean-up in a daemon thread of its own, with a limit of `CLOSE_LIMIT_S` + 1 s.

    Not the loop's default executor: that one belongs to the video encoder. A thread that hangs
    in a driver is abandoned.
    """
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            work()
        finally:
            with contextlib.suppress(RuntimeError):  # The loop may have ended meanwhile.
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name=name, daemon=True).start()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_LIMIT_S + 1):
            await done.wait()


_make: Callable[[], object] | None = None
_engine: object = None


def _remember(make: Callable[[], object]) -> None:
    global _make
    _make = make


def _call_engine(method: str, *arguments: object) -> object:
    """Made with the first call and not with the process, so that its fault comes out of a call."""
    global _engine
    if _engine is None and _make is not None:
        _engine = _make()
    return getattr(_engine, method)(*arguments)

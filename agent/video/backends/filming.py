"""A camera's thread: started with its context, ended with it, abandoned when it hangs."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent.frames import VideoFrame
from agent.mailbox import Mailbox

CLOSE_LIMIT_S = 2.0

Film = Callable[[Mailbox[VideoFrame], threading.Event], None]
"""Puts pictures into the mailbox until the event is set; runs in its thread."""


class Abandoned:
    """Counts the threads that hung in a driver and were left behind."""

    count = 0


@asynccontextmanager
async def filming(film: Film) -> AsyncIterator[AsyncIterator[VideoFrame]]:
    """Run `film` in a daemon thread named «camera»; only the newest picture is kept."""
    frames: Mailbox[VideoFrame] = Mailbox(1)
    closing, ended = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            film(frames, closing)
        finally:
            with contextlib.suppress(RuntimeError):  # The loop may have ended meanwhile.
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name="camera", daemon=True).start()
    try:
        yield frames
    finally:
        closing.set()
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await ended.wait()
        except TimeoutError:
            Abandoned.count += 1

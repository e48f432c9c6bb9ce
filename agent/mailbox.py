"""From a device's thread to the event loop: the newest n items, and a count of what was lost."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """A bounded queue that never blocks the sender and drops the *oldest* item when full.

    `put` may be called from any thread; everything else belongs to the event loop that
    created the mailbox. Live video uses one place, so that a slow reader sees the newest
    picture and never a queue of old ones.
    """

    def __init__(self, places: int) -> None:
        """`places`: how many items are kept, at least 1."""
        self._items: deque[Item] = deque(maxlen=places)
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()
        self._closed = False
        self._failure: Exception | None = None
        self.lost = 0
        """Items dropped since the beginning because nobody fetched them in time."""

    def put(self, item: Item) -> None:
        """Hand an item over; from any thread, never waits."""
        if len(self._items) == self._items.maxlen:
            self.lost += 1
        self._items.append(item)
        self._wake()

    def close(self, failure: Exception | None = None) -> None:
        """End the stream after what is in it; readers then see its end, or `failure`."""
        self._failure = failure
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # RuntimeError: the loop has ended; nobody is left to read.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._filled.set)

    async def get(self) -> Item:
        """The oldest item that is still kept.

        Raises StopAsyncIteration after `close`, or the failure that was given to it.
        """
        while not self._items:
            if self._closed:
                if self._failure is not None:
                    raise self._failure
                raise StopAsyncIteration
            self._filled.clear()
            if not self._items and not self._closed:
                await self._filled.wait()
        return self._items.popleft()

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        return await self.get()

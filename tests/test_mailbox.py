"""The bridge from a device's thread to the loop: newest first, never blocking, losses counted."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.mailbox import Mailbox


@given(items=st.lists(st.integers(), max_size=40), places=st.integers(1, 8))
def test_the_newest_are_kept_and_the_lost_are_counted(items: list[int], places: int) -> None:
    async def run() -> None:
        box: Mailbox[int] = Mailbox(places)
        for item in items:
            box.put(item)
        box.close()
        assert [item async for item in box] == items[-places:]
        assert box.lost == max(0, len(items) - places)

    asyncio.run(run())


async def test_a_thread_wakes_the_reader() -> None:
    box: Mailbox[str] = Mailbox(1)
    thread = threading.Thread(target=box.put, args=["picture"])
    thread.start()
    async with asyncio.timeout(5):
        assert await box.get() == "picture"
    thread.join()


async def test_a_failure_reaches_the_reader_after_what_was_in_the_box() -> None:
    box: Mailbox[str] = Mailbox(2)
    box.put("last")
    box.close(PartError(Fault.CAMERA_LOST))

    assert await box.get() == "last"
    with pytest.raises(PartError):
        await box.get()


def test_putting_after_the_loop_has_ended_is_harmless() -> None:
    async def make() -> Mailbox[int]:
        return Mailbox(1)

    box = asyncio.run(make())
    box.put(1)
    box.close()

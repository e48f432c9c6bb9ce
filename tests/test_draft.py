"""An utterance that may still go on."""

import asyncio

import numpy as np

from agent.voice.base import Utterance
from agent.voice.draft import Draft

UTTERANCE = Utterance(np.ones(16_000, np.int16), 0, 16_000)


async def test_it_is_waited_for_until_the_silence_is_long_enough() -> None:
    draft = Draft(UTTERANCE, 0.0)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(draft.silent_for(4000))
        for silence in (320, 3999):
            draft.extend(silence)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not waiting.done()
        draft.extend(4000)

    assert waiting.result()


async def test_when_it_is_withdrawn_the_wait_is_over() -> None:
    draft = Draft(UTTERANCE, 0.0)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(draft.silent_for(4000))
        await asyncio.sleep(0)
        draft.withdraw()

    assert not waiting.result()


async def test_what_was_withdrawn_stays_so() -> None:
    draft = Draft(UTTERANCE, 0.0)
    draft.extend(16_000)
    draft.withdraw()

    assert not await draft.silent_for(0)

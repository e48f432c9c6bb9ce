"""The runner carries out what the session decides, in order, and keeps its timers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from agent.messages import (
    Action,
    CameraOrder,
    Command,
    Event,
    Heard,
    Joined,
    Phrase,
    Picture,
    RoomState,
    Say,
    Transmit,
    VisitEnded,
)
from agent.runner import QUEUE_PLACES, Runner
from agent.session import Rules, Session, Visit

QUICK = Rules(checklists={}, undo_s=0.01, join_limit_s=0.01)


@dataclass
class Recorder:
    """Hands that only remember what they were told to do."""

    done: list[object] = field(default_factory=list)

    def say(self, line: Say) -> None:
        self.done.append(line.line)

    def join(self) -> None:
        self.done.append("join")

    def leave(self) -> None:
        self.done.append("leave")

    def transmit(self, what: Transmit) -> None:
        self.done.append(what.picture)

    def change_volume(self, change: int) -> None:
        self.done.append(change)

    def change_language(self, form: str) -> None:
        self.done.append(form)

    def accept_light(self) -> None:
        self.done.append("light accepted")

    def order_camera(self, order: CameraOrder) -> None:
        self.done.append(order)


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run())
        yield
        task.cancel()


async def reach(runner: Runner, visit: Visit) -> None:
    reached = asyncio.Event()

    def look(_event: Event, now: Session, _actions: tuple[Action, ...]) -> None:
        if now.visit is visit:
            reached.set()

    runner.observe(look)
    async with asyncio.timeout(5):
        await reached.wait()


async def test_actions_are_carried_out_in_order() -> None:
    hands = Recorder()
    runner = Runner(Session(Rules(checklists={})), hands)
    async with running(runner):
        await runner.submit(Heard(Command.START_VIDEO))
        await runner.submit(Joined(RoomState(locked=True)))
        await runner.submit(Heard(Command.LOUDER))
        await runner.submit(Heard(Command.LIGHT_IS_FINE))

    assert hands.done == [
        Picture.WAITING_CARD,
        "join",
        Phrase.JOINING,
        Picture.LIVE,
        Phrase.IN_LOCKED_ROOM,
        1,
        Phrase.VOLUME_UP,
        "light accepted",
        Phrase.LIGHT_ACCEPTED,
    ]


async def test_a_timer_comes_back_as_an_event() -> None:
    hands = Recorder()
    runner = Runner(Session(QUICK), hands)
    async with running(runner):
        runner.post(Heard(Command.START_VIDEO))
        await reach(runner, Visit.LEAVING)
    assert "leave" in hands.done


async def test_a_cancelled_timer_stays_silent() -> None:
    hands = Recorder()
    runner = Runner(Session(QUICK), hands)
    async with running(runner):
        await runner.submit(Heard(Command.START_VIDEO))
        await runner.submit(Heard(Command.CANCEL))
        await runner.submit(VisitEnded())
        await asyncio.sleep(2 * QUICK.join_limit_s)
    assert runner.session.visit is Visit.OUTSIDE
    assert hands.done.count("leave") == 1


async def test_a_flood_of_events_is_a_bug_and_said_so() -> None:
    runner = Runner(Session(QUICK), Recorder())
    for _ in range(QUEUE_PLACES):
        runner.post(VisitEnded())
    with pytest.raises(asyncio.QueueFull):
        runner.post(VisitEnded())


async def test_observers_see_every_step() -> None:
    seen: list[object] = []
    runner = Runner(Session(QUICK), Recorder())
    runner.observe(lambda event, session, _actions: seen.append((event, session.visit)))
    async with running(runner):
        await runner.submit(Heard(Command.STATUS))
    assert seen == [(Heard(Command.STATUS), Visit.OUTSIDE)]

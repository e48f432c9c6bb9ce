"""A visit: the camera is open exactly as long, and the end is told after everything is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from agent.faults import Fault, PartError
from agent.meeting.base import Invitation, Media
from agent.messages import Event, Joined, MeetingEvent, RoomState, VisitEnded
from agent.visit import Seat, Visitor


@dataclass
class FakeMeeting:
    """A room that lets us in at once, and ends with `fault` if there is one."""

    log: list[str]
    fault: Fault | None = None

    @asynccontextmanager
    async def visit(
        self, invitation: Invitation, media: Media
    ) -> AsyncIterator[AsyncIterator[MeetingEvent]]:
        self.log.append("enter")
        try:
            yield self._events()
        finally:
            await asyncio.sleep(0)
            self.log.append("leave")

    async def _events(self) -> AsyncIterator[MeetingEvent]:
        yield Joined(RoomState())
        if self.fault:
            raise PartError(self.fault)
        await asyncio.Event().wait()


@dataclass
class Trial:
    """A visitor with its fakes, and what it reported."""

    fault: Fault | None = None
    log: list[str] = field(default_factory=list)
    reported: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(10))

    def seat(self) -> Seat:
        return Seat(media=None, film=self.film)  # type: ignore[arg-type]  # the fake needs none

    async def film(self) -> None:
        self.log.append("camera on")
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append("camera off")

    def visitor(self) -> Visitor:
        meeting = FakeMeeting(self.log, self.fault)
        return Visitor(meeting, Invitation("", "", ""), self.seat, self.reported.put_nowait)

    async def next(self) -> Event:
        async with asyncio.timeout(5):
            event = await self.reported.get()
        if isinstance(event, VisitEnded):
            self.log.append("told")
        return event


@asynccontextmanager
async def running(visitor: Visitor) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(visitor.run())
        yield
        task.cancel()


@pytest.mark.parametrize("times", [1, 2])
async def test_the_end_is_told_when_everything_is_closed(times: int) -> None:
    trial = Trial()
    visitor = trial.visitor()
    async with running(visitor):
        for _ in range(times):
            visitor.join()
            assert await trial.next() == Joined(RoomState())
            visitor.leave()
            assert await trial.next() == VisitEnded()
    assert sorted(trial.log[:4]) == ["camera off", "camera on", "enter", "leave"]
    assert trial.log[4] == "told"
    assert len(trial.log) == 5 * times


async def test_a_fault_of_the_room_ends_the_visit_and_is_told() -> None:
    trial = Trial(fault=Fault.REMOVED)
    visitor = trial.visitor()
    async with running(visitor):
        visitor.join()
        await trial.next()
        assert await trial.next() == VisitEnded(Fault.REMOVED)
    assert "camera off" in trial.log


async def test_ending_the_agent_ends_the_visit_properly() -> None:
    trial = Trial()
    visitor = trial.visitor()
    async with running(visitor):
        visitor.join()
        await trial.next()
    assert trial.log[-2:] == ["camera off", "leave"] or trial.log[-2:] == ["leave", "camera off"]


async def test_leaving_without_a_visit_is_harmless() -> None:
    trial = Trial()
    visitor = trial.visitor()
    async with running(visitor):
        visitor.leave()
        visitor.join()
        assert await trial.next() == Joined(RoomState())

"""This machine's own news: battery, network and clock become one event, only when they change."""

from datetime import datetime

import psutil
import pytest

from agent.config.times import FixedTime, appointed
from agent.machine import MachineWatch, read_machine
from agent.messages import Machine, MachineChanged

WEDNESDAY = FixedTime(day="onsdag", start="13:00", end="15:00")
SUNDAY = FixedTime(day="søndag", start="09:30", end="10:00")


@pytest.mark.parametrize(
    ("now", "within"),
    [
        (datetime(2026, 11, 25, 12, 59, 59), False),
        (datetime(2026, 11, 25, 13, 0), True),
        (datetime(2026, 11, 25, 14, 59, 59), True),
        (datetime(2026, 11, 25, 15, 0), False),
        (datetime(2026, 11, 24, 13, 30), False),
        (datetime(2026, 11, 29, 9, 45), True),
    ],
)
def test_the_clock_is_compared_with_the_fixed_times(now: datetime, within: bool) -> None:
    assert appointed((WEDNESDAY, SUNDAY), now) is within


def test_without_fixed_times_nobody_knows() -> None:
    assert appointed((), datetime(2026, 11, 25, 13, 0)) is None


class Laptop:
    """A machine whose answers the test decides; `now` included."""

    def __init__(self) -> None:
        self.machine = Machine(battery=80, charging=False, network=True)
        self.now = datetime(2026, 11, 25, 12, 0)
        self.told: list[Machine] = []
        self.watch = MachineWatch(
            (WEDNESDAY,), self.take, ask=lambda: self.machine, now=lambda: self.now
        )

    def take(self, event: MachineChanged) -> None:
        self.told.append(event.machine)


async def test_only_what_changes_is_told() -> None:
    laptop = Laptop()
    await laptop.watch.look()
    await laptop.watch.look()
    laptop.machine = Machine(battery=79, charging=False, network=True)
    await laptop.watch.look()
    laptop.now = datetime(2026, 11, 25, 13, 0)
    await laptop.watch.look()

    assert [(one.battery, one.appointed) for one in laptop.told] == [
        (80, False),
        (79, False),
        (79, True),
    ]


class Battery:
    percent = 41.6
    power_plugged = None


@pytest.mark.parametrize(
    ("battery", "expected"), [(lambda: Battery(), (42, None)), (lambda: None, (None, None))]
)
def test_the_battery_as_psutil_tells_it(
    monkeypatch: pytest.MonkeyPatch, battery: object, expected: tuple[int | None, bool | None]
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", battery, raising=False)
    machine = read_machine()
    assert (machine.battery, machine.charging) == expected


def test_a_driver_that_fails_makes_the_answer_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("no such device")

    monkeypatch.setattr(psutil, "sensors_battery", broken, raising=False)
    monkeypatch.setattr(psutil, "net_if_stats", broken)
    assert read_machine() == Machine()

"""What this machine tells of itself: its battery, whether it is on a network, its clock.

Asked every half minute in a thread of its own, with a limit: a driver that hangs or fails makes
the answer «unknown», never the agent late.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import psutil

from agent.config.times import FixedTime, appointed
from agent.messages import Machine, MachineChanged
from agent.worker import in_thread

EVERY_S = 30.0
"""Seconds between two questions; a battery loses a percent in a minute or two."""

LOOPBACKS = ("lo", "Loopback")
"""How the interface that leads nowhere is called: `lo`, `lo0`, `Loopback Pseudo-Interface 1`."""


class MachineWatch:
    """Tells `MachineChanged` whenever something about this machine is different."""

    def __init__(
        self,
        times: Sequence[FixedTime],
        report: Callable[[MachineChanged], None],
        ask: Callable[[], Machine] = lambda: read_machine(),
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """times: those fixed with the clinic; ask: battery and network, may block; now: local."""
        self._times = times
        self._report = report
        self._ask = ask
        self._now = now
        self._told: Machine | None = None

    async def run(self) -> None:
        """Look every `EVERY_S` until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once; tell when something is different."""
        answers: list[Machine] = []
        await in_thread(lambda: answers.append(self._ask()), "machine")
        known = answers[0] if answers else Machine()
        machine = replace(known, appointed=appointed(self._times, self._now()))
        if machine != self._told:
            self._told = machine
            self._report(MachineChanged(machine))


def read_machine() -> Machine:
    """Battery and network of this machine, as far as the system tells."""
    percent, charging = _battery()
    return Machine(battery=percent, charging=charging, network=_network())


def _battery() -> tuple[int | None, bool | None]:
    try:
        battery = psutil.sensors_battery()
    except Exception:  # noqa: BLE001 - the edge to psutil and, behind it, any driver
        return None, None
    if battery is None:
        return None, None
    return round(min(100.0, max(0.0, battery.percent))), battery.power_plugged


def _network() -> bool | None:
    try:
        interfaces = psutil.net_if_stats()
    except Exception:  # noqa: BLE001 - as above
        return None
    return any(state.isup for name, state in interfaces.items() if not name.startswith(LOOPBACKS))

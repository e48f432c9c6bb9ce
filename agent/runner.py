"""Takes events one by one, asks the session what follows, and has the actions carried out."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from agent.messages import (
    AcceptLight,
    Action,
    AdjustCamera,
    CameraOrder,
    CancelTimer,
    ChangeLanguage,
    ChangeVolume,
    Event,
    JoinRoom,
    LeaveRoom,
    MeasureLight,
    Say,
    SetTimer,
    SwitchLamp,
    Timer,
    TimerFired,
    Transmit,
)
from agent.session import Session, step

log = logging.getLogger(__name__)

QUEUE_PLACES = 256
"""Events that may wait. A person, a room and a few devices never come near it."""


class Hands(Protocol):
    """What the runner needs to act. None of these may wait."""

    def say(self, line: Say) -> None:
        """Say and show a sentence."""

    def join(self) -> None:
        """Begin a visit to the meeting room."""

    def leave(self) -> None:
        """End the visit."""

    def transmit(self, what: Transmit) -> None:
        """Let this and nothing else leave the machine."""

    def change_volume(self, change: int) -> None:
        """Louder (+1) or quieter (-1)."""

    def change_language(self, form: str) -> None:
        """Speak and write in this form: `nb` or `nn`."""

    def accept_light(self) -> None:
        """Mute the light warning that stands."""

    def order_camera(self, order: CameraOrder) -> None:
        """What is asked of the camera itself."""


Observer = Callable[[Event, Session, tuple[Action, ...]], None]


class Runner:
    """The one place where events meet the session. Belongs to the event loop."""

    def __init__(self, session: Session, hands: Hands) -> None:
        self.session = session
        """The present state; a value, so it can be read at any time."""
        self._hands = hands
        self._events: asyncio.Queue[tuple[Event, asyncio.Future[tuple[Action, ...]] | None]]
        self._events = asyncio.Queue(QUEUE_PLACES)
        self._timers: dict[Timer, asyncio.TimerHandle] = {}
        self._observers: list[Observer] = []

    def observe(self, observer: Observer) -> None:
        """Call `observer(event, session afterwards, actions)` after every step."""
        self._observers.append(observer)

    def post(self, event: Event) -> None:
        """Something happened. Never waits; a full queue is a bug and raises asyncio.QueueFull."""
        self._events.put_nowait((event, None))

    async def submit(self, event: Event) -> tuple[Action, ...]:
        """Like `post`, and wait for what followed from it."""
        done: asyncio.Future[tuple[Action, ...]] = asyncio.get_running_loop().create_future()
        self._events.put_nowait((event, done))
        return await done

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                event, done = await self._events.get()
                actions = self._step(event)
                if done is not None and not done.done():
                    done.set_result(actions)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _step(self, event: Event) -> tuple[Action, ...]:
        before = self.session
        self.session, actions = step(before, event)
        if before.visit is not self.session.visit:
            log.info("%s -> %s", before.visit.name, self.session.visit.name)
        for action in actions:
            self._carry_out(action)
        for observer in self._observers:
            observer(event, self.session, actions)
        return actions

    def _carry_out(self, action: Action) -> None:
        match action:
            case Say():
                self._hands.say(action)
            case Transmit():
                self._hands.transmit(action)
            case JoinRoom():
                self._hands.join()
            case LeaveRoom():
                self._hands.leave()
            case SetTimer():
                self._set_timer(action.timer, action.seconds)
            case CancelTimer():
                self._cancel_timer(action.timer)
            case ChangeVolume():
                self._hands.change_volume(action.step)
            case ChangeLanguage():
                self._hands.change_language(action.form)
            case AcceptLight():
                self._hands.accept_light()
            case AdjustCamera() | SwitchLamp() | MeasureLight():
                self._hands.order_camera(action)

    def _set_timer(self, timer: Timer, seconds: float) -> None:
        self._cancel_timer(timer)
        loop = asyncio.get_running_loop()
        self._timers[timer] = loop.call_later(seconds, self._fire, timer)

    def _cancel_timer(self, timer: Timer) -> None:
        handle = self._timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def _fire(self, timer: Timer) -> None:
        self._timers.pop(timer, None)
        self.post(TimerFired(timer))

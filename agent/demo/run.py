"""`hodekamera demo`: the practice room, the agent and the story, on this machine alone."""

import asyncio
import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from agent.app import App
from agent.config.content import Content
from agent.config.settings import Settings
from agent.demo.director import Director, Mouth, Pace, Scene, StoryStuckError
from agent.demo.narrator import Narrator
from agent.demo.stored import watch, written_files
from agent.demo.story import FAST, WHOLE
from agent.encoders import use_fast_encoders
from agent.faults import PartError
from agent.meeting.practice.server import PracticeRoom
from agent.meeting.practice.stand_in import StandIn
from agent.messages import Action, Event, HearingReady, Part, PartDown, Picture, VisitEnded
from agent.parts import make_parts
from agent.registry import Kind, make
from agent.sending import Sent
from agent.session import Session, Visit, transmission
from agent.tasks import task_group
from agent.voice.listener import Recognised

FAST_SPEED = 6.0
"""How much faster the agent talks to itself in the short demonstration."""

READY_LIMIT_S = 90.0
"""The recogniser makes its templates first."""

LIVE_PATIENCE_S = 20.0
"""How long a person at the page has to let the camera in before the stand-in does."""

SOUNDS = Path("tests") / "sounds"

Write = Callable[[str], None]


async def run_demo(
    settings: Settings,
    content: Content,
    root: Path,
    write: Write,
    *,
    live: bool = False,
    fast: bool = False,
    browser: bool = True,
    sounds: Path | None = None,
) -> int:
    """Play the whole consultation, or with `live` wait for a person to speak.

    root: the folder with `models` and the sound files; sounds: another folder of sound files.
    Returns 0 when the story came to its end, 1 when it got stuck.
    Raises PartError when it cannot begin, e.g. PORT_IN_USE.
    """
    watch()
    use_fast_encoders()
    words = content.pages["demo"]
    practice, pin = settings.practice, settings.practice.host_pin.get_secret_value()
    write(words["welcome"])
    room = PracticeRoom(
        practice.room, pin, None, practice.port, content.pages["practice"], locked=True
    )
    async with room:
        demo = _Demo(_here(settings, room.url, live=live), content, root, write, fast=fast)
        demo.links(room.page_url, live=live)
        if browser and _has_screen():
            webbrowser.open(room.page_url)
        async with StandIn(room.url, practice.room, pin, words["stand_in_name"]) as clinic:
            return await demo.play(clinic, sounds or root / SOUNDS, live=live)


class _Demo:
    """One demonstration."""

    def __init__(
        self, settings: Settings, content: Content, root: Path, write: Write, *, fast: bool
    ) -> None:
        parts = make_parts(settings, root / "models", content.pronunciation)
        if fast:
            parts = replace(parts, loudspeaker=make(Kind.LOUDSPEAKER, "silent", FAST_SPEED))
        self._fast = fast
        self._write = write
        self._words = content.pages["demo"]
        self._parts = parts
        self._narrator = Narrator(self._words, content.shown, write)
        self._app = App(settings, content, parts)
        self._ready = asyncio.Event()
        self._broken: PartDown | None = None
        self._at_end: Sent | None = None
        self._app.said = self._narrator.said
        self._app.hearing.heard = self._heard
        self._app.runner.observe(self._narrator.observe)
        self._app.runner.observe(self._mark_end)
        self._app.runner.observe(self._watch_parts)

    def links(self, page: str, *, live: bool) -> None:
        """Where to look, before anything happens."""
        if not live:
            self._write(self._words["synthetic"])
        self._write(self._words["link"].format(address=page))
        self._write(self._words["open_hint"])
        self._write(self._words["preparing"])

    async def play(self, clinic: StandIn, sounds: Path, *, live: bool) -> int:
        """Run the agent for as long as the story takes, and sum up."""
        director = self._director(clinic, sounds)
        async with task_group() as group:
            agent = group.create_task(self._app.run(self._status_link))
            if live:
                self._write(self._words["waiting_live"])
                await self._wait_on(clinic)
            await self._until_ready()
            stuck = await self._tell(director)
            agent.cancel()
        self._sum_up()
        return 1 if stuck else 0

    async def _until_ready(self) -> None:
        """Until the nurse can be heard. Raises PartError when she never will be."""
        async with asyncio.timeout(READY_LIMIT_S):
            await self._ready.wait()
        if self._broken is not None:
            raise PartError(self._broken.fault, **self._broken.values)

    async def _wait_on(self, clinic: StandIn) -> None:
        """Live: let whoever waits in, if nobody at the page does; until interrupted."""
        while True:
            await asyncio.sleep(LIVE_PATIENCE_S)
            if self._app.runner.session.visit is Visit.LOBBY:
                self._narrator.line("clinic", self._words["stand_in"])
                await clinic.admit_all()

    def _director(self, clinic: StandIn, sounds: Path) -> Director:
        """Made before the agent runs: it has to see every step to know when there is silence."""
        return Director(
            self._app.runner,
            cast(Mouth, self._parts.microphone),
            cast(Scene, self._parts.camera),
            clinic,
            sounds,
            self._narrator,
            Pace(breath_s=0.4, patience_s=2.0) if self._fast else Pace(),
        )

    async def _tell(self, director: Director) -> bool:
        """Play the story; whether it got stuck."""
        try:
            await director.play(FAST if self._fast else WHOLE)
        except StoryStuckError as stuck:
            self._write(self._words["stuck"].format(step=stuck))
            return True
        return False

    def _status_link(self) -> None:
        self._write(self._words["status_link"].format(address=self._app.screen.server.url))

    def _heard(self, recognised: Recognised) -> None:
        self._narrator.heard(recognised.command, recognised.seconds)

    def _watch_parts(self, event: Event, _session: Session, _actions: tuple[Action, ...]) -> None:
        if isinstance(event, PartDown | VisitEnded) and event.fault is not None:
            self._narrator.line("fault", self._app.explain(event.fault, event.values))
        if isinstance(event, HearingReady):
            self._ready.set()
        if isinstance(event, PartDown) and event.part is Part.RECOGNISER:
            self._broken = event
            self._ready.set()

    def _mark_end(self, _event: Event, session: Session, _actions: tuple[Action, ...]) -> None:
        ended = transmission(session).picture in {Picture.ENDED_CARD, Picture.NOTHING}
        if not ended:
            self._at_end = None
        elif self._at_end is None:
            self._at_end = self._app.sending.sent

    def _sum_up(self) -> None:
        sent, words = self._app.sending.sent, self._words
        self._write("")
        self._write(words["summary"])
        self._narrator.summary_heard()
        self._narrator.plain(
            "summary_sent",
            live=sent.live,
            cards=sent.cards,
            sound=round(sent.sound * 0.02),
            after=sent.live - (self._at_end or sent).live,
        )
        self._write(words["summary_devices_open" if _camera_open() else "summary_devices"])
        count = written_files()
        self._narrator.plain("summary_stored_files" if count else "summary_stored", count=count)


def _here(settings: Settings, server: str, *, live: bool) -> Settings:
    """The settings with the practice room for a room, and with devices that need no device."""
    changes: dict[str, Any] = {
        "meeting": settings.meeting.model_copy(
            update={"server": server, "room": settings.practice.room, "pin_env": None}
        )
    }
    if not live:
        size = {"backend": "pattern", "width": 960, "height": 540, "rate": 25}
        changes["camera"] = settings.camera.model_copy(update=size)
        smaller = {"width": size["width"], "height": size["height"]}
        changes["sending"] = settings.sending.model_copy(update=smaller)
        changes["microphone"] = settings.microphone.model_copy(update={"backend": "wavfile"})
        changes["loudspeaker"] = settings.loudspeaker.model_copy(update={"backend": "silent"})
        # Another agent may be running on this machine.
        changes["status"] = settings.status.model_copy(update={"port": 0})
    return settings.model_copy(update=changes)


def _has_screen() -> bool:
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def _camera_open() -> bool:
    """Every camera back-end reads in a thread of this name; with the device it ends."""
    return any(thread.name == "camera" for thread in threading.enumerate())

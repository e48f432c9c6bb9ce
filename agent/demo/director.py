"""Plays the story: waits for each cue's state, then speaks, dims the lamp or lets the camera in."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.demo.narrator import Narrator
from agent.demo.story import Admit, Cue, Lamp, Speak, finished
from agent.faults import Fault, PartError
from agent.messages import Action, Event, Say, SpeechDone
from agent.runner import Runner
from agent.session import Session, Visit


class Scene(Protocol):
    """The camera of the demonstration."""

    def set_light(self, stops: float) -> None:
        """Light of the scene relative to well lit."""
        ...


class Mouth(Protocol):
    """The microphone of the demonstration."""

    def play(self, path: Path) -> None:
        """Play a sound file into it."""
        ...


class Clinic(Protocol):
    """Whoever lets people into the practice room when nobody has opened the page."""

    async def admit_all(self) -> None:
        """Let everybody in who waits."""
        ...


class StoryStuckError(Exception):
    """A cue's state did not come in time; the text is the cue's name."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the demonstration takes its time. Seconds."""

    breath_s: float = 0.8
    """Silence before the nurse speaks, after the agent has finished."""
    patience_s: float = 10.0
    """How long a clinician at the page has to let the camera in before the stand-in does."""


class Director:
    """Leads one demonstration from the first cue to the last."""

    def __init__(
        self,
        runner: Runner,
        mouth: Mouth,
        scene: Scene,
        clinic: Clinic,
        sounds: Path,
        narrator: Narrator,
        pace: Pace,
    ) -> None:
        """sounds: the folder of the sound files."""
        self._runner = runner
        self._mouth = mouth
        self._scene = scene
        self._clinic = clinic
        self._sounds = sounds
        self._narrator = narrator
        self._pace = pace
        self._stepped = asyncio.Event()
        self._silent = asyncio.Event()
        self._silent.set()
        runner.observe(self._observe)

    def _observe(self, event: Event, session: Session, actions: Sequence[Action]) -> None:
        self._stepped.set()
        if any(isinstance(action, Say) for action in actions):
            self._silent.clear()
        elif isinstance(event, SpeechDone):
            self._silent.set()

    async def play(self, story: Sequence[Cue]) -> None:
        """Play every cue in order. Raises StoryStuckError."""
        before: Cue | None = None
        for cue in story:
            await self._reach(cue, before)
            await self._do(cue)
            before = cue
        await self._until(finished, "end", 30.0)
        await self._silence()

    async def _reach(self, cue: Cue, before: Cue | None) -> None:
        """Wait for a cue's state; like a nurse who was not heard, say the last thing once more."""
        try:
            await self._until(cue.when, cue.name, cue.limit_s)
        except StoryStuckError:
            if before is None or not isinstance(before.deed, Speak):
                raise
            await self._do(before)
            await self._until(cue.when, cue.name, cue.limit_s)

    async def _do(self, cue: Cue) -> None:
        match cue.deed:
            case Speak(sound):
                await self._silence()
                await asyncio.sleep(self._pace.breath_s)
                self._narrator.clip(sound)
                self._mouth.play(find_sound(self._sounds, sound))
            case Lamp(stops):
                name = "scene_dark" if stops < 0 else "scene_bright"
                self._narrator.line("light", self._narrator.words[name])
                self._scene.set_light(stops)
            case Admit():
                await self._be_let_in(cue)

    async def _be_let_in(self, cue: Cue) -> None:
        try:
            await self._until(_not_waiting, cue.name, self._pace.patience_s)
        except StoryStuckError:
            self._narrator.line("clinic", self._narrator.words["stand_in"])
            await self._clinic.admit_all()

    async def _until(self, condition: Callable[[Session], bool], name: str, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not condition(self._runner.session):
                    self._stepped.clear()
                    await self._stepped.wait()
        except TimeoutError as error:
            raise StoryStuckError(name) from error

    async def _silence(self) -> None:
        """Wait until the agent has nothing more to say, at most 30 s."""
        async with asyncio.timeout(30):
            await self._silent.wait()


def _not_waiting(session: Session) -> bool:
    return session.visit not in {Visit.LOBBY, Visit.JOINING}


def find_sound(folder: Path, name: str) -> Path:
    """The first variant of a sound file. Raises PartError(SOUND_FILES_MISSING)."""
    variants = sorted(folder.glob(f"{name}.*"))
    if not variants:
        raise PartError(Fault.SOUND_FILES_MISSING, folder=folder.name, name=name)
    return variants[0]

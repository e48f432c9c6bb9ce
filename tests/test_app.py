"""The whole agent without a meeting: parts fail, are told about, and come back."""

import asyncio
import multiprocessing
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import aiohttp
import numpy as np
import pytest

from agent.app import App
from agent.checklist.model import Check
from agent.config.content import load_content
from agent.config.loading import load_settings
from agent.demo.director import find_sound
from agent.faults import Fault
from agent.frames import FRAME_SAMPLES, AudioFrame
from agent.messages import Event, Part, PartDown, PartUp
from agent.parts import Parts, make_parts
from agent.registry import Kind, make
from agent.session import Visit
from agent.status.server import COMMAND_HEADER
from agent.voice.backends.wavfile import WavFileMicrophone

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parent.parent
SOUNDS = ROOT / "tests" / "sounds"
LIMIT_S = 60.0

DEVICES = (
    "camera.backend=pattern",
    "camera.width=960",
    "camera.height=540",
    "microphone.backend=wavfile",
    "loudspeaker.backend=silent",
    "status.port=0",
)


class Agent:
    """A running agent, and everything that has happened to it."""

    def __init__(self, change: Callable[[Parts], Parts], *settings: str) -> None:
        chosen = load_settings([ROOT / "config" / "agent.yaml"], [*DEVICES, *settings]).settings
        content = load_content(ROOT / "config", chosen)
        parts = change(make_parts(chosen, ROOT / "models", content.pronunciation))
        self.app = App(chosen, content, parts)
        self.microphone = cast(WavFileMicrophone, parts.microphone)
        self.events: list[Event] = []
        self.said: list[str] = []
        self.listening = asyncio.Event()
        """The status page answers."""
        self._stepped = asyncio.Event()
        self.app.said = self._say
        self.app.runner.observe(lambda event, _session, _actions: self._take(event))

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._stepped.set()

    def _say(self, sentence: str) -> None:
        self.said.append(sentence)
        self._stepped.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._stepped.clear()
                await self._stepped.wait()

    async def speak(self, name: str) -> None:
        """Say something after the agent has been silent for a while."""
        silent = 0.0
        while silent < 1.5:
            await asyncio.sleep(0.1)
            silent = 0.0 if self.app.speaking else silent + 0.1
        self.microphone.play(find_sound(SOUNDS, name))

    def faults(self) -> list[Fault]:
        return [event.fault for event in self.events if isinstance(event, PartDown)]

    def shown(self) -> str:
        return " ".join(self.app.screen.snapshot()["problems"])


@asynccontextmanager
async def running(
    *settings: str, change: Callable[[Parts], Parts] = lambda parts: parts
) -> AsyncIterator[Agent]:
    agent = Agent(change, *settings)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(agent.app.run(agent.listening.set))
        yield agent
        task.cancel()


async def test_a_recogniser_that_dies_comes_back_and_hears_again() -> None:
    async with running() as agent:
        await agent.until(lambda: "Hjelperen er klar." in agent.said)
        for process in multiprocessing.active_children():
            process.kill()
        await agent.speak("vis_status")
        await agent.until(lambda: Fault.RECOGNISER_FAILED in agent.faults())
        await agent.until(lambda: PartUp(Part.RECOGNISER) in agent.events)
        await agent.speak("vis_status")
        await agent.until(lambda: "Video er av. Ingenting sendes." in agent.said)
        assert agent.shown() == ""


async def test_a_microphone_of_zeros_is_told_on_the_screen_and_aloud() -> None:
    def deaf(parts: Parts) -> Parts:
        return replace(parts, microphone=WavFileMicrophone(zeros=True))

    async with running(change=deaf) as agent:
        await agent.until(lambda: Fault.MICROPHONE_SILENT in agent.faults())
        await agent.until(lambda: "Mikrofonen er helt stille. Er den slått på?" in agent.said)
        assert "Mikrofonen gir ingen lyd." in agent.shown()


async def test_a_corrupt_model_is_told_and_the_keyboard_still_works(tmp_path: Path) -> None:
    def broken(parts: Parts) -> Parts:
        file = tmp_path / "speech-embedding.onnx"
        file.write_bytes(b"not a model")
        for name in ("model.yaml", "fillers.txt"):
            (tmp_path / name).write_bytes((ROOT / "models/speech-embedding" / name).read_bytes())
        engine = partial(make, Kind.RECOGNISER, "templates", str(file))
        return replace(parts, recogniser=engine)

    async with running(change=broken) as agent:
        await agent.until(lambda: Fault.MODEL_CORRUPT in agent.faults())
        answer = await agent.app.screen.typed("vis status")
        assert answer == {"known": True, "said": ["Video er av. Ingenting sendes."]}


async def test_devices_that_are_missing_leave_the_rest_working() -> None:
    missing = ("camera.backend=opencv", "loudspeaker.backend=portaudio", "meeting.room=1")
    names = 'loudspeaker.names=["no such device"]'
    async with running(*missing, names, 'camera.names=["no such camera"]') as agent:
        await agent.until(lambda: bool(agent.faults()))
        await agent.until(lambda: "Hjelperen er klar." in agent.said)
        await agent.speak("vis_status")
        await agent.until(lambda: "Video er av. Ingenting sendes." in agent.said)
        assert agent.faults()[0] in {Fault.LOUDSPEAKER_MISSING, Fault.SOUND_SYSTEM_MISSING}
        assert agent.shown()


async def test_while_the_clinic_is_heard_nothing_is_said_about_the_picture() -> None:
    loud = np.full(FRAME_SAMPLES, 6000, np.int16)
    loud[::2] *= -1
    async with running() as agent:
        await agent.until(lambda: "Hjelperen er klar." in agent.said)
        for busy in (False, True, False):
            for _ in range(500):
                if agent.app.busy() is busy:
                    break
                if busy:
                    agent.app.hearing.hear_room(AudioFrame(loud, 0))
                await asyncio.sleep(0.02)
            assert agent.app.busy() is busy


async def test_the_light_is_measured_at_its_point_with_the_camera_open_for_that_alone() -> None:
    async with running() as agent:
        await agent.app.screen.typed("vis forberedelser")
        session = agent.app.runner.session
        while session.progress and session.progress.point:
            if session.progress.point.check is Check.LIGHT:
                break
            await agent.app.screen.typed("hopp over")
            session = agent.app.runner.session
        assert session.measuring
        await agent.until(lambda: agent.app.runner.session.light_found is not None)
        found = agent.app.runner.session.light_found
        assert found is not None
        assert agent.app.sending.sent.live == 0
        for _ in range(250):
            if not any(thread.name == "camera" for thread in threading.enumerate()):
                break
            await asyncio.sleep(0.02)
        assert not any(thread.name == "camera" for thread in threading.enumerate())
        rows = {row["id"]: row["value"] for row in agent.app.screen.snapshot()["rows"]}
        assert rows["light_found"]


async def test_a_camera_tells_what_it_can_when_it_is_open() -> None:
    async with running() as agent:
        await agent.app.screen.typed("kamerahjelp")
        answer = await agent.app.screen.typed("mer lys")
        assert answer["said"] == ["Kameraet har ikke lykt. Flytt lampen nærmere."]


async def test_without_a_room_in_the_settings_start_video_says_so() -> None:
    async with running() as agent:
        await agent.app.screen.typed("start video")
        await agent.until(lambda: any("Møterommet finnes ikke" in line for line in agent.said))
        assert agent.app.runner.session.visit is Visit.OUTSIDE


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("Vis STATUS!", True, "Video er av. Ingenting sendes."),
        ("klart", False, "«klart» gjelder ikke nå."),
        ("hei på deg", False, "Det som ble skrevet, er ingen kommando."),
    ],
)
async def test_typed_commands_go_through_the_same_grammar(
    text: str, known: bool, said: str
) -> None:
    async with running() as agent, aiohttp.ClientSession() as http:
        await agent.listening.wait()
        address = f"{agent.app.screen.server.url}/command"
        async with http.post(address, data=text, headers={COMMAND_HEADER: "1"}) as answer:
            result = await answer.json()
    assert result["known"] is known
    assert result["said"][0].startswith(said)


async def test_the_written_form_changes_by_voice_everywhere_at_once() -> None:
    async with running() as agent:
        await agent.until(lambda: "Hjelperen er klar." in agent.said)
        answer = await agent.app.screen.typed("byt til nynorsk")
        assert answer["said"] == ["No snakkar eg nynorsk."]
        await agent.until(lambda: "No snakkar eg nynorsk." in agent.said)

        shown = agent.app.screen.snapshot()
        assert shown["language"] == "nn"
        assert "vis førebuingar" in shown["commands"]
        assert "byt til bokmål" in shown["commands"], "shown as it is written in nynorsk"
        assert shown["words"]["title"] == "Hovudkamera"

        answer = await agent.app.screen.typed("vis forberedelser")
        assert "avtala" in answer["said"][0]
        back = await agent.app.screen.typed("bytt til bokmål")
        assert back["said"] == ["Nå snakker jeg bokmål."]

"""The demonstration: the whole main job on one machine, and the sound that decides it."""

import asyncio
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.config.content import load_content
from agent.config.loading import load_settings
from agent.demo.director import Director, Pace, StoryStuckError, find_sound
from agent.demo.narrator import Narrator
from agent.demo.run import run_demo
from agent.demo.story import FAST, WHOLE, Cue, Speak
from agent.faults import Fault, PartError
from agent.messages import Command, Heard
from agent.runner import Runner
from agent.session import Rules, Session
from tests.test_runner import Recorder, running

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parent.parent
SOUNDS = ROOT / "tests" / "sounds"


async def demo(*arguments: str) -> tuple[int, str]:
    """Run the command as a user does; its exit status and everything it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "demo", "--no-browser", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode("utf-8")


async def test_the_short_demonstration_tells_the_whole_main_job() -> None:
    status, told = await demo("--fast")

    assert status == 0, told
    milestones = (
        "hørt     «vis forberedelser»",
        "sagt     «Er konsultasjonen avtalt med sårpoliklinikken?»",
        "hørt     «start video»",
        "i ventesonen",
        "rommet er låst",
        "sagt     «For mørkt.",
        "sagt     «Lyset er greit nå.»",
        "hørt     «frys bildet»",
        "hørt     «fortsett video»",
        "hørt     «avslutt video»",
        "sagt     «Video er avsluttet. Ingenting sendes.»",
        "Hørt: 6 av 6 kommandoer",
        "etter «avslutt video»: 0 bilder",
        "Kameraet er frigitt.",
        "åpnet for skriving: 0. Ingenting er lagret.",
    )
    places = [told.find(milestone) for milestone in milestones]
    assert -1 not in places, told
    assert places == sorted(places), told
    sent = re.search(r"Sendt: (\d+) levende", told)
    assert sent
    assert int(sent[1]) > 50


@pytest.mark.timeout(240)
async def test_the_whole_demonstration_comes_to_its_end() -> None:
    status, told = await demo()

    assert status == 0, told
    heard = re.search(r"Hørt: (\d+) av (\d+) kommandoer", told)
    assert heard
    assert int(heard[1]) >= 16, told
    assert "sagt     «Sprit utstyret.»" in told
    assert "etter «avslutt video»: 0 bilder" in told


async def test_another_sound_leads_to_another_story(tmp_path: Path) -> None:
    """The same script with one sound file changed: the agent does what was said, not the script."""
    for file in SOUNDS.glob("*.wav"):
        shutil.copy(file, tmp_path)
    for changed in tmp_path.glob("vis_forberedelser.*"):
        shutil.copy(find_sound(SOUNDS, "vis_status"), changed)
    settings = load_settings([ROOT / "config" / "agent.yaml"]).settings
    content = load_content(ROOT / "config", settings)
    told: list[str] = []

    status = await run_demo(
        settings, content, ROOT, told.append, fast=True, browser=False, sounds=tmp_path
    )

    assert status == 1
    assert any("hørt     «vis status»" in line for line in told), told
    assert any("Video er av. Ingenting sendes." in line for line in told), told
    assert any("ventet på «f01»" in line for line in told), told


@pytest.mark.parametrize("story", [WHOLE, FAST])
def test_every_sound_of_the_story_exists(story: Sequence[Cue]) -> None:
    for cue in story:
        if isinstance(cue.deed, Speak):
            assert find_sound(SOUNDS, cue.deed.sound).exists()


def test_a_missing_sound_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartError) as raised:
        find_sound(tmp_path, "start_video")
    assert raised.value.fault is Fault.SOUND_FILES_MISSING


@dataclass
class Props:
    """A microphone, a scene and a clinic that only remember."""

    done: list[object] = field(default_factory=list)

    def play(self, path: Path) -> None:
        self.done.append(path.name.split(".")[0])

    def set_light(self, stops: float) -> None:
        self.done.append(stops)

    async def admit_all(self) -> None:
        self.done.append("admitted")


class Words(dict[str, str]):
    """Words that are their own names."""

    def __missing__(self, key: str) -> str:
        return key


async def test_a_story_whose_state_never_comes_is_stuck_and_says_where() -> None:
    runner, props = Runner(Session(Rules(checklists={})), Recorder()), Props()
    narrator = Narrator(Words(), {}, lambda _line: None)
    pace = Pace(breath_s=0)
    director = Director(runner, props, props, props, SOUNDS, narrator, pace)
    story = (
        Cue("now", lambda _session: True, Speak("klart")),
        Cue("never", lambda session: session.muted, Speak("nei"), limit_s=0.1),
    )
    async with running(runner):
        with pytest.raises(StoryStuckError, match="never"):
            await director.play(story)
    assert props.done == ["klart", "klart"], "said once more, like a nurse who was not heard"


async def test_the_narrator_counts_what_was_played_and_heard() -> None:
    lines: list[str] = []
    narrator = Narrator(
        Words(summary_heard="{count}/{played} {median} {longest}", heard_in="{phrase} {ms}"),
        {Command.MUTE: "demp mikrofon"},
        lines.append,
    )
    narrator.clip("demp_mikrofon")
    narrator.heard(Command.MUTE, 0.25)
    narrator.observe(Heard(Command.MUTE), Session(Rules(checklists={})), ())
    narrator.summary_heard()

    assert lines[-1] == "1/1 250 250"
    assert lines[1].endswith("demp mikrofon 250")

"""The whole main job, without fakes between the sound file and the browser.

A nurse's recorded voice drives the real agent (detector, segmenter, recogniser in its process,
session, WebRTC); the clinician's page runs in a real Chromium; what is checked is what the page
decodes and what the room says.
"""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import BrowserContext, Page, expect

from agent.app import App
from agent.checklist.model import Answer
from agent.config.content import load_content
from agent.config.loading import load_settings
from agent.demo.director import find_sound
from agent.demo.run import FAST_SPEED
from agent.meeting.practice.server import PracticeRoom
from agent.messages import Event, HearingReady
from agent.parts import make_parts
from agent.registry import Kind, make
from agent.session import Session, View, Visit, Window
from agent.video.backends.pattern import PatternCamera
from agent.voice.backends.wavfile import WavFileMicrophone

pytest_plugins = ("tests.browser",)
# Everything runs at once here: on a machine that others use, too, it takes its time.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parent.parent
SOUNDS = ROOT / "tests" / "sounds"
LIMIT_S = 80.0

DEVICES = (
    "camera.backend=pattern",
    "camera.width=640",
    "camera.height=360",
    "camera.rate=20",
    "microphone.backend=wavfile",
    "loudspeaker.backend=silent",
    "status.port=0",
    "meeting.room=prove",
)

READ_PIXELS = """() => {
    const video = document.getElementById("remote");
    const canvas = document.createElement("canvas");
    canvas.width = 64; canvas.height = 36;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, 64, 36);
    return Array.from(context.getImageData(0, 0, 64, 36).data);
}"""


@dataclass
class Consultation:
    """The agent with its devices, and the clinic's page."""

    app: App
    microphone: WavFileMicrophone
    camera: PatternCamera
    page: Page
    sounds: Path = SOUNDS

    async def speak(self, name: str) -> None:
        """The nurse says something, when the agent is silent and after a pause of her own."""
        async with asyncio.timeout(LIMIT_S):
            await self.microphone.played()
            silent = 0.0
            while silent < 0.9:  # The agent may only be about to speak.
                await self.page.wait_for_timeout(100)
                silent = 0.0 if self.app.speaking else silent + 0.1
        self.microphone.play(find_sound(self.sounds, name))

    async def until(self, condition: Callable[[Session], bool]) -> None:
        """Wait until the session is like this."""
        changed = asyncio.Event()
        self.app.runner.observe(lambda _event, _session, _actions: changed.set())
        async with asyncio.timeout(LIMIT_S):
            while not condition(self.app.runner.session):
                changed.clear()
                await changed.wait()

    async def pixels(self) -> list[int]:
        """What the page decodes now: 64 × 36 RGBA."""
        return cast(list[int], await self.page.evaluate(READ_PIXELS))

    async def differences(self) -> float:
        """Mean change of a pixel's value within half a second."""
        before = await self.pixels()
        await self.page.wait_for_timeout(500)
        after = await self.pixels()
        return sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before)

    async def shows(self, what: Callable[[list[int]], bool]) -> None:
        """Wait until the page shows a picture like this."""
        async with asyncio.timeout(LIMIT_S):
            while not what(await self.pixels()):
                await self.page.wait_for_timeout(100)


@asynccontextmanager
async def consultation(
    browser: BrowserContext, *more: str, speed: float = 1.0
) -> AsyncIterator[Consultation]:
    """A locked practice room, the clinician in it, and the agent outside, ready to listen."""
    room = PracticeRoom("prove", "2468", page_texts=_practice_words(), locked=True)
    async with room:
        settings = load_settings(
            [ROOT / "config" / "agent.yaml"], [*DEVICES, f"meeting.server={room.url}", *more]
        ).settings
        content = load_content(ROOT / "config", settings)
        parts = make_parts(settings, ROOT / "models", content.pronunciation)
        parts = replace(parts, loudspeaker=make(Kind.LOUDSPEAKER, "silent", speed))
        app = App(settings, content, parts)
        ready = asyncio.Event()

        def see(event: Event, _session: Session, _actions: object) -> None:
            if isinstance(event, HearingReady):
                ready.set()

        app.runner.observe(see)
        page = await browser.new_page()
        await page.goto(room.page_url)
        await page.click("#join")
        async with asyncio.TaskGroup() as group:
            agent = group.create_task(app.run())
            async with asyncio.timeout(90):
                await ready.wait()
            yield Consultation(
                app,
                cast(WavFileMicrophone, parts.microphone),
                cast(PatternCamera, parts.camera),
                page,
            )
            agent.cancel()
        await page.close()


def _practice_words() -> dict[str, str]:
    settings = load_settings([ROOT / "config" / "agent.yaml"]).settings
    return dict(load_content(ROOT / "config", settings).pages["practice"])


def brightness(pixels: list[int]) -> float:
    """Mean of the colour channels, 0 to 255."""
    colours = [value for index, value in enumerate(pixels) if index % 4 != 3]
    return sum(colours) / len(colours)


def skin(pixels: list[int]) -> bool:
    """Whether the drawn leg is there: much more red than blue at the left edge's middle."""
    at = 4 * (64 * 16 + 6)
    return pixels[at] - pixels[at + 2] > 30


async def test_a_consultation_from_sound_file_to_browser(browser: BrowserContext) -> None:
    async with consultation(browser) as now:
        waiting = now.page.locator("#waiting li")
        inside = now.page.locator("#people li")

        await now.speak("start_video")
        await now.until(lambda session: session.visit is Visit.LOBBY)
        await expect(waiting).to_have_count(1, timeout=LIMIT_S * 1000)
        assert now.app.sending.sent.live == 0, "nothing of the wound leaves before the door opens"

        await waiting.get_by_role("button").first.click()
        await now.until(lambda session: session.visit is Visit.INSIDE)
        assert now.app.runner.session.room.locked is True
        await expect(now.page.locator("#lock-state")).to_have_attribute("data-locked", "true")
        await now.shows(skin)
        assert await now.differences() > 0.3, "the picture moves"
        rows = {row["id"]: row["value"] for row in now.app.screen.snapshot()["rows"]}
        sent = r"\d+ × \d+, \d+ bilder i sekundet, høyst \d,\d Mbit/s"
        assert re.fullmatch(sent, rows["outgoing"])

        level = now.page.locator("#level")
        await now.speak("oov_bandasje")
        async with asyncio.timeout(LIMIT_S):
            while float(await level.get_attribute("data-level") or 0) < 0.01:
                await now.page.wait_for_timeout(50)
        assert now.app.runner.session.visit is Visit.INSIDE, "talk is no command"

        await now.speak("frys_bildet")
        await now.until(lambda session: session.view is View.FROZEN)
        # A still becomes sharper for a while; then it stands.
        async with asyncio.timeout(LIMIT_S):
            while await now.differences() >= 1.0:
                await now.page.wait_for_timeout(200)
        assert skin(await now.pixels())

        await now.speak("pause_video")
        await now.until(lambda session: session.view is View.PAUSED)
        await now.shows(lambda pixels: not skin(pixels))
        before = now.app.sending.sent
        await now.page.wait_for_timeout(1000)
        after = now.app.sending.sent
        assert now.app.sending.outgoing is None
        assert (after.live, after.sound) == (before.live, before.sound), "neither picture nor sound"

        await now.speak("fortsett_video")
        await now.until(lambda session: session.view is View.LIVE)
        await now.shows(skin)

        await now.speak("avslutt_video")
        await now.until(lambda session: session.visit is Visit.ENDING)
        ended = now.app.sending.sent
        await now.until(lambda session: session.visit is Visit.OUTSIDE)
        await expect(inside).to_have_count(1, timeout=LIMIT_S * 1000)
        assert now.app.sending.sent.live == ended.live, "nothing is sent after «avslutt video»"
        assert "camera" not in {thread.name for thread in threading.enumerate()}


def at(point: str) -> Callable[[Session], bool]:
    """The list has come to this point and waits for its answer."""

    def arrived(session: Session) -> bool:
        here = session.progress.point if session.progress else None
        return here is not None and here.id == point and session.window is Window.ANSWER

    return arrived


def closed(session: Session) -> bool:
    return session.progress is None


def inside(session: Session) -> bool:
    return session.visit is Visit.INSIDE


def outside(session: Session) -> bool:
    return session.visit is Visit.OUTSIDE


# What is said in bokmål and in nynorsk, and where it leads.
WALK: tuple[tuple[str, str, Callable[[Session], bool]], ...] = (
    ("vis_forberedelser", "vis_førebuingar", at("f01_avtale")),
    ("klart", "klart", at("f02_ekstra_utstyr")),
    ("ikke_aktuelt", "ikkje_aktuelt", at("f05_enheter")),
    ("nei", "nei", lambda session: session.answers.get("f05_enheter") is Answer.NO),
    ("klart", "klart", at("f06_stroem")),
    ("lukk_listen", "lukk_lista", closed),
    ("start_video", "start_video", inside),
    ("vis_oppstart", "vis_oppstart", at("o01_presentasjon")),
    ("klart", "klart", at("o02_identitet")),
    ("lukk_listen", "lukk_lista", closed),
    ("demp_mikrofon", "demp_mikrofon", lambda session: session.muted),
    ("åpne_mikrofon", "opne_mikrofon", lambda session: not session.muted),
    ("frys_bildet", "frys_biletet", lambda session: session.view is View.FROZEN),
    ("fortsett_video", "hald_fram_video", lambda session: session.view is View.LIVE),
    ("vis_avslutning", "vis_avslutning", at("a01_ny_avtale")),
    ("klart", "klart", at("a02_ipad")),
    ("ikke_aktuelt", "ikkje_aktuelt", at("a03_hodekamera")),
    ("avslutt_video", "avslutt_video", outside),
    ("klart", "klart", closed),
    ("vis_dokumentasjon", "vis_dokumentasjon", at("d01_profil")),
    ("klart", "klart", at("d02_samtykke_journal")),
    ("klart", "klart", at("d04_nettskjema")),
    ("nei", "nei", at("d05_avvik")),
    ("ikke_aktuelt", "ikkje_aktuelt", at("d06_teknisk")),
    ("lag_feilmelding", "lag_feilmelding", lambda session: session.window is Window.CHOICE),
    ("ekko_i_lyden", "ekko_i_lyden", lambda s: bool(s.trouble and s.trouble.symptom)),
    (
        "konsultasjonen_ble_utsatt",
        "fortsatte_på_ipad",
        lambda session: bool(session.trouble and session.trouble.complete),
    ),
)
TOLD = {
    "nb": (
        "Er konsultasjonen avtalt med sårpoliklinikken?",
        "Video er avsluttet. Ingenting sendes.",
    ),
    "nn": (
        "Er konsultasjonen avtala med sårpoliklinikken?",
        "Video er avslutta. Ingenting blir sendt.",
    ),
}


@pytest.mark.parametrize("language", ["nb", "nn"])
async def test_a_whole_consultation_by_sound_files(browser: BrowserContext, language: str) -> None:
    here = (f"language={language}", "site.fixed_times=[]", "site.first_time=false")
    async with consultation(browser, *here, speed=FAST_SPEED) as now:
        said: list[str] = []
        now.app.said = said.append
        for nb, nn, arrived in WALK:
            await now.speak(nb if language == "nb" else nn)
            if arrived is inside:
                await now.page.locator("#waiting li button").first.click(timeout=LIMIT_S * 1000)
            await now.until(arrived)

        session = now.app.runner.session
        for sentence in TOLD[language]:
            assert sentence in said
        assert session.answers["d04_nettskjema"] is Answer.NO
        shown = now.app.screen.snapshot()
        assert shown["language"] == language
        assert shown["report"] is not None
        assert "ekko" in shown["report"]["text"]


async def test_bad_light_is_told_aloud_and_its_end_too(browser: BrowserContext) -> None:
    async with consultation(browser) as now:
        said: list[str] = []
        now.app.said = said.append
        await now.speak("start_video")
        await now.page.locator("#waiting li button").first.click(timeout=LIMIT_S * 1000)
        await now.until(lambda session: session.visit is Visit.INSIDE)
        await now.shows(skin)
        # Chromium's microphone beeps once a second: a clinic that never pauses.
        await now.page.click("#microphone")
        lit = brightness(await now.pixels())

        now.camera.set_light(-4)
        await now.until(lambda session: session.light.name == "DARK")
        await now.shows(lambda pixels: brightness(pixels) < lit / 2)
        now.camera.set_light(0)
        await now.until(lambda session: session.light.name == "GOOD")

        texts = now.app.content.texts
        async with asyncio.timeout(LIMIT_S):
            while texts.phrases and "Lyset er greit nå." not in said:
                await now.page.wait_for_timeout(100)
        assert "For mørkt. Flytt lampen nærmere såret." in said


async def test_another_sound_is_another_command(browser: BrowserContext) -> None:
    """The sound decides: nothing else tells the agent what was said."""
    async with consultation(browser) as now:
        await now.speak("oov_avslutte")
        await now.speak("vis_forberedelser")
        await now.until(lambda session: session.progress is not None)

        assert now.app.runner.session.visit is Visit.OUTSIDE


async def test_the_clinician_can_remove_the_camera(browser: BrowserContext) -> None:
    async with consultation(browser) as now:
        await now.speak("start_video")
        await now.page.locator("#waiting li button").first.click(timeout=LIMIT_S * 1000)
        await now.until(lambda session: session.visit is Visit.INSIDE)

        await now.page.locator("#people .remove").first.click()
        confirm = now.page.locator("#confirm-yes")
        if await confirm.is_visible():
            await confirm.click()
        await now.until(lambda session: session.visit is Visit.OUTSIDE)
        assert "camera" not in {thread.name for thread in threading.enumerate()}


async def test_a_camera_that_is_pulled_out_leaves_the_call_and_the_voice(
    browser: BrowserContext,
) -> None:
    async with consultation(browser) as now:
        await now.speak("start_video")
        await now.page.locator("#waiting li button").first.click(timeout=LIMIT_S * 1000)
        await now.until(lambda session: session.visit is Visit.INSIDE)
        await now.shows(skin)

        now.camera.vanish()
        await now.until(lambda session: bool(session.down))
        await now.shows(lambda pixels: not skin(pixels))
        await now.speak("demp_mikrofon")
        await now.until(lambda session: session.muted)
        assert now.app.runner.session.visit is Visit.INSIDE

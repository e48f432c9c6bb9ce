# ruff: noqa: T201 - a program of the terminal
"""Sound both ways: echo, near speech, recognition beside a talking room, CPU and delay.

    python -m bench.audio [--data FOLDER]

Takes about three minutes. With a data folder the clinic's and the nurse's speech in the scenes is
of people, otherwise synthetic; the commands are said by synthetic voices that nothing else uses.
The scenes are made: a room of 0.25 s, a small loudspeaker that distorts, a microphone's own noise.
No real loudspeaker, earpiece or head microphone has been tried. CPU and delay are measured in real
time over a virtual sound card (PulseAudio), where there is one.
"""

import argparse
import asyncio
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from agent.config.content import load_content
from agent.frames import Samples
from agent.messages import Phrase
from agent.registry import Kind, load
from bench.audio_echo import Echo, by_two_clocks, in_step, measured
from bench.audio_far_ends import BrowserFarEnd, LibraryFarEnd
from bench.audio_hearing import Ears
from bench.audio_live import Live, cost, delays, sound_server
from bench.audio_scene import FAR_LEVEL, Sound, pcm, scene, voices
from bench.calls import browser_path
from bench.engines import configured
from bench.hearing import ROOT
from bench.receiving import chromium

DELAYS_S = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3)
DRIFTS_PPM = (0.0, 100.0, -100.0)
LEVELS_DB = {"an earpiece": -26.0, "a loud earpiece": -16.0, "a loudspeaker on the table": -4.0}
"""How loud the room's echo is at the microphone beside the nurse's voice."""

COST_S = 20.0


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--live", action="store_true", help="only CPU and delay: one minute")
    options = parser.parse_args()
    far, near = voices(options.data)
    whose = "people" if options.data else "synthetic voices"
    still = () if options.live else chain(echo_lines(far, near, whose), hearing_lines(far))
    for line in chain(still, live_lines(far)):
        print(line, flush=True)


def echo_lines(far: Sound, near: Sound, whose: str) -> Iterator[str]:
    """The canceller alone, and behind the product's buffer with clocks that differ."""
    yield f"Echo, {whose}; dB. ERLE in seconds 1-3, 5-15 and right after both have talked at once;"
    yield "the nurse's level alone and over the clinic, beside how she went in; ERLE for the room."
    head = f"{'1-3':>6} {'5-15':>6} {'after':>6}  {'alone':>6} {'both':>6}  {'room':>6}  CPU"
    yield f"  {'delay':>22}  {head}"
    for delay_s in DELAYS_S:
        made = scene(far, near, delay_s)
        yield _echo(f"{delay_s * 1000:.0f} ms", measured(made, in_step))
    for drift in DRIFTS_PPM:
        made = scene(far, near, 0.1, drift_ppm=drift)
        yield _echo(f"100 ms, {drift:+.0f} ppm, bare", measured(made, in_step))
        yield _echo(f"100 ms, {drift:+.0f} ppm", measured(made, by_two_clocks(drift)))


def _echo(name: str, echo: Echo) -> str:
    erle = f"{echo.early:6.1f} {echo.settled:6.1f} {echo.after:6.1f}"
    nurse = f"{echo.near:+6.2f} {echo.double:+6.2f}"
    return f"  {name:>22}  {erle}  {nurse}  {echo.room:6.1f}  {echo.cpu:.4f}"


def hearing_lines(far: Sound) -> Iterator[str]:
    """Commands beside a clinic that talks without pause, and the agent's own voice."""
    ears = Ears()
    loud = FAR_LEVEL * far
    quiet = ears.beside(loud, None, cancel=False)
    yield ""
    yield f"Commands obeyed of {quiet.said} (right as best guess; taken for another or made up):"
    yield f"  {'the clinic is silent':>44}: {quiet.right} ({quiet.best}; {quiet.wrong})"
    for name, level_db in LEVELS_DB.items():
        for cancel in (False, True):
            heard = ears.beside(loud, level_db, cancel=cancel)
            how = f"{name}, {level_db:+.0f} dB{', cancelled' if cancel else ''}"
            yield f"  {how:>44}: {heard.right} ({heard.best}; {heard.wrong})"
    sentences = _own_sentences()
    for name, level_db in LEVELS_DB.items():
        said, looked, taken = ears.own_voice(sentences, level_db)
        rest = f"{said} sentences, {looked} left over, {taken} taken for a command"
        yield f"  own voice, {name}: {rest}"


def _own_sentences() -> Sequence[Samples]:
    settings, pronunciation = configured()
    texts = load_content(ROOT / "config", settings).texts
    fixed = [texts.render(phrase) for phrase in Phrase]
    speed = settings.voice.words_per_minute
    voice = load(Kind.SYNTHESISER, "espeak")(words_per_minute=speed, exceptions=dict(pronunciation))
    return [voice.speak(text).samples for text in fixed]


def live_lines(far: Sound) -> Iterator[str]:
    """What everything costs together, and how long it takes."""
    yield ""
    with sound_server() as there:
        if not there:
            yield "No pulseaudio here: CPU and delay are not measured."
            return
        live = asyncio.run(cost(pcm(FAR_LEVEL * far), COST_S))
        yield (
            f"Real time over a virtual sound card, {COST_S:.0f} s: CPU {live.cpu:.3f} of a core,"
            f" ERLE after 5 s {live.erle:.1f} dB, reference ran dry {live.gaps} times"
        )
        seen = asyncio.run(delays(LibraryFarEnd(stock=False)))
        yield _times("mouth (a loudspeaker) to the microphone's frame", seen.to_microphone)
        yield _times("mouth to a far end like ours", seen.to_far_end)
        seen = asyncio.run(delays(LibraryFarEnd(stock=True)))
        yield _times("mouth to aiortc as it comes", seen.to_far_end)
        yield _times("mouth to Chromium", asyncio.run(_to_browser()).to_far_end)


async def _to_browser() -> Live:
    # It must not play into the cable that we hear.
    silent = {name: value for name, value in os.environ.items() if "PULSE" not in name}
    async with chromium(browser_path(), env=silent) as receiver:
        return await delays(BrowserFarEnd(receiver.page))


def _times(name: str, seconds: Sequence[float]) -> str:
    if not seconds:
        return f"  {name}: never arrived"
    ms = np.array(seconds) * 1000
    return f"  {name}: {np.median(ms):.0f} ms (half), {ms.max():.0f} ms at most, of {len(ms)}"


if __name__ == "__main__":
    main()

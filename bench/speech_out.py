"""How soon the agent's first word sounds: `python -m bench.speech_out`.

The real speaker, the real synthesiser in its process and every sentence that the agent can say, in
a written form. Measured from when a sentence is asked for until its first sample is handed to the
loudspeaker; what the sound card buffers (about 40 ms, `portaudio_host`) and silence at the head of
the sound come on top and are given apart.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agent.app import prepared
from agent.config.content import Content, load_content
from agent.config.settings import Settings
from agent.faults import Fault
from agent.frames import SAMPLE_RATE, AudioFrame
from agent.messages import Urgency
from agent.parts import make_parts
from agent.voice.base import Speech
from agent.voice.speech import Speaker
from agent.worker import Worker

ROOT = Path(__file__).parents[1]
GOAL_S = 0.15
LIMIT_S = 10.0
AUDIBLE = 300
"""Of 32767: from here on something is heard."""


class Stopwatch:
    """A loudspeaker that notes when a sentence reaches it, and lets it pass at once."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.at = 0.0
        self.head_s = 0.0

    async def play(self, speech: Speech) -> None:
        if not speech.samples.size:
            return
        self.at = asyncio.get_running_loop().time()
        loud = np.flatnonzero(np.abs(speech.samples.astype(np.int32)) > AUDIBLE)
        self.head_s = float(loud[0]) / SAMPLE_RATE if loud.size else 0.0
        self.began.set()

    def play_room(self, frame: AudioFrame) -> None: ...

    def set_volume(self, gain: float) -> None: ...


async def delays(content: Content) -> dict[str, list[tuple[float, float]]]:
    """Kind of sentence -> (seconds until it begins, silence at its head) of each."""
    settings = Settings.model_validate({"language": content.texts.language})
    parts = make_parts(settings, ROOT / "models", content.pronunciation)
    ahead = prepared(content)
    faults = [content.texts.render(fault) for fault in Fault]
    others = [text for text in dict.fromkeys(faults) if text not in ahead]
    kinds = {"synthesised ahead": ahead, "others, when they are said": others}
    fault = Fault.SYNTHESISER_FAILED
    async with Worker(parts.synthesiser, fault, fault) as worker:
        watch = Stopwatch()
        speaker = Speaker(worker, spoken=lambda _text: None)
        await speaker.prepare(ahead)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(speaker.run(watch))
            found = {
                kind: [await _one(speaker, watch, t) for t in said] for kind, said in kinds.items()
            }
            task.cancel()
    return found


async def _one(speaker: Speaker, watch: Stopwatch, text: str) -> tuple[float, float]:
    watch.began.clear()
    asked = asyncio.get_running_loop().time()
    speaker.say(text, Urgency.ANSWER)
    async with asyncio.timeout(LIMIT_S):
        await watch.began.wait()
    return watch.at - asked, watch.head_s


def lines(found: dict[str, list[tuple[float, float]]]) -> list[str]:
    """A table: how many, half, 95 %, the slowest (ms), the silence at the head, over the goal."""
    head = "| sentences | n | half | 95 % | slowest | head, 95 % | over 150 ms |"
    rows = [head, "|---|---|---|---|---|---|---|"]
    for kind, seen in found.items():
        begin = 1000 * np.array([delay for delay, _ in seen])
        silent = 1000 * np.array([silence for _, silence in seen])
        late = int(np.sum(begin + silent > 1000 * GOAL_S))
        rows.append(
            f"| {kind} | {len(seen)} | {np.median(begin):.0f} | {np.quantile(begin, 0.95):.0f} "
            f"| {begin.max():.0f} | {np.quantile(silent, 0.95):.0f} | {late} |"
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table for a written form; 1 when a sentence made ahead comes too late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=("nb", "nn"), default="nb")
    options = parser.parse_args(arguments)
    settings = Settings.model_validate({"language": options.language})
    found = asyncio.run(delays(load_content(ROOT / "config", settings)))
    sys.stdout.write("\n".join(lines(found)) + "\n")
    ahead = found["synthesised ahead"]
    return int(any(delay + head > GOAL_S for delay, head in ahead))


if __name__ == "__main__":
    sys.exit(main())

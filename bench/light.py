"""How well the light is judged: `python -m bench.light [--scenes N] [--data FOLDER]`.

On generated pictures, by the very code that warns: each picture is shown to an `Advisor` until its
window is full. Beside it thresholds on the mean grey, the one tuned to its best F1 included. One
generator is no proof for a real camera; read the figures as «what this rule can see».

Recall and false flags are shares of pictures. Precision and F1 give both classes equal weight
(precision = recall / (recall + false flags)), so that the number of variants does not matter.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from agent.frames import Pixels
from agent.messages import Light
from agent.video.advice import AdviceSettings, Advisor
from agent.video.lighting import LightReading, read_light
from bench.light_scenes import Linear, Skin, decoded, photograph, scene

RIGHT = ("right -1/3", "right", "right +1/3", "auto 500 lx", "auto 300 lx")
DARK = ("-2 stops", "-3 stops", "-4 stops", "auto 10 lx", "auto 5 lx")
HIDDEN = ("auto 40 lx", "auto 20 lx")
"""Darkness that automatic exposure hides: reported, not counted as dark."""

BRIGHT = ("+1.5 stops", "+2 stops", "+3 stops")

CONDITIONS: dict[str, tuple[float, float | None]] = {
    "right -1/3": (1000, -1 / 3),
    "right": (1000, 0.0),
    "right +1/3": (1000, 1 / 3),
    **{f"auto {lux} lx": (lux, None) for lux in (500, 300, 40, 20, 10, 5)},
    **{f"{stops} stops": (1000, float(stops)) for stops in (-2, -3, -4)},
    **{f"+{stops:g} stops": (4000, stops) for stops in (1.5, 2, 3)},
}
"""Name -> lux and exposure, as in `photograph`."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, measured and judged."""

    skin: str
    condition: str
    reading: LightReading
    light: Light


Flag = Callable[[Shot], bool]


def judged(reading: LightReading) -> Light:
    """What the agent makes of light that stays like this."""
    settings = AdviceSettings()
    advisor = Advisor(settings)
    for look in range(int(5 * (settings.settle_s + settings.window_s)) + 2):
        advisor.follow(reading, look / 5)
    return advisor.light


def shots(scenes: Iterable[tuple[str, Linear]], seed: int) -> Iterator[Shot]:
    """Every scene under every condition."""
    generator = np.random.default_rng(seed)
    for skin, light in scenes:
        for condition, (lux, stops) in CONDITIONS.items():
            reading = read_light(photograph(light, lux, stops, generator))
            yield Shot(skin, condition, reading, judged(reading))


def generated(count: int, seed: int) -> Iterator[tuple[str, Linear]]:
    """`count` scenes of each skin group."""
    generator = np.random.default_rng(seed)
    for skin in Skin:
        for _ in range(count):
            yield skin.value, scene(skin, generator)


def photographs(folder: Path) -> Iterator[tuple[str, Linear]]:
    """Photographs that are listed in the folder's `manifest.tsv` with their skin group.

    Taken for well lit. They are measured and nothing of them is kept.
    """
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            pixels = cv2.imread(str(folder / row["path"]))
            if pixels is not None:
                size = 512, max(32, 512 * pixels.shape[0] // pixels.shape[1])
                small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
                yield row["skin"] or "not told", decoded(np.asarray(small, np.uint8))


def share(flag: Flag, among: Sequence[Shot]) -> float:
    """How many are flagged, 0 to 1."""
    return float(np.mean([flag(shot) for shot in among])) if among else float("nan")


def f1(recall: float, false: float) -> float:
    """At equal weight of both classes."""
    precision = recall / (recall + false) if recall else 0.0
    return 2 * precision * recall / (precision + recall) if precision else 0.0


def of(all_shots: Sequence[Shot], conditions: Sequence[str]) -> list[Shot]:
    """The shots under these conditions."""
    return [shot for shot in all_shots if shot.condition in conditions]


def best_threshold(bad: Sequence[Shot], right: Sequence[Shot], below: bool) -> int:
    """The mean grey that separates the two best."""

    def quality(limit: int) -> float:
        flag = grey(limit, below)
        return f1(share(flag, bad), share(flag, right))

    return max(range(256), key=quality)


def grey(limit: int, below: bool) -> Flag:
    """The naive way."""
    return lambda shot: (shot.reading.mean_grey < limit) is below


def report(title: str, all_shots: Sequence[Shot]) -> None:
    """Tables for too dark and too bright: all, and each skin group."""
    say(f"\n{title}: {len(all_shots)} pictures")
    right = of(all_shots, RIGHT)
    for light, names, fixed, below in (
        (Light.DARK, DARK, (60, 80), True),
        (Light.BRIGHT, BRIGHT, (200,), False),
    ):
        bad = of(all_shots, names)
        best = best_threshold(bad, right, below)
        say(f"\n{light.name:<22}{'F1':>7}{'recall':>8}{'false':>7}   false and recall per group")
        row("agent", judged_as(light), bad, right)
        for limit in dict.fromkeys((*fixed, best)):
            tuned = " (best F1)" if limit == best else ""
            sign = "<" if below else ">="
            row(f"grey {sign} {limit}{tuned}", grey(limit, below), bad, right)
        hidden = HIDDEN if light is Light.DARK else ()
        shares = [
            f"{name}: {share(judged_as(light), of(all_shots, [name])):.2f}"
            for name in (*names, *hidden)
        ]
        say("  agent, recall: " + ", ".join(shares))


def judged_as(light: Light) -> Flag:
    """What the agent says."""
    return lambda shot: shot.light is light


def row(name: str, flag: Flag, bad: Sequence[Shot], right: Sequence[Shot]) -> None:
    """One way to tell, over all and over each skin group."""
    recall, false = share(flag, bad), share(flag, right)
    groups = [
        f"{skin}: {share(flag, [s for s in right if s.skin == skin]):.3f}"
        f" {share(flag, [s for s in bad if s.skin == skin]):.2f}"
        for skin in dict.fromkeys(shot.skin for shot in bad)
    ]
    say(f"{name:<22}{f1(recall, false):>7.3f}{recall:>8.3f}{false:>7.3f}   {'  '.join(groups)}")


def cost(pixels: Pixels, rounds: int = 200) -> float:
    """Milliseconds of processor time for one picture."""
    read_light(pixels)
    begin = time.process_time()
    for _ in range(rounds):
        read_light(pixels)
    return (time.process_time() - begin) / rounds * 1000


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=40, help="per skin group")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="folder of photographs with a manifest.tsv")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    report("Generated", list(shots(generated(options.scenes, options.seed), options.seed)))
    if options.data is not None:
        report("Photographs", list(shots(photographs(options.data), options.seed)))
    say("")
    for width, height in ((640, 360), (1280, 720), (1920, 1080)):
        picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
        say(f"{width} x {height}: {cost(picture):.2f} ms of processor time per picture")


if __name__ == "__main__":
    main()

"""How well a picture's faults are told: `python -m bench.light [--data FOLDER] [--sheet FILE]`.

All is simulated: lit scenes are spoilt in linear light and filmed by a simulated camera
(`bench.light_camera`, `bench.light_faults`), two frames each, and measured by the agent's own code.
The scenes are generated, or photographs of a folder that lists them in `manifest.tsv`; of the
latter nothing is kept, and nothing was fitted on them. Beside the agent stand the naive ways, with
the limit that serves them best.

Recall and false flags are shares of shots. Precision and F1 give both classes equal weight
(precision = recall / (recall + false flags)), so that the number of variants does not matter. The
intervals are 95 % of resamples of *scenes* (pictures), since shots of one scene are alike.
«2 % on half»: the limit is set on one half of the scenes and the row tells the other half.

Each set is measured twice: as the camera gives the pictures, and (every third scene) as H.264 at
2 Mbit/s leaves them, which is what a camera behind a video link would be judged by.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from agent.video.lighting.judging import Head, Weights
from agent.video.sight import shipped_weights
from bench.light_cost import costs
from bench.light_faults import Defect
from bench.light_shadows import shadows
from bench.light_sheet import sheet
from bench.light_shots import Scene, Shot, filmed, generated, photographs
from bench.light_table import Measure, Method, Table, say
from bench.light_talk import talk


def head(weights: Weights) -> Measure:
    """The agent's own score."""
    return lambda shot: weights.score(shot.reading)


def methods(weights: dict[Head, Weights]) -> dict[Defect, list[Method]]:
    """The agent's ways first, then the naive ones."""

    def ours(name: str, which: Head) -> Method:
        return Method(name, head(weights[which]), 0.0)

    def dimness(shot: Shot) -> float:
        return -shot.reading.mean_grey

    def softness(shot: Shot) -> float:
        return -shot.laplacian

    def cast(shot: Shot) -> float:
        return float(np.hypot(shot.reading.blue_stops, shot.reading.red_stops))

    return {
        Defect.DARK: [
            ours("agent, exposure told", Head.DARK_TOLD),
            ours("agent, two frames", Head.DARK_TWO),
            ours("agent, one frame", Head.DARK_ONE),
            Method("mean grey < 60", dimness, -60),
            Method("mean grey < 80", dimness, -80),
            Method("mean grey, best F1", dimness),
        ],
        Defect.BRIGHT: [
            ours("agent", Head.BRIGHT),
            Method("mean grey > 200", lambda shot: shot.reading.mean_grey, 200),
            Method("mean grey, best F1", lambda shot: shot.reading.mean_grey),
            Method("near white, best F1", lambda shot: shot.reading.near_white),
        ],
        Defect.GLARE: [
            ours("agent", Head.GLARE),
            Method("near white, best F1", lambda shot: shot.reading.near_white),
        ],
        Defect.BLUR: [
            ours("agent, two frames", Head.BLUR_TWO),
            ours("agent, one frame", Head.BLUR_ONE),
            Method("Laplacian < 100", softness, -100),
            Method("Laplacian, best F1", softness),
        ],
        Defect.WARM: [
            ours("agent", Head.WARM),
            Method("grey world, best F1", cast),
        ],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20, help="generated, per skin group")
    parser.add_argument("--seed", type=int, default=0, help="the weights were fitted on seed 1")
    parser.add_argument("--data", type=Path, help="folder of photographs with a manifest.tsv")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photograph")
    parser.add_argument("--sheet", type=Path, help="write a sheet of the worst misses as a picture")
    options = parser.parse_args()
    if options.sheet is not None and not cv2.haveImageWriter(str(options.sheet)):
        parser.error(f"no format for pictures: {options.sheet.name}")
    cv2.setNumThreads(1)
    weights = shipped_weights()
    sets: dict[str, list[Scene]] = {}
    if options.scenes:
        sets["Generated"] = list(generated(options.scenes, options.seed))
    if options.data is not None and (options.data / "manifest.tsv").exists():
        sets["Photographs"] = list(photographs(options.data, options.every))
    elif options.data is not None:
        say(f"No photographs: {options.data}/manifest.tsv is missing; generated scenes only.")
    for title, scenes in sets.items():
        all_shots = filmed(scenes, options.seed)
        Table(title, all_shots).report(methods(weights))
        streamed = filmed(scenes[::3], options.seed, codec=True)
        Table(f"{title}, after H.264 at 2 Mbit/s", streamed).report(methods(weights))
        say(shadows(scenes, options.seed))
        say(talk(all_shots, weights))
        if options.sheet is not None:
            sheet(scenes, all_shots, weights, options.seed, options.sheet)
    say(costs())


if __name__ == "__main__":
    main()

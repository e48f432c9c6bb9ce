"""For `bench.light`: the worst misses as one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from agent.frames import Pixels
from agent.video.lighting.judging import Head, Weights
from bench.light_faults import CONDITIONS, Defect
from bench.light_shots import Rig, Scene, Shot, film

COLUMNS, TILE = 6, (256, 192)
HEADS: Mapping[Defect, Head] = {
    Defect.DARK: Head.DARK_TWO,
    Defect.BRIGHT: Head.BRIGHT,
    Defect.GLARE: Head.GLARE,
    Defect.BLUR: Head.BLUR_TWO,
    Defect.WARM: Head.WARM,
}


def sheet(
    scenes: Sequence[Scene],
    shots: Sequence[Shot],
    weights: Mapping[Head, Weights],
    seed: int,
    target: Path,
) -> None:
    """One row for each fault: the three surest misses, then the three surest false flags."""
    rows = []
    for defect, head in HEADS.items():
        score = weights[head].score
        missed = sorted(
            (shot for shot in shots if shot.defect is defect), key=lambda shot: score(shot.reading)
        )
        false = sorted(
            (shot for shot in shots if shot.defect is Defect.NONE),
            key=lambda shot: -score(shot.reading),
        )
        chosen = [(shot, "missed") for shot in missed[:3]] + [(s, "flagged") for s in false[:3]]
        tiles = [
            _tile(shot, scenes, seed, f"{defect.value} {word} {score(shot.reading):+.1f}")
            for shot, word in chosen
        ]
        rows.append(np.hstack(tiles))
    cv2.imwrite(str(target), np.vstack(rows))


def _tile(shot: Shot, scenes: Sequence[Scene], seed: int, label: str) -> Pixels:
    """The shot is filmed anew: nothing of it was kept."""
    one = next(scene for scene in scenes if scene.name == shot.scene)
    generator = np.random.default_rng((seed, crc32(one.name.encode())))
    rig = Rig.drawn(generator)
    pixels: Pixels = np.zeros((1, 1, 3), np.uint8)
    for condition in CONDITIONS:
        pixels = film(one.light, condition, rig, generator)[0][1]
        if condition == shot.condition:
            break
    tile = np.asarray(cv2.resize(pixels, TILE, interpolation=cv2.INTER_AREA), np.uint8)
    for row, text in enumerate((label, f"{shot.condition}, {shot.skin} (simulated)")):
        where = 4, 14 + 16 * row
        cv2.putText(tile, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 3)
        cv2.putText(tile, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1)
    return tile

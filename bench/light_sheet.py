"""For `bench.light`: the worst misses as one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from agent.frames import Pixels
from agent.video.lighting.judging import Head, Weights
from agent.video.picture import fitted
from bench.light_faults import CONDITIONS, Defect
from bench.light_shots import Rig, Scene, Shot, film

EACH, TILE, BAR = 3, (320, 240), 46
"""Tiles of each kind in a row; the picture's width and height, and the height of its label."""
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
    """One row for each fault: the three surest misses, then the three surest false flags.

    Where there are fewer of them, what came nearest to it, and the label says so.
    """
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
        chosen = [*missed[:EACH], *false[:EACH]]
        tiles = [
            _tile(shot, scenes, seed, _label(defect, shot, score(shot.reading))) for shot in chosen
        ]
        rows.append(np.hstack(tiles))
    cv2.imwrite(str(target), np.vstack(rows))


def _label(defect: Defect, shot: Shot, score: float) -> str:
    if shot.defect is defect:
        return f"{defect.value}: {'missed' if score < 0 else 'nearly missed'} {score:+.1f}"
    return f"{defect.value}: {'falsely flagged' if score >= 0 else 'nearly flagged'} {score:+.1f}"


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
    tile = np.zeros((BAR + TILE[1], TILE[0], 3), np.uint8)
    tile[BAR:] = fitted(pixels, *TILE)
    face = cv2.FontFace("sans")
    for row, text in enumerate((label, f"{shot.condition}, {shot.skin} (simulated)")):
        cv2.putText(tile, text, (6, 18 + 20 * row), (255, 255, 255), face, 16)
    return tile

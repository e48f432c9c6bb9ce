"""The parts of the drawn scene that do not change: a leg with a dressing on a sheet, and a hand."""

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

SHEET, SKIN, GAUZE, GLOVE = (226, 224, 218), (122, 150, 196), (240, 240, 236), (176, 128, 52)
TAPE = (206, 222, 232)
"""Colours in BGR."""

_Picture = npt.NDArray[np.float32]


def still_life(width: int, height: int, generator: np.random.Generator) -> Pixels:
    """The sheet with its folds, the leg with its shading, and the dressing on it.

    Shape (height, width, 3), BGR.
    """
    pixels: _Picture = np.full((height, width, 3), SHEET, np.float32)
    folds = cv2.GaussianBlur(
        generator.normal(0, 260, (height, width)).astype(np.float32), (0, 0), 31
    )
    pixels += folds[..., None]
    leg: _Picture = np.zeros((height, width), np.float32)
    knee, ankle = (int(width * 0.02), int(height * 0.36)), (int(width * 0.98), int(height * 0.66))
    cv2.line(leg, knee, ankle, 1.0, int(height * 0.44), cv2.LINE_AA)
    leg = np.asarray(cv2.GaussianBlur(leg, (0, 0), 3), np.float32)
    # Round: bright along its middle, darker towards its edges.
    inside = cv2.distanceTransform((leg > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    shade = 0.72 + 0.28 * np.sqrt(np.clip(inside / (0.22 * height), 0, 1))
    grain = cv2.GaussianBlur(
        generator.normal(0, 6, (height, width)).astype(np.float32), (0, 0), 1.5
    )
    skin = np.asarray(SKIN, np.float32) * shade[..., None] + grain[..., None]
    shadow = cv2.GaussianBlur(np.roll(leg, (18, 10), (0, 1)), (0, 0), 22)
    pixels *= 1 - 0.22 * shadow[..., None]
    pixels = pixels * (1 - leg[..., None]) + skin * leg[..., None]
    _dress(pixels, width, height)
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def _dress(pixels: _Picture, width: int, height: int) -> None:
    """A square of gauze with its weave, held by two strips of tape, turned with the leg."""
    side, tape = int(height * 0.27), int(height * 0.05)
    rows, columns = np.mgrid[0:side, 0:side]
    weave = 6 * (np.sin(rows * 1.9) + np.sin(columns * 1.9))
    pad = np.asarray(GAUZE, np.float32) - 10 + weave[..., None].astype(np.float32)
    pad[[0, 1, -2, -1]] -= 24
    pad[:, [0, 1, -2, -1]] -= 24
    patch = np.zeros((side + 4 * tape, side + 4 * tape, 4), np.float32)
    for offset in (tape, 2 * tape + side - tape // 2):
        patch[offset : offset + tape, :, :3] = TAPE
        patch[offset : offset + tape, :, 3] = 0.85
    patch[2 * tape : 2 * tape + side, 2 * tape : 2 * tape + side, :3] = pad
    patch[2 * tape : 2 * tape + side, 2 * tape : 2 * tape + side, 3] = 1.0
    middle = patch.shape[0] / 2
    turn = cv2.getRotationMatrix2D((middle, middle), -14, 1.0)
    turn[:, 2] += np.asarray([width * 0.46 - middle, height * 0.48 - middle])
    laid = cv2.warpAffine(patch, turn, (width, height))
    cover = laid[..., 3:]
    shadow = cv2.GaussianBlur(np.roll(laid[..., 3], (6, 4), (0, 1)), (0, 0), 6)[..., None]
    pixels *= 1 - 0.25 * shadow
    pixels[:] = pixels * (1 - cover) + laid[..., :3] * cover


def gloved_hand(size: int) -> tuple[Pixels, Pixels]:
    """A gloved hand reaching in from the right, and the mask of where it is (255).

    Shapes (size, 2 * size, 3), BGR, and (size, 2 * size).
    """
    shape = np.zeros((size, size * 2), np.uint8)

    def limb(begin: tuple[float, float], end: tuple[float, float], thick: float) -> None:
        ends = [(int(x * size), int(y * size)) for x, y in (begin, end)]
        cv2.line(shape, ends[0], ends[1], 255, int(thick * size), cv2.LINE_AA)

    for knuckle, tip in (
        ((0.52, 0.34), (0.16, 0.24)),
        ((0.48, 0.45), (0.08, 0.40)),
        ((0.50, 0.56), (0.11, 0.56)),
        ((0.56, 0.66), (0.22, 0.71)),
    ):
        limb(knuckle, tip, 0.115)
        limb(knuckle, (0.78, 0.52), 0.16)
    limb((0.80, 0.34), (0.56, 0.14), 0.13)  # The thumb.
    limb((0.66, 0.50), (0.84, 0.52), 0.36)
    limb((0.84, 0.52), (2.0, 0.72), 0.30)
    inside = cv2.distanceTransform((shape > 127).astype(np.uint8), cv2.DIST_L2, 5)
    shade = 0.55 + 0.45 * np.sqrt(np.clip(inside / (size * 0.08), 0, 1))
    shade = cv2.GaussianBlur(np.asarray(shade, np.float32), (0, 0), size / 60)
    pixels = np.asarray(GLOVE, np.float32) * shade[..., None]
    return np.asarray(np.clip(pixels, 0, 255), np.uint8), np.asarray((shape > 127) * 255, np.uint8)

"""What can be wrong with a picture, done to a lit scene in linear light. Sizes are for 512 pixels.

The degradations are ours; the physics is the textbook's: light multiplies, glare adds, blur is a
convolution, a lamp's colour is Planck's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from bench.light_camera import LUMINANCE, Linear

Change = Callable[[Linear, np.random.Generator], Linear]


class Defect(StrEnum):
    """What a picture is an example of."""

    NONE = "good"
    DARK = "dark"
    BRIGHT = "bright"
    GLARE = "glare"
    BLUR = "blur"
    WARM = "warm"
    FAR = "far"
    ASIDE = "not counted"
    """Reported alone: borderline, or promised to nobody."""


def unchanged(light: Linear, _generator: np.random.Generator) -> Linear:
    """The scene as it is."""
    return light


@dataclass(frozen=True, slots=True)
class Condition:
    """One way to film a scene."""

    defect: Defect
    lux: float = 1000.0
    stops: float | None = 0.0
    """As in `light_camera.expose`."""
    change: Change = unchanged
    moves: float = 1.5
    """Pixels from one frame to the next, about."""


def defocused(radius: float) -> Change:
    """A disc of this radius, pixels."""
    side = int(np.ceil(radius)) * 2 + 1
    rows, columns = np.mgrid[:side, :side] - side // 2
    disc = (rows**2 + columns**2 <= radius**2).astype(np.float32)
    return lambda light, _: _filtered(light, disc)


def shaken(length: int) -> Change:
    """Motion along a line of this length, pixels, in a direction that is drawn."""

    def change(light: Linear, generator: np.random.Generator) -> Linear:
        angle = generator.uniform(0, np.pi)
        line = np.zeros((length | 1, length | 1), np.float32)
        for along in np.linspace(-(length // 2), length // 2, 4 * length):
            row, column = along * np.sin(angle), along * np.cos(angle)
            line[length // 2 + round(row), length // 2 + round(column)] = 1
        return _filtered(light, line)

    return change


def _filtered(light: Linear, kernel: npt.NDArray[np.float32]) -> Linear:
    shape = kernel / kernel.sum()
    return np.asarray(cv2.filter2D(light, -1, shape, borderType=cv2.BORDER_REFLECT), np.float32)


def spotted(share: float) -> Change:
    """Specular spots of the lamp's own colour about the middle, this share of the frame."""

    def change(light: Linear, generator: np.random.Generator) -> Linear:
        height, width = light.shape[:2]
        rows, columns = np.ogrid[:height, :width]
        added = np.zeros((height, width), np.float32)
        count = int(generator.integers(1, 6))
        for _ in range(count):
            aspect, angle = generator.uniform(1, 4), generator.uniform(0, np.pi)
            long = np.sqrt(share * height * width / count / np.pi * aspect)
            across = columns - width / 2 - generator.normal(0, 0.08 * width)
            down = rows - height / 2 - generator.normal(0, 0.08 * height)
            along = (across * np.cos(angle) + down * np.sin(angle)) / long
            beside = (down * np.cos(angle) - across * np.sin(angle)) / (long / aspect)
            away = np.maximum(along**2 + beside**2 - 0.55, 0)
            added += (1.5 * np.exp(-1.6 * away)).astype(np.float32)
        grain = generator.standard_normal((height, width), np.float32)
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), max(1.5, width / 180)), np.float32)
        added *= np.clip(1 + 0.35 * grain / grain.std(), 0.1, 2)
        return light + added[..., None]

    return change


def coloured(kelvin: float) -> Change:
    """The light of a black body, as a camera shows it whose white balance stands at 6500 K."""
    colour = _planck(kelvin) / _planck(6500)
    factor = (colour / float(colour @ LUMINANCE)).astype(np.float32)
    return lambda light, _: light * factor


def _planck(kelvin: float) -> npt.NDArray[np.float64]:
    """Linear BGR, green 1. Planck's locus by Y. Kim et al., US patent 7024034."""
    t = kelvin
    if t <= 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    to_bgr = np.asarray(
        [[0.0557, -0.2040, 1.0570], [-0.9689, 1.8758, 0.0415], [3.2406, -1.5372, -0.4986]]
    )
    colour = np.maximum(to_bgr @ np.asarray([x / y, 1, (1 - x - y) / y]), 0.02)
    return np.asarray(colour / colour[1], np.float64)


def backlit(light: Linear, _generator: np.random.Generator) -> Linear:
    """A window above: the exposure follows it, and the motif lies in the dark."""
    lit = light * np.float32(0.18)
    lit[: light.shape[0] // 4] = 1.6
    return lit


def nearer(light: Linear, _generator: np.random.Generator) -> Linear:
    """A close-up: the middle alone."""
    height, width = light.shape[:2]
    part = light[height // 6 : -(height // 6), width // 6 : -(width // 6)]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def farther(light: Linear, generator: np.random.Generator) -> Linear:
    """The whole scene at less than a third of its size, on a plain ground."""
    height, width = light.shape[:2]
    ground = generator.choice(np.asarray([[0.7, 0.7, 0.7], [0.15, 0.15, 0.14], [0.4, 0.2, 0.1]]))
    result = np.full_like(light, ground.astype(np.float32))
    size = round(width * 0.3), round(height * 0.3)
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    result[top : top + size[1], left : left + size[0]] = small
    return result


def shadowed(stops: float) -> Change:
    """A soft straight shadow through the middle, so deep."""

    def change(light: Linear, generator: np.random.Generator) -> Linear:
        height, width = light.shape[:2]
        angle, offset = generator.uniform(0, 2 * np.pi), generator.uniform(-0.05, 0.05) * width
        rows, columns = np.ogrid[:height, :width]
        away = (columns - width / 2) * np.cos(angle) + (rows - height / 2) * np.sin(angle) - offset
        lit = 1 / (1 + np.exp(-away / (0.04 * width)))
        depth = 2.0**-stops
        return np.asarray(light * (depth + (1 - depth) * lit)[..., None], np.float32)

    return change


def moved(light: Linear, generator: np.random.Generator, pixels: float) -> Linear:
    """The head a moment later."""
    height, width = light.shape[:2]
    shift = generator.normal(0, pixels / np.sqrt(2), 2)
    move = np.asarray([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = width, height
    return np.asarray(cv2.warpAffine(light, move, size, borderMode=cv2.BORDER_REFLECT), np.float32)


def looked_again(light: Linear, generator: np.random.Generator) -> Linear:
    """The same scene some seconds later: turned up to 6 degrees, nearer or farther, moved."""
    height, width = light.shape[:2]
    turn, scale = generator.uniform(-6, 6), generator.uniform(0.9, 1.12)
    move = cv2.getRotationMatrix2D((width / 2, height / 2), turn, scale)
    move = np.asarray(move) + np.outer(generator.uniform(-20, 20, 2), (0, 0, 1))
    size = width, height
    return np.asarray(
        cv2.warpAffine(light, move, size, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


CONDITIONS: dict[str, Condition] = {
    "right -1/3": Condition(Defect.NONE, stops=-1 / 3),
    "right": Condition(Defect.NONE),
    "right +1/3": Condition(Defect.NONE, stops=1 / 3),
    "auto 500 lx": Condition(Defect.NONE, 500, None),
    "auto 300 lx": Condition(Defect.NONE, 300, None),
    "5000 K": Condition(Defect.NONE, change=coloured(5000)),
    "8000 K": Condition(Defect.NONE, change=coloured(8000)),
    "close-up": Condition(Defect.NONE, 500, None, nearer),
    **{f"{s} stops": Condition(Defect.DARK, stops=float(s)) for s in (-2, -3, -4)},
    **{f"auto {lux} lx": Condition(Defect.DARK, float(lux), None) for lux in (40, 20, 10, 5)},
    "auto 80 lx": Condition(Defect.ASIDE, 80, None),
    "backlit": Condition(Defect.ASIDE, 300, None, backlit),
    **{f"+{s:g} stops": Condition(Defect.BRIGHT, 4000, s) for s in (1.5, 2.0, 3.0)},
    "glare 0.6 %": Condition(Defect.ASIDE, change=spotted(0.006)),
    "glare 1.5 %": Condition(Defect.GLARE, change=spotted(0.015)),
    "glare 4 %": Condition(Defect.GLARE, change=spotted(0.04)),
    "defocus 3.5 px": Condition(Defect.BLUR, change=defocused(3.5)),
    "defocus 6 px": Condition(Defect.BLUR, change=defocused(6)),
    "shake 9 px": Condition(Defect.BLUR, change=shaken(9), moves=9),
    "shake 17 px": Condition(Defect.BLUR, change=shaken(17), moves=17),
    "defocus 6 px, 60 lx": Condition(Defect.BLUR, 60, None, defocused(6)),
    "3200 K": Condition(Defect.WARM, 300, None, coloured(3200)),
    "2700 K": Condition(Defect.WARM, 300, None, coloured(2700)),
    "13000 K": Condition(Defect.ASIDE, 300, None, coloured(13000)),
    "far": Condition(Defect.FAR, 500, None, farther),
}
"""Name -> how it is filmed."""

"""Generated scenes for `bench.light` and for the recipe of the weights: limbs of three skin groups.

No photograph is used. What matters is that colours, edges and textures vary as widely as in real
pictures, so that neither a skin tone nor a kind of underlay is mistaken for a fault.
"""

from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from bench.light_camera import LUMINANCE, Linear

WIDTH, HEIGHTS = 512, (288, 384)

MOST_CONTRAST = 1.6
"""Slope of log luminance about mid-grey, from 1: what cameras' curves give."""


class Skin(StrEnum):
    """Three groups of skin, by how much light it reflects."""

    LIGHT = "light"
    MEDIUM = "medium"
    DARK = "dark"


_SKIN = {
    Skin.LIGHT: (0.29, 0.37, 0.56),
    Skin.MEDIUM: (0.15, 0.22, 0.38),
    Skin.DARK: (0.05, 0.075, 0.14),
}
_UNDERLAYS = (
    *((0.74, 0.75, 0.76), (0.33, 0.19, 0.08), (0.24, 0.24, 0.25), (0.10, 0.16, 0.09)),
    *((0.55, 0.52, 0.50), (0.03, 0.03, 0.03), (0.12, 0.10, 0.30), (0.10, 0.20, 0.35)),
)
"""A sheet, a blue drape, a grey floor, a dark cover, a towel, black, a red cover, wood."""

_THINGS = (
    ((0.80, 0.82, 0.83), 0.35, 0.5),
    ((0.05, 0.05, 0.22), 0.20, 0.6),
    ((0.42, 0.18, 0.05), 0.45, 0.4),
    ((0.10, 0.30, 0.45), 0.12, 0.3),
)
"""Gauze, something red, a glove, something yellow: colour, size over the height, chance."""


def scene(skin: Skin, generator: np.random.Generator, contrast: bool = False) -> Linear:
    """A limb on an underlay with or without dressing, glove, hair, a ruler; unevenly lit.

    contrast: a photograph's, whose lights are near white; otherwise flat colours, as they are.
    """
    height = int(generator.choice(HEIGHTS))
    underlay = np.asarray(_UNDERLAYS[generator.integers(len(_UNDERLAYS))])
    picture = np.full((height, WIDTH, 3), underlay * generator.uniform(0.8, 1.15), np.float32)
    picture *= _texture(generator, height, generator.uniform(0.2, 2.0))
    tone = np.asarray(_SKIN[skin]) * generator.uniform(0.8, 1.2)
    centre = WIDTH / 2 + generator.normal(0, 30), height / 2 + generator.normal(0, 20)
    thick = height * generator.uniform(0.4, 1.4)  # The last ones fill the frame.
    limb = _lay(picture, tone, centre, (WIDTH * 1.8, thick), generator.uniform(-90, 90))
    picture *= 1 - 0.35 * generator.random() * _rounded(limb)
    for colour, share, chance in _THINGS:
        if generator.random() < chance:
            where = centre[0] + generator.normal(0, 90), centre[1] + generator.normal(0, 50)
            size = height * share * generator.uniform(0.5, 1.3, 2)
            _lay(picture, np.asarray(colour), where, (size[0], size[1]), generator.uniform(0, 90))
    _lines(picture, generator)
    picture *= _texture(generator, height, generator.uniform(0.3, 1.5))
    _shine(picture, generator)
    optics = cv2.GaussianBlur(picture, (0, 0), generator.uniform(0.4, 1.1))
    lit: Linear = np.asarray(optics * _fall_off(generator, height), np.float32)
    if contrast:
        lit = lit * _contrast(lit @ LUMINANCE, generator.uniform(1.0, MOST_CONTRAST))
    return _exposed(lit, generator, 0.97 if contrast else 0.995)


def _exposed(picture: Linear, generator: np.random.Generator, lights: float) -> Linear:
    """As a photographer would: what is white nearly white, what is all dark not left dark.

    lights: share of the pixels that are darker than what is made nearly white.
    """
    luminance = picture @ LUMINANCE
    whites = generator.uniform(0.6, 1.1) / float(np.quantile(luminance, lights))
    middle = generator.uniform(0.8, 1.8) * 0.20 / float(luminance.mean())
    return np.asarray(np.minimum(picture * np.float32(min(whites, middle)), 1.1), np.float32)


def _contrast(luminance: Linear, power: float) -> Linear:
    """Factors for each pixel, shape (h, w, 1), that raise luminance about mid-grey to this power.

    A camera's curve makes darks darker and lights lighter than flat colours are.
    """
    factors = np.maximum(luminance / np.float32(0.18), 1e-3) ** np.float32(power - 1)
    return np.asarray(factors, np.float32)[..., None]


def _lay(
    picture: Linear,
    colour: npt.NDArray[np.float64],
    centre: tuple[float, float],
    size: tuple[float, float],
    angle: float,
) -> Linear:
    """An ellipse of one colour; returns where it lies."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(mask, (centre, size, angle), 1.0, -1, cv2.LINE_AA)
    picture += mask[..., None] * (colour.astype(np.float32) - picture)
    return mask


def _rounded(mask: Linear) -> Linear:
    """A limb is darker towards its edges."""
    depth = np.asarray(cv2.GaussianBlur(mask, (0, 0), 24), np.float32)
    return np.asarray(mask * (1 - depth) * 2, np.float32)[..., None]


def _lines(picture: Linear, generator: np.random.Generator) -> None:
    """Hair, creases, marks of a ruler, threads: what is narrow and tells whether it is sharp."""
    height = picture.shape[0]
    for _ in range(int(generator.integers(0, 60))):
        start = generator.uniform((0, 0), (WIDTH, height))
        end = start + generator.normal(0, 30, 2)
        tone = float(generator.choice((0.03, 0.1, 0.5)))
        first, last = start.round().astype(int).tolist(), end.round().astype(int).tolist()
        cv2.line(picture, first, last, (tone, tone, tone), 1, cv2.LINE_AA)
    if generator.random() < 0.3:
        top, left = int(generator.integers(height - 30)), int(generator.integers(WIDTH // 2))
        picture[top : top + 24, left : left + 160] = 0.75
        picture[top : top + 10, left : left + 160 : 6] = 0.05


def _shine(picture: Linear, generator: np.random.Generator) -> None:
    """Small reflections of what is wet, as right pictures have them too."""
    for _ in range(int(generator.integers(0, 7))):
        where = generator.normal((WIDTH / 2, picture.shape[0] / 2), (80, 50))
        size = generator.uniform(0.5, 4, 2)
        mask = np.zeros(picture.shape[:2], np.float32)
        cv2.ellipse(
            mask, (where.tolist(), size.tolist(), generator.uniform(0, 180)), 1.0, -1, cv2.LINE_AA
        )
        soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), generator.uniform(0.5, 3)), np.float32)
        picture += generator.uniform(0.2, 1.2) * soft[..., None]


def _texture(generator: np.random.Generator, height: int, strength: float) -> Linear:
    total = np.ones((height, WIDTH), np.float32)
    for sigma, share in ((0.6, 0.04), (1.5, 0.05), (4.0, 0.06), (16.0, 0.08)):
        noise = generator.standard_normal((height, WIDTH), np.float32)
        soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
        total += strength * share * generator.uniform(0.3, 1.5) * soft / soft.std()
    return np.clip(total, 0.3, 1.7)[..., None]


def _fall_off(generator: np.random.Generator, height: int) -> Linear:
    """A lamp at one side: up to half the light at the other."""
    angle, depth = generator.uniform(0, 2 * np.pi), generator.uniform(0.1, 0.5)
    rows, columns = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : WIDTH * 1j]
    along = np.clip(rows * np.sin(angle) + columns * np.cos(angle) + 0.5, 0, 1)
    return np.asarray(1 - depth * along, np.float32)[..., None]

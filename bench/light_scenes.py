"""Generated pictures for `bench.light`: limbs of three skin groups under a camera's exposure.

Everything happens in linear light, where light adds up and noise belongs: reflectance of the
scene -> photons -> sensor with noise and gain -> sRGB -> JPEG. The sensor's figures are assumptions
of a small webcam's order of magnitude; no photograph is used.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

Linear = npt.NDArray[np.float32]
"""Shape (height, width, 3), BGR, reflectance or light; 1 is a perfect white, fully lit."""

WIDTH, HEIGHT = 512, 288


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
_UNDERLAYS = ((0.74, 0.75, 0.76), (0.33, 0.19, 0.08), (0.24, 0.24, 0.25), (0.10, 0.16, 0.09))
"""A sheet, a blue drape, a grey floor, a dark cover."""

_GAUZE, _GLOVE, _RED = (0.80, 0.82, 0.83), (0.42, 0.18, 0.05), (0.05, 0.05, 0.22)


def scene(skin: Skin, generator: np.random.Generator) -> Linear:
    """A limb on an underlay, with or without dressing, glove and a red patch; unevenly lit."""
    underlay = np.asarray(_UNDERLAYS[generator.integers(len(_UNDERLAYS))])
    picture = np.full((HEIGHT, WIDTH, 3), underlay, np.float32)
    tone = np.asarray(_SKIN[skin]) * generator.uniform(0.85, 1.15)
    centre = WIDTH / 2 + generator.normal(0, 30), HEIGHT / 2 + generator.normal(0, 20)
    thick = HEIGHT * generator.uniform(0.4, 1.2)  # The last ones fill the frame.
    _lay(picture, tone, centre, (WIDTH * 1.6, thick), generator.uniform(-25, 25))
    for colour, share, chance in ((_GAUZE, 0.35, 0.5), (_RED, 0.2, 0.6), (_GLOVE, 0.45, 0.4)):
        if generator.random() < chance:
            where = centre[0] + generator.normal(0, 90), centre[1] + generator.normal(0, 50)
            size = HEIGHT * share * generator.uniform(0.5, 1.3, 2)
            _lay(picture, np.asarray(colour), where, (size[0], size[1]), generator.uniform(0, 90))
    return picture * _texture(generator) * _fall_off(generator)


def _lay(
    picture: Linear,
    colour: npt.NDArray[np.float64],
    centre: tuple[float, float],
    size: tuple[float, float],
    angle: float,
) -> None:
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(mask, (centre, size, angle), 1.0, -1, cv2.LINE_AA)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5), np.float32)
    picture += mask[..., None] * (colour.astype(np.float32) - picture)


def _texture(generator: np.random.Generator) -> Linear:
    total = np.ones((HEIGHT, WIDTH), np.float32)
    for sigma, strength in ((1.0, 0.05), (4.0, 0.06), (16.0, 0.08)):
        noise = generator.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
        soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
        total += strength * soft / soft.std()
    return np.clip(total, 0.3, 1.7)[..., None]


def _fall_off(generator: np.random.Generator) -> Linear:
    """A lamp at one side: up to half the light at the other."""
    angle, depth = generator.uniform(0, 2 * np.pi), generator.uniform(0.1, 0.5)
    rows, columns = np.mgrid[-0.5 : 0.5 : HEIGHT * 1j, -0.5 : 0.5 : WIDTH * 1j]
    along = np.clip(rows * np.sin(angle) + columns * np.cos(angle) + 0.5, 0, 1)
    return np.asarray(1 - depth * along, np.float32)[..., None]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A small camera at f/2."""

    electrons_per_lux: float = 7.0
    """From a perfect white within the longest exposure, 1/30 s."""
    full_well: float = 6000.0
    """Electrons of the brightest value."""
    read_noise: float = 3.0
    """Electrons."""
    most_gain: float = 16.0


def photograph(
    light: Linear, lux: float, stops: float | None, generator: np.random.Generator
) -> Pixels:
    """What the camera makes of a scene at `lux`.

    stops: exposed so much above or below the right one; None: automatically, to mid-grey in the
    middle, as far as exposure time and gain go.
    """
    sensor = Sensor()
    wanted = 2.0**stops if stops is not None else _automatic(light)
    most = sensor.electrons_per_lux * lux
    electrons = min(most, wanted * sensor.full_well)
    gain = float(np.clip(wanted * sensor.full_well / electrons, 1, sensor.most_gain))
    caught = light * np.float32(electrons)
    noise = generator.standard_normal(light.shape).astype(np.float32)
    caught = caught + noise * np.sqrt(np.maximum(caught, 0) + sensor.read_noise**2)
    level = np.clip(np.clip(caught, 0, sensor.full_well) * gain / sensor.full_well, 0, 1)
    return _compressed(_coded(level))


def _automatic(light: Linear) -> float:
    rows, columns = np.mgrid[-0.5 : 0.5 : light.shape[0] * 1j, -0.5 : 0.5 : light.shape[1] * 1j]
    weights = 0.35 + np.exp(-(rows**2 + columns**2) / (2 * 0.33**2))
    luminance = light @ np.asarray((0.0722, 0.7152, 0.2126), np.float32)
    return float(0.20 * weights.sum() / (luminance * weights).sum())


def _coded(level: Linear) -> Pixels:
    coded = np.where(level <= 0.0031308, level * 12.92, 1.055 * level ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * coded), np.uint8)


def decoded(pixels: Pixels) -> Linear:
    """sRGB -> linear light, for photographs that stand in for a lit scene."""
    value = pixels.astype(np.float32) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear, np.float32)


def _compressed(pixels: Pixels) -> Pixels:
    data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, 85))[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

"""A simulated camera for `bench.light` and for the recipe of the weights.

Everything happens in linear light, where light adds up and noise belongs: reflectance of the scene
-> photons -> sensor with noise and gain -> sRGB -> the camera's own noise filter -> JPEG. The
sensors' figures are assumptions of small webcams' order of magnitude.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

Linear = npt.NDArray[np.float32]
"""Shape (height, width, 3), BGR, reflectance or light; 1 is a perfect white, fully lit."""

LUMINANCE = np.asarray((0.0722, 0.7152, 0.2126), np.float32)
LONGEST_S = 1 / 30


@dataclass(frozen=True, slots=True)
class Sensor:
    """A small camera at f/2."""

    electrons_per_lux: float
    """From a perfect white within the longest exposure, 1/30 s."""
    full_well: float
    """Electrons of the brightest value."""
    read_noise: float
    """Electrons."""
    most_gain: float

    @property
    def calibration(self) -> float:
        """Lux times seconds that make a perfect white just white at gain 1."""
        return self.full_well / self.electrons_per_lux * LONGEST_S


SENSORS = (Sensor(7, 6000, 3, 16), Sensor(15, 9000, 3, 16), Sensor(31, 14000, 2.5, 24))
"""Pixels of about 1.4, 2.0 and 2.9 micrometres."""


class Filter(Enum):
    """What the camera does about its noise."""

    MILD = auto()
    """Smooths colour."""
    STRONG = auto()
    """Smooths everything but edges, the more the higher the gain."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a camera that tells would tell."""

    time_s: float
    gain: float


def expose(light: Linear, lux: float, stops: float | None, sensor: Sensor) -> Exposure:
    """The exposure for a scene at `lux`.

    stops: so much above or below the right one; None: automatically, to mid-grey in the middle. As
    far as exposure time and gain go.
    """
    wanted = (2.0**stops if stops is not None else _automatic(light)) * sensor.full_well
    most = sensor.electrons_per_lux * lux
    share = min(1.0, wanted / most)
    gain = float(np.clip(wanted / (most * share), 1, sensor.most_gain))
    return Exposure(share * LONGEST_S, gain)


def take(
    light: Linear,
    lux: float,
    exposure: Exposure,
    generator: np.random.Generator,
    sensor: Sensor = SENSORS[0],
    smoothing: Filter = Filter.MILD,
) -> Pixels:
    """One picture of a scene at `lux`."""
    electrons = sensor.electrons_per_lux * lux * exposure.time_s / LONGEST_S
    # In place where it can be: most of the bench's time goes into these pictures.
    level = light * np.float32(electrons)
    deviation = np.maximum(level, 0)
    deviation += np.float32(sensor.read_noise**2)
    np.sqrt(deviation, out=deviation)
    deviation *= generator.standard_normal(light.shape, np.float32)
    level += deviation
    np.clip(level, 0, sensor.full_well, out=level)
    level *= np.float32(exposure.gain / sensor.full_well)
    return _compressed(_smoothed(coded(level), electrons, sensor, smoothing))


def _automatic(light: Linear) -> float:
    rows, columns = np.ogrid[-0.5 : 0.5 : light.shape[0] * 1j, -0.5 : 0.5 : light.shape[1] * 1j]
    weights = 0.35 + np.exp(-(rows**2 + columns**2) / (2 * 0.33**2))
    luminance = np.minimum(light @ LUMINANCE, 1.0)
    return float(0.20 * weights.sum() / max(1e-4, (luminance * weights).sum()))


_CODES = 4096


def _code_table() -> npt.NDArray[np.uint8]:
    level = np.arange(_CODES) / (_CODES - 1)
    value = np.where(level <= 0.0031308, level * 12.92, 1.055 * level ** (1 / 2.4) - 0.055)
    return np.round(255 * value).astype(np.uint8)


_TABLE = _code_table()


def coded(level: Linear) -> Pixels:
    """Linear light -> sRGB (IEC 61966-2-1)."""
    places = np.clip(level, 0, 1)
    places *= _CODES - 1
    places += 0.5
    return np.asarray(_TABLE.take(places.astype(np.uint16)), np.uint8)


def decoded(pixels: Pixels) -> Linear:
    """sRGB -> linear light, for photographs that stand in for a lit scene."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)[pixels]


def _smoothed(pixels: Pixels, electrons: float, sensor: Sensor, smoothing: Filter) -> Pixels:
    parts = cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb)
    if smoothing is Filter.MILD:
        parts[..., 1:] = cv2.GaussianBlur(parts[..., 1:], (0, 0), 1.2)
    else:
        middle = max(0.3 * electrons, 1e-3)
        noise = np.sqrt(middle + sensor.read_noise**2) / middle * 0.18 * 255 * 0.55
        plain = np.ascontiguousarray(parts[..., 0])
        parts[..., 0] = cv2.bilateralFilter(plain, 5, float(min(60, 2.2 * noise)), 2.0)
        colour = 1.5 + min(3.0, noise / 6)
        parts[..., 1:] = cv2.GaussianBlur(parts[..., 1:], (0, 0), colour)
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2BGR), np.uint8)


def _compressed(pixels: Pixels) -> Pixels:
    data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, 85))[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def streamed(
    frames: Sequence[Pixels], bits_per_second: float = 2e6, rate: int = 30
) -> list[Pixels]:
    """Frames after H.264, at the bit rate that leaves as many bits per pixel as it does at 720p."""
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(rate), Fraction(1, rate)
    encoder.bit_rate = int(bits_per_second * width * height / (1280 * 720))
    encoder.options = {"preset": "superfast", "tune": "zerolatency"}
    encoder.thread_count = 1  # More of them would cut a picture into more slices.
    decoder = av.CodecContext.create("h264", "r")
    shown: list[Pixels] = []
    for number, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels[:height, :width]), format="bgr24"
        )
        frame.pts = number
        for packet in encoder.encode(frame):
            shown += [_back(out) for out in decoder.decode(packet)]
    shown += [_back(out) for out in decoder.decode(None)]
    return shown


def _back(frame: av.VideoFrame) -> Pixels:
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)

"""The scene that every sender films: a hand-held view of a textured surface. Made, not recorded.

Three octaves of soft texture in skin-like colours, panned, turned and trembling, with sensor
noise. x264 «medium» needs about 2.3 Mbit/s for 720p30 at CRF 23, so 2.5 Mbit/s is a realistic rate.
The frames are written once into a raw I420 file, so that every sender reads the same bytes.
"""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels

FloatPlane = npt.NDArray[np.float32]

FRAMES = 150
RATE = 30
NOISE = 2.0
BLOCK = 16
BITS = 20


def write(path: Path, width: int, height: int) -> None:
    """Make the scene as planar YUV 4:2:0, `FRAMES` frames; shown forth and back it has no seam."""
    if path.exists() and path.stat().st_size == FRAMES * width * height * 3 // 2:
        return
    random = np.random.default_rng(5)
    surface = texture(random, max(width, height) * 2)
    with path.open("wb") as file:
        for number in range(FRAMES):
            file.write(cv2.cvtColor(_view(surface, number, width, height, random), _I420).tobytes())


class Frames:
    """The frames in a file, read one by one: mapped, they would count as the sender's memory."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path = path
        self._shape = height * 3 // 2, width

    def __getitem__(self, number: int) -> Pixels:
        """One frame, shape (height * 3 / 2, width)."""
        size = self._shape[0] * self._shape[1]
        planes = np.fromfile(self._path, np.uint8, size, offset=number * size)
        return planes.reshape(self._shape)


def frame_of(number: int) -> int:
    """Which frame is shown as the `number`-th: forth and back."""
    turn = number % (2 * FRAMES - 2)
    return min(turn, 2 * FRAMES - 2 - turn)


def stamp(planes: Pixels, height: int, number: int) -> Pixels:
    """A copy with a number (0 to 2**20 - 1) in black and white blocks at the top left."""
    marked = planes.copy()
    for place in range(BITS):
        value = 235 if number >> place & 1 else 16
        left = place * BLOCK
        marked[:BLOCK, left : left + BLOCK] = value
        marked[BLOCK : 2 * BLOCK, left : left + BLOCK] = 251 - value
    return marked


_I420 = cv2.COLOR_BGR2YUV_I420


def texture(random: np.random.Generator, size: int) -> Pixels:
    """A skin-coloured surface of soft texture, shape (size, size, 3), BGR."""
    luma = np.full((size, size), 140.0, np.float32)
    for sigma, weight in ((3, 18), (12, 26), (48, 34)):
        luma += weight * _clouds(random, size, sigma)
    tint = 12 * _clouds(random, size, 40)
    skin = np.dstack([luma - 25 - tint, luma - 5, luma + 22 + tint])
    return np.asarray(np.clip(skin, 0, 255), np.uint8)


def _clouds(random: np.random.Generator, size: int, sigma: float) -> FloatPlane:
    """Soft noise with a deviation of 1."""
    noise = random.normal(0, 1, (size, size)).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
    return np.asarray(soft / soft.std(), np.float32)


def _view(
    surface: Pixels, number: int, width: int, height: int, random: np.random.Generator
) -> Pixels:
    size = surface.shape[0]
    t = number / RATE
    tremor = 2.0 * np.sin(2 * np.pi * 7.3 * t) + 1.5 * np.sin(2 * np.pi * 10.1 * t + 1)
    turn = cv2.getRotationMatrix2D(
        (size / 2, size / 2), 6 * np.sin(0.9 * t), 1.0 + 0.08 * np.sin(0.7 * t)
    )
    turn[:, 2] += (
        width / 2 - size / 2 + 60 * np.sin(0.8 * t) + tremor,
        height / 2 - size / 2 + 40 * np.cos(0.6 * t) + tremor / 2,
    )
    view = np.asarray(cv2.warpAffine(surface, turn, (width, height)), np.float32)
    noisy = view + random.normal(0, NOISE, view.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def write_y4m(source: Path, path: Path, width: int, height: int) -> None:
    """The scene forth and back as a YUV4MPEG2 file, which browsers take for a camera."""
    frames = Frames(source, width, height)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(2 * FRAMES - 2):
            file.write(b"FRAME\n" + frames[frame_of(number)].tobytes())

"""Every scene filmed under every condition and measured by the agent's own code."""

import csv
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from agent.frames import Pixels
from agent.video.lighting import LightReading, read_light
from agent.video.lighting.reading import light_stops
from bench.light_camera import (
    SENSORS,
    Exposure,
    Filter,
    Linear,
    Sensor,
    decoded,
    expose,
    streamed,
    take,
)
from bench.light_faults import CONDITIONS, Defect, moved
from bench.light_scenes import Skin, scene

CALIBRATION_ERROR = 0.15
"""Standard deviation of a lux meter held by hand and a sheet that is not quite white, stops."""

LONGEST_SIDE = 512

STREAM = 8
"""Frames that the codec gets before the last two are measured: its first one is a key frame."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A lit scene, and who or what it is."""

    name: str
    skin: str
    light: Linear


@dataclass(frozen=True, slots=True)
class Shot:
    """Two frames of a scene under a condition, measured."""

    scene: str
    skin: str
    condition: str
    reading: LightReading
    laplacian: float
    """Variance of the Laplacian: the naive measure of sharpness."""

    @property
    def defect(self) -> Defect:
        """What is wrong with it."""
        return CONDITIONS[self.condition].defect


@dataclass(frozen=True, slots=True)
class Rig:
    """The camera that films one scene, drawn once for each."""

    sensor: Sensor
    smoothing: Filter
    calibration: float

    @classmethod
    def drawn(cls, generator: np.random.Generator) -> "Rig":
        """Any sensor, any filter, a calibration that is a little off."""
        sensor = SENSORS[generator.integers(len(SENSORS))]
        smoothing = Filter.MILD if generator.random() < 0.5 else Filter.STRONG
        off = 2.0 ** generator.normal(0, CALIBRATION_ERROR)
        return cls(sensor, smoothing, sensor.calibration * off)


def film(
    light: Linear, condition: str, rig: Rig, generator: np.random.Generator, frames: int = 2
) -> tuple[list[Pixels], Exposure]:
    """Frames of one scene in a row, the head moving a little."""
    how = CONDITIONS[condition]
    seen = how.change(light, generator)
    exposure = expose(seen, how.lux, how.stops, rig.sensor)
    pictures = []
    for _ in range(frames):
        pictures.append(take(seen, how.lux, exposure, generator, rig.sensor, rig.smoothing))
        seen = moved(seen, generator, how.moves)
    return pictures, exposure


def shots(scenes: Iterable[Scene], seed: int, codec: bool = False) -> Iterator[Shot]:
    """Every scene under every condition; equal seeds and names make equal shots.

    codec: as H.264 at 2 Mbit/s leaves them, and not as the camera gives them.
    """
    for one in scenes:
        generator = np.random.default_rng((seed, crc32(one.name.encode())))
        rig = Rig.drawn(generator)
        for condition in CONDITIONS:
            frames = STREAM if codec else 2
            pictures, exposure = film(one.light, condition, rig, generator, frames)
            before, pixels = (streamed(pictures) if codec else pictures)[-2:]
            reading = read_light(pixels, before)
            told = light_stops(
                reading.anchor_stops, exposure.time_s, exposure.gain, rig.calibration
            )
            grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
            sharpness = float(cv2.Laplacian(grey, cv2.CV_64F).var())
            whole = replace(reading, light_stops=told)
            yield Shot(one.name, one.skin, condition, whole, sharpness)


def filmed(scenes: Iterable[Scene], seed: int, codec: bool = False) -> list[Shot]:
    """As `shots`, on all processors."""
    with ProcessPoolExecutor(initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        what = ((one, seed, codec) for one in scenes)
        return list(chain.from_iterable(pool.map(_filmed, what)))


def _filmed(what: tuple[Scene, int, bool]) -> list[Shot]:
    one, seed, codec = what
    return list(shots([one], seed, codec))


def generated(count: int, seed: int, contrast: bool = False) -> Iterator[Scene]:
    """`count` scenes of each skin group; contrast: as for `scene`."""
    for skin in Skin:
        for number in range(count):
            generator = np.random.default_rng((seed, list(Skin).index(skin), number))
            light = scene(skin, generator, contrast)
            yield Scene(f"{skin.value} {number}", skin.value, light)


def photographs(folder: Path, every: int = 1) -> Iterator[Scene]:
    """Photographs that are listed in the folder's `manifest.tsv` with their skin group.

    Taken for well lit, but for those that the manifest calls faulty. They are measured and nothing
    of them is kept.
    """
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if not row["natural_defect"]]
    for row in rows[::every]:
        pixels = cv2.imread(str(folder / row["path"]))
        if pixels is not None:
            scale = min(1.0, LONGEST_SIDE / max(pixels.shape[:2]))
            small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield Scene(row["path"], row["skin"] or "not told", decoded(np.asarray(small)))

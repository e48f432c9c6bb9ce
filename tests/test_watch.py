"""A shadow that arrives is told by an earlier picture of the same scene."""

import cv2
import numpy as np
import pytest

from agent.frames import Pixels, Told, VideoFrame
from agent.video.lighting.exposure import Calibration
from agent.video.lighting.reference import make_reference, shadow_stops
from agent.video.watch import OLDEST_S, Watch
from bench.light_camera import Linear, coded
from bench.light_faults import looked_again, shadowed
from bench.light_scenes import Skin, scene

LIGHT: Linear = np.multiply(scene(Skin.MEDIUM, np.random.default_rng(4)), 0.7, dtype=np.float32)


def again(stops: float = 0.0, seed: int = 0) -> Pixels:
    generator = np.random.default_rng(seed)
    light = shadowed(stops)(LIGHT, generator) if stops else LIGHT
    return coded(looked_again(light, generator))


def told(first: Pixels, second: Pixels) -> float | None:
    before, now = make_reference(first), make_reference(second)
    assert before is not None
    assert now is not None
    return shadow_stops(before, now)


@pytest.mark.parametrize("stops", [1.5, 2.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_shadow_is_told_in_stops_though_the_head_has_moved(stops: float, seed: int) -> None:
    assert told(coded(LIGHT), again(stops, seed)) == pytest.approx(stops, abs=0.6)


@pytest.mark.parametrize("seed", range(3))
def test_another_exposure_is_no_shadow(seed: int) -> None:
    assert told(coded(LIGHT), again(0, seed)) == pytest.approx(0, abs=0.3)
    assert told(coded(LIGHT), coded(LIGHT * np.float32(0.33))) == pytest.approx(0, abs=0.4)


def test_a_gloved_hand_is_no_shadow() -> None:
    pixels = coded(LIGHT)
    height, width = pixels.shape[:2]
    cv2.ellipse(pixels, ((width * 0.5, height * 0.65), (110, 130), 20), (120, 60, 20), -1)
    assert (told(coded(LIGHT), pixels) or 0.0) < 1.0


def test_other_scenes_and_plain_ones_tell_nothing() -> None:
    plain = np.full((288, 512, 3), 120, np.uint8)
    other = coded(scene(Skin.DARK, np.random.default_rng(9)))
    assert make_reference(plain) is None
    assert told(coded(LIGHT), other) is None


class Visit:
    """Shows pictures to a watch, two frames a fifth of a second."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.at = 100.0

    def shadow(self, pixels: Pixels, seconds: float) -> float | None:
        told: float | None = None
        for _ in range(round(seconds * 5)):
            self.at += 0.2
            frames = VideoFrame(pixels, self.at), VideoFrame(pixels, self.at - 0.033)
            told = self.watch.look(*frames).shadow_stops
        return told


def test_the_watch_tells_a_shadow_until_its_reference_is_too_old() -> None:
    visit = Visit()
    assert (visit.shadow(coded(LIGHT), 3) or 0.0) < 0.3
    shaded = again(2.0)
    assert (visit.shadow(shaded, 3) or 0.0) > 1.2
    assert (visit.shadow(shaded, OLDEST_S) or 0.0) < 0.3


def test_motion_is_told_per_tenth_of_a_second() -> None:
    pixels = coded(LIGHT)
    moved = np.roll(pixels, 10, 1)
    for gap, factor in ((0.1, 1.0), (0.05, 2.0)):
        reading = Watch().look(VideoFrame(moved, 1.0 + gap), VideoFrame(pixels, 1.0))
        assert reading.between is not None
        assert reading.between.motion == pytest.approx(factor * 10 / 512, rel=0.1)


CALIBRATION = Calibration(lux_seconds=4.0, gain=0.0, stops_per_gain=0.01)


def told_light(watch: Watch, exposures: list[Told | None]) -> list[float | None]:
    pixels = coded(LIGHT)
    lights = []
    for number, told in enumerate(exposures):
        at = number / 5
        frame = VideoFrame(pixels, at, told)
        lights.append(watch.look(frame, VideoFrame(pixels, at - 0.033)).light_stops)
    return lights


def test_the_light_is_told_by_a_calibrated_camera_whose_exposure_moves() -> None:
    first, second, third = Told(0.02, 0, "a"), Told(0.03, 0, "a"), Told(0.03, 100, "a")
    lights = told_light(Watch({"a": CALIBRATION}), [first, first, second, third, None])
    assert lights[:2] == [None, None], "it may never move"
    assert lights[2] is not None
    assert lights[3] == pytest.approx(lights[2] - 1)
    assert lights[4] is None


@pytest.mark.parametrize("exposures", [[Told(0.02, 0, "b"), None, Told(0.03, 0, "b")], [None] * 3])
def test_without_a_calibration_no_light_is_guessed(exposures: list[Told | None]) -> None:
    assert told_light(Watch({"a": CALIBRATION}), exposures) == [None] * 3

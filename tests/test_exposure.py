"""What a camera tells about its exposure: when it is believed, and what it means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Told
from agent.video.lighting.exposure import STALE_S, Calibration, Sheet, Trust, calibrated, lux


def told(exposure_s: float, gain: float = 0.0) -> Told:
    return Told(exposure_s, gain, "a")


def test_what_has_never_moved_is_not_believed_and_what_moves_is() -> None:
    trust = Trust()
    assert not any(trust.follow(told(0.03), 0.0, at) for at in range(20))
    assert trust.follow(told(0.02), 0.0, 20.0)
    assert trust.follow(told(0.02), 0.1, 21.0)
    assert not trust.follow(None, 0.1, 22.0)


def test_what_stands_still_while_the_picture_grows_brighter_is_old() -> None:
    trust = Trust()
    trust.follow(told(0.03), 0.0, 0.0)
    assert trust.follow(told(0.02), 0.0, 1.0)
    assert trust.follow(told(0.02), 2.0, 2.0), "for a moment any camera is too bright"
    assert not trust.follow(told(0.02), 2.0, 2.1 + STALE_S)
    assert trust.follow(told(0.01), 0.2, 9.0), "it moves again"


def test_a_picture_that_grows_darker_at_the_end_of_its_range_is_no_lie() -> None:
    trust = Trust()
    trust.follow(told(0.01), 0.0, 0.0)
    assert all(trust.follow(told(0.033, 255), -3.0, float(at)) for at in range(1, 30))


TRUE = Calibration(lux_seconds=12.0, gain=16.0, stops_per_gain=0.02)


def sheet(light: float, anchor: float, gain: float) -> Sheet:
    """What a camera with the true calibration tells of a sheet at so many lux."""
    factor = 2.0 ** ((gain - TRUE.gain) * TRUE.stops_per_gain)
    exposure = TRUE.lux_seconds * 2.0**anchor / (light * factor)
    return Sheet(light, anchor, told(exposure, gain))


@given(st.floats(200, 2000), st.floats(10, 90), st.floats(-2, -0.2), st.integers(40, 200))
def test_a_sheet_at_two_lights_tells_what_exposure_and_gain_mean(
    bright: float, dim: float, anchor: float, gain: int
) -> None:
    found = calibrated(sheet(bright, -0.4, TRUE.gain), sheet(dim, anchor, gain))
    assert found is not None
    assert found.stops_per_gain == pytest.approx(TRUE.stops_per_gain)
    dark = sheet(30, -1.0, 100)
    assert lux(found.light_stops(-1.0, dark.told)) == pytest.approx(30, rel=0.01)


def test_a_camera_that_needs_no_gain_is_calibrated_by_its_exposure() -> None:
    found = calibrated(sheet(800, -0.4, 16), sheet(90, -0.4, 16))
    assert found is not None
    assert found.stops_per_gain == 0
    assert lux(found.light_stops(-0.4, sheet(400, -0.4, 16).told)) == pytest.approx(400, rel=0.01)


def test_readings_that_contradict_each_other_make_no_calibration() -> None:
    still = told(0.02, 16)
    assert calibrated(Sheet(800, -0.4, still), Sheet(50, -0.4, still)) is None
    backwards = Sheet(50, -0.4, told(0.02, 8))
    assert calibrated(sheet(800, -0.4, 16), backwards) is None
    assert calibrated(sheet(800, -0.4, 16), Sheet(50, -0.4, told(1e-4, 17))) is None


def test_light_is_told_in_stops_relative_to_100_lux() -> None:
    assert lux(0) == 100
    assert lux(-1) == 50
    one = Calibration(lux_seconds=2.0)
    assert one.light_stops(0.0, told(0.02)) == pytest.approx(0)
    assert one.light_stops(-1.0, told(0.04)) == pytest.approx(math.log2(0.25))

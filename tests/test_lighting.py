"""The measures of light: known pictures have known values, and nothing else counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Pixels
from agent.video.lighting import MID_GREY, WHITE, read_light

SIZE = (180, 320)


def even(value: int, size: tuple[int, int] = SIZE) -> Pixels:
    return np.full((*size, 3), value, np.uint8)


def coded(linear: float) -> int:
    """The sRGB value of a linear reflectance (IEC 61966-2-1)."""
    share = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * share)


def test_mid_grey_and_white_are_where_the_scales_begin() -> None:
    assert read_light(even(coded(MID_GREY))).zone_stops == pytest.approx(0, abs=0.05)
    assert read_light(even(coded(WHITE))).anchor_stops == pytest.approx(0, abs=0.05)


@given(stops=st.floats(-3, 2))
def test_a_stop_of_light_is_a_stop_of_reading(stops: float) -> None:
    reading = read_light(even(coded(MID_GREY * 2**stops)))
    assert reading.zone_stops == pytest.approx(stops, abs=0.1)
    assert reading.anchor_stops == pytest.approx(stops + np.log2(MID_GREY / WHITE), abs=0.1)


def test_black_and_white_have_finite_readings() -> None:
    black, white = read_light(even(0)), read_light(even(255))
    assert -20 < black.zone_stops < -8
    assert black.near_white == 0
    assert white.near_white == pytest.approx(1)
    assert (black.mean_grey, white.mean_grey) == (0, 255)


def test_the_middle_counts_for_more_than_the_edge() -> None:
    middle, edge = even(40), even(40)
    middle[45:135, 80:240] = 255
    edge[:23], edge[-22:], edge[:, :40], edge[:, -40:] = 255, 255, 255, 255
    same_area = np.count_nonzero(middle == 255) / np.count_nonzero(edge == 255)
    assert 0.4 < same_area < 1.2
    assert read_light(middle).near_white > 2 * read_light(edge).near_white
    assert read_light(middle).zone_stops > read_light(edge).zone_stops


def test_a_pixel_has_lost_its_detail_only_when_all_three_colours_have() -> None:
    glove = even(255)
    glove[:, :, 2] = 242
    assert read_light(glove).near_white == 0
    glove[:, :, 2] = 243
    assert read_light(glove).near_white == pytest.approx(1)


def test_a_few_bright_specks_are_no_anchor() -> None:
    pixels = even(60)
    pixels[:4, :, :] = 255  # 2 % of the picture: a window, a lamp
    assert read_light(pixels).anchor_stops == read_light(even(60)).anchor_stops


@given(st.sampled_from([(180, 320), (540, 960), (720, 1280), (1080, 1920)]))
def test_the_size_of_the_picture_does_not_matter(size: tuple[int, int]) -> None:
    pixels = even(60, size)
    pixels[:, size[1] // 2 :] = 200
    reading, small = read_light(pixels), read_light(pixels[::2, ::2])
    assert reading.zone_stops == pytest.approx(small.zone_stops, abs=0.05)
    assert reading.mean_grey == pytest.approx(130, abs=2)


def test_the_picture_is_not_written_to() -> None:
    pixels = even(100)
    pixels.flags.writeable = False
    read_light(pixels)
    assert (pixels == 100).all()

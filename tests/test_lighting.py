"""The measures of a picture: known pictures have known values, and nothing else counts."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Pixels
from agent.video.lighting import MID_GREY, WHITE, read_light
from agent.video.lighting.between import read_between
from agent.video.lighting.reading import light_stops
from agent.video.lighting.texture import read_texture

SIZE = (180, 320)
SKIN, GAUZE = (110, 140, 190), (240, 240, 240)


def even(value: int, size: tuple[int, int] = SIZE) -> Pixels:
    return np.full((*size, 3), value, np.uint8)


def coded(linear: float) -> int:
    """The sRGB value of a linear reflectance (IEC 61966-2-1)."""
    share = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * share)


def textured(seed: int = 0, size: tuple[int, int] = SIZE) -> npt.NDArray[np.float32]:
    """Soft blotches, grey about 120."""
    noise = np.random.default_rng(seed).standard_normal(size, np.float32)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), np.float32)
    return np.repeat((120 + 25 * soft / soft.std())[..., None], 3, axis=2)


def seen(picture: npt.NDArray[np.float32], noise: float, seed: int) -> Pixels:
    grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(np.round(picture + grain), 0, 255).astype(np.uint8)


def test_mid_grey_and_white_are_where_the_scales_begin() -> None:
    assert read_light(even(coded(MID_GREY))).zone_stops == pytest.approx(0, abs=0.05)
    assert read_light(even(coded(WHITE))).anchor_stops == pytest.approx(0, abs=0.05)


@given(stops=st.floats(-3, 2))
def test_a_stop_of_light_is_a_stop_of_reading(stops: float) -> None:
    reading = read_light(even(coded(MID_GREY * 2**stops)))
    assert reading.zone_stops == pytest.approx(stops, abs=0.1)
    assert reading.zone_low_stops == pytest.approx(stops, abs=0.1)
    assert reading.anchor_stops == pytest.approx(stops + np.log2(MID_GREY / WHITE), abs=0.1)


def test_black_and_white_have_finite_readings() -> None:
    black, white = read_light(even(0), even(0)), read_light(even(255), even(255))
    assert -20 < black.zone_stops < -8
    assert black.near_white == 0
    assert white.near_white == pytest.approx(1, abs=1e-4)
    assert (black.mean_grey, white.mean_grey) == (0, 255)
    assert np.isfinite([black.blur, black.edges_stops, white.blur, white.white_blue_stops]).all()


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
    assert read_light(glove).near_white == pytest.approx(1, abs=1e-4)


def test_a_few_bright_specks_are_no_anchor() -> None:
    pixels = even(60)
    pixels[:4, :, :] = 255  # 2 % of the picture: a window, a lamp
    assert read_light(pixels).anchor_stops == read_light(even(60)).anchor_stops


def test_glare_is_a_small_white_spot_on_skin_and_not_a_dressing() -> None:
    skin = np.full((*SIZE, 3), SKIN, np.uint8)
    spot, dressing = skin.copy(), skin.copy()
    cv2.circle(spot, (160, 90), 14, (255, 255, 255), -1)
    dressing[30:150, 80:240] = GAUZE
    assert read_light(skin).glare == 0
    assert read_light(spot).glare == pytest.approx(np.pi * 14**2 / (180 * 320), rel=0.3)
    assert read_light(dressing).glare < 0.2 * read_light(spot).glare


def test_warm_light_has_little_blue_and_its_white_has_too() -> None:
    white = even(200)
    warm = np.full((*SIZE, 3), (110, 190, 235), np.uint8)
    assert read_light(white).blue_stops == pytest.approx(0, abs=0.01)
    assert read_light(warm).blue_stops < -1
    assert read_light(warm).white_blue_stops < -1
    assert read_light(warm).red_stops > 0.4


@pytest.mark.parametrize("tone", [(110, 140, 190), (70, 95, 150), (30, 45, 75)])
def test_skin_of_any_tone_fills_the_frame_and_a_sheet_does_not(tone: tuple[int, int, int]) -> None:
    assert read_light(np.full((*SIZE, 3), tone, np.uint8)).framing == pytest.approx(1, abs=1e-4)
    assert read_light(even(200)).framing == 0


def test_a_sheet_may_be_white_but_skin_may_not() -> None:
    sheet, skin = np.full((*SIZE, 3), SKIN, np.uint8), np.full((*SIZE, 3), SKIN, np.uint8)
    sheet[:40] = 255
    skin[60:120, 120:200] = (150, 190, 255)
    assert read_light(sheet).skin_white < 0.5 * read_light(sheet).near_white
    assert read_light(sheet).skin_clipped < 0.02
    assert read_light(skin).skin_clipped > 0.1


@pytest.mark.parametrize("radius", [2.0, 4.0])
def test_blur_is_seen_and_noise_is_not_taken_for_sharpness_by_every_number(radius: float) -> None:
    grain = np.random.default_rng(1).normal(0, 40, (*SIZE, 1))
    sharp = np.clip(textured() + cv2.blur(grain, (2, 2))[..., None], 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), radius), np.uint8)
    assert read_texture(soft).blur > read_texture(sharp).blur + 0.1
    assert read_texture(soft).edges_stops < read_texture(sharp).edges_stops - 0.3


@pytest.mark.parametrize("noise", [2.0, 4.0, 6.0])
@pytest.mark.parametrize("moved", [(0, 0), (5, -3), (40, 20)])
def test_noise_between_frames_is_measured_whatever_the_head_does(
    noise: float, moved: tuple[int, int]
) -> None:
    picture = textured(size=(400, 600))
    later = np.roll(picture, moved, (1, 0))
    between = read_between(seen(later, noise, 1), seen(picture, noise, 2))
    assert between is not None
    assert between.noise == pytest.approx(noise * np.sqrt(0.299**2 + 0.587**2 + 0.114**2), rel=0.3)
    assert between.motion == pytest.approx(np.hypot(*moved) / 600, abs=0.003)


def test_frames_that_do_not_fit_tell_nothing() -> None:
    assert read_between(even(100), even(100, (90, 160))) is None


def test_light_is_told_by_exposure_and_gain() -> None:
    """A camera whose white is just white at 1000 lux, 1/100 s and gain 1."""
    calibration = 1000 / 100
    assert light_stops(0.0, 1 / 100, 1.0, calibration) == pytest.approx(np.log2(10))
    assert light_stops(0.0, 1 / 30, 3.0, calibration) == pytest.approx(0.0)
    assert light_stops(-1.0, 1 / 30, 3.0, calibration) == pytest.approx(-1.0)


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
    read_light(pixels, pixels)
    assert (pixels == 100).all()

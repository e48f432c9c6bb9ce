"""The generated pictures of `bench.light`, and what the shipped limits make of them."""

import numpy as np
import pytest

from agent.messages import Light
from agent.video.lighting import read_light
from bench.light import CONDITIONS, Shot, f1, generated, judged_as, of, share, shots
from bench.light_scenes import Skin, decoded, photograph, scene


@pytest.fixture(scope="module")
def measured() -> list[Shot]:
    return list(shots(generated(count=6, seed=3), seed=3))


@pytest.mark.parametrize(
    ("conditions", "light", "least", "most"),
    [
        (["-3 stops", "-4 stops", "auto 5 lx"], Light.DARK, 0.9, 1.0),
        (["+3 stops"], Light.BRIGHT, 0.7, 1.0),
        (["right", "auto 500 lx"], Light.DARK, 0.0, 0.06),
        (["right", "auto 500 lx"], Light.BRIGHT, 0.0, 0.06),
    ],
)
def test_plain_faults_are_seen_and_good_light_is_let_be(
    measured: list[Shot], conditions: list[str], light: Light, least: float, most: float
) -> None:
    assert least <= share(judged_as(light), of(measured, conditions)) <= most


def test_equal_seeds_make_equal_pictures_and_every_skin_is_there(measured: list[Shot]) -> None:
    again = list(shots(generated(count=6, seed=3), seed=3))

    assert again == measured
    assert {shot.skin for shot in measured} == {skin.value for skin in Skin}
    assert {shot.condition for shot in measured} == set(CONDITIONS)


def test_a_stop_less_exposure_is_a_stop_less_light() -> None:
    picture = scene(Skin.MEDIUM, np.random.default_rng(1)) * 0.5

    lit, dim = (
        read_light(photograph(picture, 4000, stops, np.random.default_rng(2)))
        for stops in (0.0, -1.0)
    )

    assert lit.zone_stops - dim.zone_stops == pytest.approx(1, abs=0.1)


def test_coding_and_decoding_cancel() -> None:
    light = np.full((32, 32, 3), 0.3, np.float32)

    seen = decoded(photograph(light, 1e6, 0.0, np.random.default_rng(0)))

    assert float(seen.mean()) == pytest.approx(0.3, abs=0.01)


def test_f1_weighs_both_classes_equally() -> None:
    assert f1(1.0, 0.0) == 1.0
    assert f1(1.0, 1.0) == pytest.approx(2 / 3)
    assert f1(0.0, 0.5) == 0.0

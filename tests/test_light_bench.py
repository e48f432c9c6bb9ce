"""The simulated camera and the report of `bench.light`, and what the shipped weights make of it."""

import numpy as np
import pytest

from agent.messages import Light
from agent.video.lighting import read_light
from agent.video.lighting.judging import Head
from agent.video.sight import shipped_weights
from bench.light import f1, found, methods
from bench.light_camera import SENSORS, coded, decoded, expose, streamed, take
from bench.light_faults import CONDITIONS, Defect, coloured, defocused, spotted
from bench.light_scenes import Skin, scene
from bench.light_shots import Shot, generated, shots
from bench.light_talk import INJECTED, talk


@pytest.fixture(scope="module")
def measured() -> list[Shot]:
    return list(shots(generated(count=2, seed=3), seed=3))


@pytest.mark.parametrize(
    ("head", "defect", "least"),
    [
        (Head.DARK_TOLD, Defect.DARK, 0.9),
        (Head.DARK_TWO, Defect.DARK, 0.75),
        (Head.BRIGHT, Defect.BRIGHT, 0.75),
        (Head.BLUR_TWO, Defect.BLUR, 0.75),
        (Head.WARM, Defect.WARM, 0.9),
    ],
)
def test_plain_faults_are_seen_and_right_pictures_are_let_be(
    measured: list[Shot], head: Head, defect: Defect, least: float
) -> None:
    weights = shipped_weights()[head]
    scores = np.asarray([weights.score(shot.reading) for shot in measured])
    bad = np.asarray([shot.defect is defect for shot in measured])
    right = np.asarray([shot.defect is Defect.NONE for shot in measured])
    told = found(scores, bad, right, 0.0)
    assert told.recall >= least
    assert told.false <= 0.15


def test_equal_seeds_make_equal_shots_and_every_skin_and_condition_is_there(
    measured: list[Shot],
) -> None:
    again = list(shots(generated(count=2, seed=3), seed=3))
    assert again == measured
    assert {shot.skin for shot in measured} == {skin.value for skin in Skin}
    assert {shot.condition for shot in measured} == set(CONDITIONS)


def test_every_defect_that_is_reported_has_a_naive_way_beside_it() -> None:
    for rows in methods(shipped_weights()).values():
        assert rows[0].name.startswith("agent")
        assert any(not row.name.startswith("agent") for row in rows)


def test_less_light_means_longer_exposure_and_then_gain() -> None:
    light = scene(Skin.MEDIUM, np.random.default_rng(1))
    bright, dim, dark = (expose(light, lux, None, SENSORS[0]) for lux in (4000, 300, 10))
    assert bright.time_s < dim.time_s <= dark.time_s
    assert bright.gain == 1
    assert dark.gain > dim.gain


def test_a_camera_that_tells_its_exposure_tells_the_light() -> None:
    light = np.full((64, 64, 3), 0.9, np.float32)
    sensor = SENSORS[1]
    for lux in (50, 400):
        exposure = expose(light, lux, None, sensor)
        white = sensor.calibration / (exposure.time_s * exposure.gain)
        level = float(decoded(take(light, lux, exposure, np.random.default_rng(0), sensor)).mean())
        assert level / 0.9 * white == pytest.approx(lux, rel=0.1)


def test_coding_and_decoding_cancel() -> None:
    light = np.linspace(0.01, 1, 256, dtype=np.float32).reshape(16, 16, 1).repeat(3, 2)
    assert decoded(coded(light)) == pytest.approx(light, abs=0.01)


def test_the_faults_do_what_they_are_called() -> None:
    generator = np.random.default_rng(2)
    light = scene(Skin.LIGHT, generator)
    warm, sharp = coloured(2700)(light, generator), read_light(coded(light))
    assert float(warm[..., 0].mean()) < 0.5 * float(light[..., 0].mean())
    assert read_light(coded(defocused(6)(light, generator))).blur > sharp.blur
    assert read_light(coded(spotted(0.04)(light, generator))).near_white > sharp.near_white


def test_frames_come_back_from_the_codec() -> None:
    pixels = coded(scene(Skin.DARK, np.random.default_rng(3)))
    shown = streamed([pixels] * 3)
    assert len(shown) == 3
    assert np.abs(shown[-1].astype(int) - pixels).mean() < 8


def test_the_simulation_of_what_is_said_covers_every_kind_that_it_injects(
    measured: list[Shot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.light_talk.VISITS", 1)
    monkeypatch.setattr("bench.light_talk.VISIT_S", 60)
    report = talk(measured, shipped_weights())
    assert "false warnings an hour" in report
    assert all(f"{kind.name.lower()}: told within" in report for kind in INJECTED)
    assert Light.SHADOW not in INJECTED


def test_f1_weighs_both_classes_equally() -> None:
    assert f1(1.0, 0.0) == 1.0
    assert f1(1.0, 1.0) == pytest.approx(2 / 3)
    assert f1(0.0, 0.5) == 0.0

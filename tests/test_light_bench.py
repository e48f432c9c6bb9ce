"""The simulated camera and the report of `bench.light`, and what the shipped weights make of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.messages import Light
from agent.video.lighting import read_light
from agent.video.lighting.judging import Head
from agent.video.sight import shipped_weights
from bench import light
from bench.light import methods
from bench.light_camera import LUMINANCE, SENSORS, coded, decoded, expose, streamed, take
from bench.light_faults import CONDITIONS, Defect, coloured, defocused, spotted
from bench.light_scenes import Skin, scene
from bench.light_sheet import sheet
from bench.light_shots import Shot, generated, shots
from bench.light_table import f1, found
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


def test_a_codec_takes_the_noise_that_tells_darkness(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: CONDITIONS[name] for name in ("right", "auto 20 lx")}
    monkeypatch.setattr("bench.light_shots.CONDITIONS", few)
    scenes = list(generated(count=1, seed=3))[:1]
    (_, plain), (_, streamed_one) = (list(shots(scenes, 3, codec)) for codec in (False, True))
    assert plain.reading.between is not None
    assert streamed_one.reading.between is not None
    assert streamed_one.reading.between.noise < 0.7 * plain.reading.between.noise


def test_the_sheet_shows_the_worst_of_each_kind_under_its_name(
    measured: list[Shot], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.light_sheet.HEADS", {Defect.DARK: Head.DARK_ONE})
    monkeypatch.setattr("bench.light_sheet.EACH", 1)
    labels: list[str] = []

    def tile(shot: Shot, _scenes: object, _seed: int, label: str) -> np.ndarray:
        labels.append(f"{shot.condition}: {label}")
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr("bench.light_sheet._tile", tile)
    sheet([], measured, shipped_weights(), 3, tmp_path / "sheet.png")
    assert np.asarray(cv2.imread(str(tmp_path / "sheet.png"))).shape == (8, 16, 3)
    missed, flagged = labels
    assert missed.startswith("auto ")
    assert "dark: missed -" in missed
    # Nothing right is called flagged that was not.
    right = [shot.reading for shot in measured if shot.defect is Defect.NONE]
    most = max(shipped_weights()[Head.DARK_ONE].score(reading) for reading in right)
    assert ("falsely flagged" in flagged) == (most >= 0)


def test_the_simulation_of_what_is_said_covers_every_kind_that_it_injects(
    measured: list[Shot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.light_talk.VISITS", 1)
    monkeypatch.setattr("bench.light_talk.VISIT_S", 60)
    monkeypatch.setattr("bench.light_talk.FAULTY_VISITS", 6)
    report = talk(measured, shipped_weights())
    assert "false warnings an hour" in report
    assert all(f"{kind.name.lower()}: told within" in report for kind in INJECTED)
    assert Light.SHADOW not in INJECTED


def test_f1_weighs_both_classes_equally() -> None:
    assert f1(1.0, 0.0) == 1.0
    assert f1(1.0, 1.0) == pytest.approx(2 / 3)
    assert f1(0.0, 0.5) == 0.0


@pytest.mark.parametrize("name", ["sheet", "sheet.txt"])
def test_a_sheet_that_is_no_picture_is_refused_before_anything_is_measured(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["light", "--sheet", str(tmp_path / name)])

    with pytest.raises(SystemExit):
        light.main()

    assert name in capsys.readouterr().err


def test_contrast_makes_lights_lighter_and_is_asked_for() -> None:
    def lights(contrast: bool) -> float:
        scenes = generated(count=4, seed=3, contrast=contrast)
        return float(np.mean([np.quantile(one.light @ LUMINANCE, 0.97) for one in scenes]))

    assert lights(contrast=True) > 1.1 * lights(contrast=False)

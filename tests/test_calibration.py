"""What is kept about a camera: a few numbers, and nothing when they cannot be right."""

import json
from pathlib import Path

import pytest

from agent.video.calibration import FOLDER_VARIABLE, calibration_file, calibrations, store
from agent.video.lighting.exposure import Calibration

ONE, OTHER = Calibration(12.0, 16.0, 0.02), Calibration(3.5)


def test_what_is_stored_is_read_again_beside_the_others(tmp_path: Path) -> None:
    file = tmp_path / "new" / "light.json"
    assert calibrations(file) == {}
    store("046d:082d HeadCam/A1", ONE, file)
    store("046d:082d HeadCam/B2", OTHER, file)
    store("046d:082d HeadCam/A1", OTHER, file)
    store("046d:082d HeadCam/A1", ONE, file)
    assert calibrations(file) == {"046d:082d HeadCam/A1": ONE, "046d:082d HeadCam/B2": OTHER}
    assert [path.name for path in file.parent.iterdir()] == ["light.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a": 5}',
        '{"a": {"lux_seconds": 5}}',
        '{"a": {"lux_seconds": -5, "gain": 0, "stops_per_gain": 0}}',
        '{"a": {"lux_seconds": "5", "gain": 0, "stops_per_gain": 0}}',
        '{"a": {"lux_seconds": 5, "gain": 0, "stops_per_gain": 9}}',
        '{"a": {"lux_seconds": NaN, "gain": 0, "stops_per_gain": 0}}',
    ],
)
def test_what_cannot_be_right_is_not_there(tmp_path: Path, text: str) -> None:
    file = tmp_path / "light.json"
    file.write_text(text)
    assert calibrations(file) == {}
    store("b", ONE, file)
    assert calibrations(file) == {"b": ONE}


def test_nothing_but_numbers_is_kept(tmp_path: Path) -> None:
    file = store("a", ONE, tmp_path / "light.json")
    stored = json.loads(file.read_text())
    assert stored == {"a": {"lux_seconds": 12.0, "gain": 16.0, "stops_per_gain": 0.02}}


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert calibration_file() == tmp_path / "light.json"
    store("a", ONE)
    assert calibrations() == {"a": ONE}

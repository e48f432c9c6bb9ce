"""What each camera's exposure means: kept for this machine's user, a few numbers a camera.

`hodekamera check --light` makes them. There is no picture in the file, and nothing about people.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from agent.video.lighting.exposure import Calibration

FOLDER_VARIABLE = "HODEKAMERA_CALIBRATION"
"""The environment variable that names another folder."""

_FIELDS = ("lux_seconds", "gain", "stops_per_gain")


def calibration_file() -> Path:
    """Where they are."""
    folder = os.environ.get(FOLDER_VARIABLE)
    own = Path(folder) if folder else platformdirs.user_data_path("hodekamera", appauthor=False)
    return own / "light.json"


def calibrations(file: Path | None = None) -> dict[str, Calibration]:
    """Camera -> its calibration. What cannot be read is not there: the light is then unknown."""
    try:
        stored = json.loads((file or calibration_file()).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    cameras = stored.items() if isinstance(stored, Mapping) else ()
    found = {str(camera): _calibration(numbers) for camera, numbers in cameras}
    return {camera: one for camera, one in found.items() if one is not None}


def _calibration(numbers: Any) -> Calibration | None:
    if not isinstance(numbers, Mapping):
        return None
    values = [numbers.get(name) for name in _FIELDS]
    right = [float(value) for value in values if isinstance(value, int | float)]
    if len(right) < len(_FIELDS):
        return None
    found = Calibration(*right)
    sound = 0 < found.lux_seconds < 1e6 and 0 <= found.stops_per_gain <= 1
    return found if sound else None


def store(camera: str, calibration: Calibration, file: Path | None = None) -> Path:
    """Keep one camera's, beside the others'; returns the file. Raises OSError."""
    path = file or calibration_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    all_of_them = calibrations(path) | {camera: calibration}
    numbers = {
        name: {field: getattr(one, field) for field in _FIELDS}
        for name, one in sorted(all_of_them.items())
    }
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    fresh.replace(path)
    return path

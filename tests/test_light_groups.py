"""The table by skin group and severity, and the gap between groups."""

import re

import numpy as np

from agent.video.lighting import LightReading
from bench.light_faults import CONDITIONS, Defect
from bench.light_groups import by_group
from bench.light_shots import Shot

READING = LightReading(-0.3, 0.1, 0.0, 120)
SKINS = ("light", "dark")


def all_shots(scenes: int = 10) -> list[Shot]:
    return [
        Shot(f"{skin} {number}", skin, condition, READING, 100.0)
        for skin in SKINS
        for number in range(scenes)
        for condition in CONDITIONS
    ]


def gaps(report: str) -> list[float]:
    return [float(value) for value in re.findall(r"gap in .*: (\d+\.\d) points", report)]


def test_each_severity_and_each_right_picture_has_a_row_with_an_interval_for_each_group() -> None:
    shots = all_shots()
    flagged = np.asarray([shot.defect is Defect.WARM for shot in shots])
    report = by_group(shots, flagged, Defect.WARM)
    for condition, how in CONDITIONS.items():
        rows = [line for line in report.splitlines() if line.startswith(f"  {condition}  ")]
        assert len(rows) == (1 if how.defect in {Defect.WARM, Defect.NONE} else 0)
    assert len(re.findall(r"1\.00 \(0\.72–1\.00\)", report)) == 4
    assert gaps(report) == [0.0, 0.0]


def test_the_gap_is_told_in_points_with_an_interval_that_holds_it() -> None:
    shots = all_shots()
    conditions = [name for name, how in CONDITIONS.items() if how.defect is Defect.NONE]
    flagged = np.asarray(
        [
            shot.defect is Defect.WARM
            or (shot.skin == "dark" and shot.scene[-1] in "01" and shot.condition == conditions[0])
            for shot in shots
        ]
    )
    report = by_group(shots, flagged, Defect.WARM)
    assert gaps(report) == [round(100 * 0.2 / len(conditions), 1), 0.0]
    low, high = re.findall(r"false flags: .* \((-?\d+\.\d)–(\d+\.\d)\)", report)[0]
    assert float(low) <= gaps(report)[0] <= float(high)
    assert float(low) < float(high)


def test_one_group_alone_has_no_gap() -> None:
    shots = [shot for shot in all_shots() if shot.skin == "dark"]
    assert gaps(by_group(shots, np.ones(len(shots), bool), Defect.WARM)) == [0.0, 0.0]

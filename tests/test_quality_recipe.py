"""The recipe of the weights: it learns what can be told, and writes what the agent reads."""

from pathlib import Path

import pytest
from quality_recipe import fit as recipe
from quality_recipe.command import write
from quality_recipe.fit import PLANS, fit

from agent.video.lighting import LightReading
from agent.video.lighting.judging import Head, read_weights
from bench.light_shots import Shot


def shot(number: int, condition: str, blue: float) -> Shot:
    reading = LightReading(-0.3, 0.1, 0.0, 120, blue_stops=blue, white_blue_stops=blue)
    return Shot(f"scene {number}", "light", condition, reading, 100.0)


def test_what_differs_is_learnt_and_few_right_shots_are_flagged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recipe, "STEPS", 150)
    right = [shot(number, "right", -0.2 + 0.01 * (number % 9)) for number in range(60)]
    warm = [shot(number, "2700 K", -1.8 + 0.01 * (number % 7)) for number in range(60)]
    weights = fit([*right, *warm], PLANS[Head.WARM])
    assert min(weights.score(one.reading) for one in warm) > 0
    assert sum(weights.score(one.reading) > 0 for one in right) <= 6

    target = tmp_path / "weights.json"
    write(dict.fromkeys(Head, weights), target)
    again = read_weights(target.read_text(encoding="utf-8"))[Head.WARM]
    assert again.score(warm[0].reading) == pytest.approx(weights.score(warm[0].reading), abs=0.01)

"""Generated scenes -> `weights.json`. Pictures of our own generator only, in a few minutes."""

import argparse
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from agent.video.lighting.judging import Head, Weights
from bench.light_shots import Shot, filmed, generated
from quality_recipe.fit import PLANS, fit

TARGET = Path(__file__).resolve().parent.parent / "weights.json"
DIGITS = 5


def main() -> None:
    """Film, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=30, help="per skin group")
    parser.add_argument("--seed", type=int, default=1, help="bench.light uses 0")
    options = parser.parse_args()

    @cache
    def shots(contrast: bool, codec: bool) -> list[Shot]:
        scenes = generated(options.scenes, options.seed, contrast)
        return filmed(scenes, options.seed, codec)

    weights = {}
    for head, plan in PLANS.items():
        learnt_from = shots(plan.contrast, codec=False)
        if plan.codec:
            learnt_from = [*learnt_from, *shots(plan.contrast, codec=True)]
        weights[head] = fit(learnt_from, plan)
        sys.stdout.write(f"{head.value}: {len(learnt_from)} shots\n")
    write(weights, TARGET)


def write(weights: Mapping[Head, Weights], target: Path) -> None:
    """As `agent.video.lighting.judging.read_weights` reads it."""
    parts = {
        head.value: {
            "features": list(one.features),
            **{
                key: np.round(getattr(one, key), DIGITS).tolist()
                for key in ("centre", "spread", "hidden", "output")
            },
        }
        for head, one in weights.items()
    }
    target.write_text(json.dumps(parts) + "\n", encoding="utf-8")

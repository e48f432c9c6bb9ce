"""Generated scenes -> `weights.json`. Pictures of our own generator only, in a few minutes."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2

from agent.video.lighting.judging import Head, Weights
from bench.light_shots import generated, shots
from quality_recipe.fit import PLANS, fit

TARGET = Path(__file__).resolve().parent.parent / "weights.json"
DIGITS = 5


def main() -> None:
    """Film, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=40, help="per skin group")
    parser.add_argument("--seed", type=int, default=1, help="bench.light uses 0")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    seen = list(shots(generated(options.scenes, options.seed), options.seed))
    write({head: fit(seen, plan) for head, plan in PLANS.items()}, TARGET)
    sys.stdout.write(f"{len(seen)} shots -> {TARGET}\n")


def write(weights: Mapping[Head, Weights], target: Path) -> None:
    """As `agent.video.lighting.judging.read_weights` reads it."""
    parts = {
        head.value: {
            "features": list(one.features),
            **{
                key: [round(float(value), DIGITS) for value in getattr(one, key)]
                for key in ("centre", "spread", "weights")
            },
        }
        for head, one in weights.items()
    }
    target.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")

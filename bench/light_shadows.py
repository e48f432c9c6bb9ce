"""For `bench.light`: the shadow that arrives."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from agent.video.lighting.judging import Limits
from agent.video.lighting.reference import make_reference, shadow_stops
from bench.light_camera import Linear, expose, take
from bench.light_faults import looked_again, shadowed, unchanged
from bench.light_shots import Rig, Scene

DEPTHS = (0.0, 1.0, 1.5, 2.3, 3.3)
"""Stops of a shadow; 0 is none."""


def shadows(scenes: Sequence[Scene], seed: int) -> str:
    """Each scene is looked at, then again a little later, with and without a shadow."""
    values: dict[float, list[float]] = {depth: [] for depth in DEPTHS}
    lost = 0
    for one in scenes:
        generator = np.random.default_rng((seed, 1, crc32(one.name.encode())))
        rig = Rig.drawn(generator)
        before = make_reference(_seen(one.light, rig, generator))
        for depth in DEPTHS:
            change = shadowed(depth) if depth else unchanged
            light = looked_again(change(one.light, generator), generator)
            now = make_reference(_seen(light, rig, generator))
            told = shadow_stops(before, now) if before is not None and now is not None else None
            if told is None:
                lost += 1
            else:
                values[depth].append(told)
    limit = Limits().shadow_stops
    shares = {depth: float(np.mean(np.asarray(told) > limit)) for depth, told in values.items()}
    recall = ", ".join(f"{depth:g} stops: {shares[depth]:.3f}" for depth in DEPTHS[1:])
    deep = [depth for depth in DEPTHS if depth >= 1.5]
    hits = float(np.mean([shares[depth] for depth in deep]))
    precision = hits / (hits + shares[0.0]) if hits else 0.0
    total = 2 * precision * hits / (precision + hits) if hits else 0.0
    clean = np.quantile(values[0.0], (0.5, 0.95, 0.99)) if values[0.0] else np.zeros(3)
    return (
        f"\nshadow that arrives, against a reference: F1 from 1.5 stops on {total:.3f}, false "
        f"{shares[0.0]:.3f}; recall {recall}\n  not registered {lost} of "
        f"{len(scenes) * len(DEPTHS)} (left out); ratio without a shadow, median/95/99 %: "
        + "/".join(f"{value:.2f}" for value in clean)
    )


def _seen(light: Linear, rig: Rig, generator: np.random.Generator) -> np.ndarray:
    exposure = expose(light, 500, None, rig.sensor)
    return take(light, 500, exposure, generator, rig.sensor, rig.smoothing)

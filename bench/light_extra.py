"""For `bench.light`: the shadow that arrives, and what a codec leaves of the noise."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from agent.video.lighting import read_light
from agent.video.lighting.judging import Head, Limits, Weights
from agent.video.lighting.reference import make_reference, shadow_stops
from bench.light_camera import Linear, expose, streamed, take
from bench.light_faults import looked_again, shadowed, unchanged
from bench.light_shots import Rig, Scene, film

DEPTHS = (0.0, 1.0, 1.5, 2.3, 3.3)
"""Stops of a shadow; 0 is none."""

STREAMED = ("right", "auto 300 lx", "-2 stops", "auto 40 lx", "auto 20 lx", "auto 10 lx")
FRAMES = 10


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


def streams(scenes: Sequence[Scene], weights: dict[Head, Weights], seed: int) -> str:
    """Every third scene as H.264 at 2 Mbit/s (at 720p) would leave it: darkness by two frames."""
    shares = []
    for condition in STREAMED:
        flags = []
        for one in scenes[::3]:
            generator = np.random.default_rng((seed, 2, crc32(one.name.encode())))
            frames, _ = film(one.light, condition, Rig.drawn(generator), generator, FRAMES)
            shown = streamed(frames)
            flags.append(weights[Head.DARK_TWO].score(read_light(shown[-1], shown[-2])) >= 0)
        shares.append(f"{condition}: {np.mean(flags):.2f}")
    return f"\ndark by two frames after H.264 ({len(scenes[::3])} scenes): {', '.join(shares)}"

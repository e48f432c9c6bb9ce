"""The acoustic model as plain arrays: what training makes, export writes and numpy can run.

A time-delay network: 40 MFCC every 10 ms in, log posteriors of the phones every 30 ms out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .align import Scores
from .features import COEFFICIENTS, Features
from .phones import PHONES

Array = npt.NDArray[np.float32]

STRIDE = 3
"""Kaldi's frame-subsampling factor."""

OFFSETS: tuple[tuple[int, ...], ...] = (
    (-2, -1, 0, 1, 2),
    (-3, 0, 3),
    (-3, 0, 3),
    (-6, 0, 6),
    (-6, 0, 6),
    (0,),
)
"""The frames (of 10 ms, around the present one) that each layer sees; the last is the output."""

CONTEXT = sum(max(offsets) for offsets in OFFSETS)
"""Frames seen before and after the present one."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One affine map of spliced frames; ReLU after all but the last."""

    weights: Array
    """Shape (out, in * len(offsets))."""
    bias: Array
    """Shape (out,)."""
    offsets: tuple[int, ...]


Network = tuple[Layer, ...]


def posteriors(network: Sequence[Layer], features: Features) -> Scores:
    """Natural-log posteriors, shape (ceil(t / 3), phones); the ends are repeated, as Kaldi does."""
    if not len(features):
        return np.zeros((0, len(PHONES)), np.float32)
    count = len(features)
    times = np.arange(-CONTEXT, count + CONTEXT)
    hidden = features[np.clip(times, 0, count - 1)]
    first = -CONTEXT
    for layer in network[:-1]:
        hidden = np.maximum(_affine(layer, hidden), 0)
        first += max(layer.offsets)
    out = _affine(network[-1], hidden)[-first::STRIDE]
    top = out.max(axis=1, keepdims=True)
    return np.asarray(out - top - np.log(np.exp(out - top).sum(axis=1, keepdims=True)), np.float32)


def _affine(layer: Layer, hidden: Array) -> Array:
    reach = max(layer.offsets)
    size = len(hidden) - 2 * reach
    spliced = [hidden[reach + offset : reach + offset + size] for offset in layer.offsets]
    return np.concatenate(spliced, axis=1) @ layer.weights.T + layer.bias


def save(network: Sequence[Layer], path: Path) -> None:
    """As .npz."""
    arrays = {f"w{at}": layer.weights for at, layer in enumerate(network)}
    arrays |= {f"b{at}": layer.bias for at, layer in enumerate(network)}
    np.savez(path, allow_pickle=False, **arrays)


def load(path: Path) -> Network:
    """What `save` wrote."""
    with np.load(path) as file:
        return tuple(
            Layer(file[f"w{at}"], file[f"b{at}"], offsets) for at, offsets in enumerate(OFFSETS)
        )


def random(hidden: int, seed: int = 0) -> Network:
    """An untrained network, for tests."""
    generator = np.random.default_rng(seed)
    sizes = [COEFFICIENTS, *[hidden] * (len(OFFSETS) - 1), len(PHONES)]
    layers = []
    for size, out, offsets in zip(sizes, sizes[1:], OFFSETS, strict=False):
        wide = size * len(offsets)
        scale = (0.02 if size == COEFFICIENTS else 1.0) / np.sqrt(wide)
        weights = generator.normal(0, scale, (out, wide)).astype(np.float32)
        layers.append(Layer(weights, np.zeros(out, np.float32), offsets))
    return tuple(layers)

"""PURE: what Whisper's graphs are built of: transformer layers, their large products in 8 bits.

The large products are of 8-bit integers, which is three to four times as fast and a quarter of the
size; each row of the left side has its own scale, for one of Whisper's rows may be a hundred times
the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.voice.backends.whisper_onnx import Graph
from agent.voice.backends.whisper_weights import (
    HEAD_SIZE,
    Array,
    Attention,
    Block,
    Decoder,
    Encoder,
    FeedForward,
    Linear,
    Norm,
)

WEIGHT_TOP = 63
"""Greatest weight as an integer. Seven bits: with eight, two products of unsigned and signed
numbers overflow the 16 bits that processors without VNNI add them in."""

ROW_TOP = 127
ROW_ZERO = 128
"""Greatest entry of a row as an integer, and what stands for 0: rows are unsigned."""

ROWS = 4096
"""Rows that are quantised at once."""

EPSILON = 1e-5
"""Of the layer normalisation."""


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix as integers with a scale for each row."""

    numbers: npt.NDArray[np.int8]
    scales: Array


def quantise(weight: Array) -> Quantised:
    """weight: shape (rows, columns). The error is at most 1/126 of a row's greatest entry."""
    numbers = np.empty(weight.shape, np.int8)
    scales = np.empty(len(weight), np.float32)
    for at in range(0, len(weight), ROWS):  # The vocabulary's is 100 MB as float32.
        rows = np.asarray(weight[at : at + ROWS], np.float32)
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / WEIGHT_TOP
        numbers[at : at + ROWS] = np.rint(rows / scale[:, np.newaxis])
        scales[at : at + ROWS] = scale
    return Quantised(numbers, scales)


class Layers:
    """Adds layers to a graph; every method returns the name of its result."""

    def __init__(self, graph: Graph, width: int, *, exact: bool = False) -> None:
        """width: d, a multiple of `HEAD_SIZE`; exact: in float32 instead of 8-bit integers."""
        self.graph = graph
        self._exact = exact
        self._heads = width // HEAD_SIZE
        self._width = width

    def linear(self, x: str, layer: Linear) -> str:
        """x: shape (n, in); result (n, out)."""
        add = self.graph.node
        product = self.product(x, layer.weight)
        return add("Add", product, self.graph.floats(layer.bias))

    def product(self, x: str, weight: Array) -> str:
        """x: shape (n, in), weight: shape (out, in); result (n, out)."""
        graph, add = self.graph, self.graph.node
        if self._exact:
            return add("MatMul", x, graph.floats(weight.T))
        quantised = quantise(weight)
        largest = add("ReduceMax", add("Abs", x), graph.integers(-1), keepdims=1)
        scale = add("Max", add("Div", largest, graph.floats(ROW_TOP)), graph.floats(1e-12))
        rounded = add("Round", add("Div", x, scale))
        row = add("Cast", add("Add", rounded, graph.floats(ROW_ZERO)), to=2)
        zero = graph.constant(np.array(ROW_ZERO, np.uint8))
        numbers = graph.constant(np.ascontiguousarray(quantised.numbers.T))
        whole = add("Cast", add("MatMulInteger", row, numbers, zero), to=1)
        return add("Mul", add("Mul", whole, scale), graph.floats(quantised.scales))

    def norm(self, x: str, layer: Norm) -> str:
        """Layer normalisation."""
        gain, bias = self.graph.floats(layer.gain), self.graph.floats(layer.bias)
        return self.graph.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=EPSILON)

    def feed_forward(self, x: str, layer: FeedForward) -> str:
        """(n, d) -> (n, d), with its way around."""
        add = self.graph.node
        inner = add("Gelu", self.linear(self.norm(x, layer.norm), layer.up))
        return add("Add", x, self.linear(inner, layer.down))

    def heads(self, x: str, across: bool = False) -> str:
        """(n, d) -> (heads, n, d/heads), or (heads, d/heads, n)."""
        apart = self.graph.node("Reshape", x, self.graph.integers(-1, self._heads, HEAD_SIZE))
        return self.graph.node("Transpose", apart, perm=(1, 2, 0) if across else (1, 0, 2))

    def look(self, queries: str, keys: str, values: str, mask: str | None = None) -> str:
        """Scaled dot-product attention; the scale is in `queries` already. Result (n, d)."""
        add = self.graph.node
        likeness = add("MatMul", queries, keys)
        if mask is not None:
            likeness = add("Add", likeness, mask)
        seen = add("MatMul", add("Softmax", likeness, axis=-1), values)
        together = add("Transpose", seen, perm=(1, 0, 2))
        return add("Reshape", together, self.graph.integers(-1, self._width))

    def queries(self, x: str, layer: Attention) -> str:
        """(n, d) -> (heads, n, d/heads), scaled."""
        scale = np.float32(HEAD_SIZE**-0.5)
        scaled = Linear(layer.query.weight * scale, layer.query.bias * scale)
        return self.heads(self.linear(x, scaled))

    def self_attention(self, x: str, layer: Attention, mask: str | None = None) -> str:
        """(n, d) -> (n, d), with its way around. mask: (n, n), added to the likenesses."""
        inner = self.norm(x, layer.norm)
        keys = self.heads(self.linear(inner, layer.key), across=True)
        values = self.heads(self.linear(inner, layer.value))
        seen = self.look(self.queries(inner, layer), keys, values, mask)
        return self.graph.node("Add", x, self.linear(seen, layer.out))

    def cross_attention(self, x: str, layer: Attention, keys: str, values: str) -> str:
        """The same, looking at something else: keys (heads, size, t), values (heads, t, size)."""
        inner = self.norm(x, layer.norm)
        seen = self.look(self.queries(inner, layer), keys, values)
        return self.graph.node("Add", x, self.linear(seen, layer.out))

    def encoder(self, x: str, blocks: Sequence[Block]) -> str:
        """(n, d) -> (n, d): blocks that look only at their own input."""
        for block in blocks:
            x = self.feed_forward(self.self_attention(x, block.attention), block.feed_forward)
        return x

    def sound(self, mel: str, encoder: Encoder) -> str:
        """Mel spectrum (bands, 2 t) -> (t, d): the convolutions, and the positions added."""
        graph, add = self.graph, self.graph.node
        first = (graph.floats(encoder.conv1), graph.floats(encoder.conv1_bias))
        x = add("Unsqueeze", mel, graph.integers(0))
        x = add("Gelu", add("Conv", x, *first, pads=(1, 1)))
        second = (graph.floats(encoder.conv2), graph.floats(encoder.conv2_bias))
        x = add("Gelu", add("Conv", x, *second, pads=(1, 1), strides=(2,)))
        x = add("Transpose", add("Squeeze", x, graph.integers(0)), perm=(1, 0))
        count = add("Slice", add("Shape", x), graph.integers(0), graph.integers(1))
        positions = graph.floats(encoder.positions)
        return add("Add", x, add("Slice", positions, graph.integers(0), count, graph.integers(0)))

    def memory(self, x: str, encoder: Encoder, decoder: Decoder) -> None:
        """(t, d) after the encoder's blocks -> outputs `keys.N` and `values.N` for each block of
        the decoder: what its cross attention looks at."""
        x = self.norm(x, encoder.norm)
        for number, block in enumerate(decoder.blocks):
            if block.cross is not None:
                keys = self.heads(self.linear(x, block.cross.key), across=True)
                values = self.heads(self.linear(x, block.cross.value))
                self.graph.output(f"keys.{number}", keys, (self._heads, HEAD_SIZE, "time"))
                self.graph.output(f"values.{number}", values, (self._heads, "time", HEAD_SIZE))

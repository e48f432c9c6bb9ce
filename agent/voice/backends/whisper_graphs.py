"""Whisper as three ONNX graphs: what hears, what reads phrases, and what tells their tokens apart.

- `encoder`: mel spectrum -> what every block of the decoder looks at, made once an utterance.
- `decoder`: the tokens of many phrases at once, as a tree -> a state for each.
- `head`: states -> how likely each of some tokens is to come next.

The large products are of 8-bit integers, which is three to four times as fast and a quarter of the
size; each row of the left side has its own scale, for one of Whisper's rows may be a hundred times
the others.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.voice.backends.whisper_onnx import Graph
from agent.voice.backends.whisper_weights import (
    HEAD_SIZE,
    Array,
    Attention,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Whisper,
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


class _Layers:
    """The building bricks of both sides, added to one graph."""

    def __init__(self, name: str, model: Whisper, exact: bool) -> None:
        self.graph = Graph(name)
        self._exact = exact
        self._heads = model.heads
        self._width = model.width

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
        gain, bias = self.graph.floats(layer.gain), self.graph.floats(layer.bias)
        return self.graph.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=EPSILON)

    def feed_forward(self, x: str, layer: FeedForward) -> str:
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
        scale = np.float32(HEAD_SIZE**-0.5)
        scaled = Linear(layer.query.weight * scale, layer.query.bias * scale)
        return self.heads(self.linear(x, scaled))

    def self_attention(self, x: str, layer: Attention, mask: str | None = None) -> str:
        inner = self.norm(x, layer.norm)
        keys = self.heads(self.linear(inner, layer.key), across=True)
        values = self.heads(self.linear(inner, layer.value))
        seen = self.look(self.queries(inner, layer), keys, values, mask)
        return self.graph.node("Add", x, self.linear(seen, layer.out))

    def cross_attention(self, x: str, layer: Attention, keys: str, values: str) -> str:
        inner = self.norm(x, layer.norm)
        seen = self.look(self.queries(inner, layer), keys, values)
        return self.graph.node("Add", x, self.linear(seen, layer.out))


def encoder_graph(model: Whisper, exact: bool = False) -> bytes:
    """Input `mel`: (bands, 2 t). Outputs `keys.N` (heads, size, t), `values.N` (heads, t, size).

    exact: in float32 instead of 8-bit integers, to compare with.
    """
    layers, encoder = _Layers("encoder", model, exact), model.encoder
    graph, add = layers.graph, layers.graph.node
    mel = graph.input("mel", (model.mel_bands, "frames"))
    x = _convolutions(layers, encoder, add("Unsqueeze", mel, graph.integers(0)))
    count = add("Slice", add("Shape", x), graph.integers(0), graph.integers(1))
    positions = graph.floats(encoder.positions)
    x = add("Add", x, add("Slice", positions, graph.integers(0), count, graph.integers(0)))
    for block in encoder.blocks:
        x = layers.feed_forward(layers.self_attention(x, block.attention), block.feed_forward)
    x = layers.norm(x, encoder.norm)
    for number, block in enumerate(model.decoder.blocks):
        if block.cross is not None:
            keys = layers.heads(layers.linear(x, block.cross.key), across=True)
            values = layers.heads(layers.linear(x, block.cross.value))
            graph.output(f"keys.{number}", keys, (model.heads, HEAD_SIZE, "time"))
            graph.output(f"values.{number}", values, (model.heads, "time", HEAD_SIZE))
    return graph.model()


def _convolutions(layers: _Layers, encoder: Encoder, mel: str) -> str:
    """(1, bands, 2 t) -> (t, d)."""
    graph, add = layers.graph, layers.graph.node
    first = (graph.floats(encoder.conv1), graph.floats(encoder.conv1_bias))
    x = add("Gelu", add("Conv", mel, *first, pads=(1, 1)))
    second = (graph.floats(encoder.conv2), graph.floats(encoder.conv2_bias))
    x = add("Gelu", add("Conv", x, *second, pads=(1, 1), strides=(2,)))
    return add("Transpose", add("Squeeze", x, graph.integers(0)), perm=(1, 0))


def decoder_graph(model: Whisper, exact: bool = False) -> bytes:
    """Inputs `x` (n, d): embedded tokens with their positions; `mask` (n, n): 0 where a token may
    look, very low elsewhere; `keys.N`, `values.N` of the encoder. Output `states` (n, d)."""
    layers, decoder = _Layers("decoder", model, exact), model.decoder
    graph = layers.graph
    x, mask = graph.input("x", ("n", model.width)), graph.input("mask", ("n", "n"))
    for number, block in enumerate(decoder.blocks):
        x = layers.self_attention(x, block.attention, mask)
        if block.cross is not None:
            keys = graph.input(f"keys.{number}", (model.heads, HEAD_SIZE, "time"))
            values = graph.input(f"values.{number}", (model.heads, "time", HEAD_SIZE))
            x = layers.cross_attention(x, block.cross, keys, values)
        x = layers.feed_forward(x, block.feed_forward)
    graph.output("states", layers.norm(x, decoder.norm), ("n", model.width))
    return graph.model()


def head_graph(model: Whisper, exact: bool = False) -> bytes:
    """Inputs `states` (n, d) and `tokens` (m), int64. Output `logs` (n, m): natural logarithms of
    the probability that each of the tokens comes next."""
    layers = _Layers("head", model, exact)
    graph, add = layers.graph, layers.graph.node
    states = graph.input("states", ("n", model.width))
    tokens = graph.input("tokens", ("m",), "int64")
    logits = layers.product(states, model.decoder.embedding)
    total = add("ReduceLogSumExp", logits, graph.integers(-1), keepdims=1)
    graph.output("logs", add("Sub", add("Gather", logits, tokens, axis=1), total), ("n", "m"))
    return graph.model()

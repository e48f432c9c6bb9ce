"""The network as ONNX: 8-bit products in what Whisper brought, the small head as it was trained."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor, nn

from agent.voice.backends.whisper_layers import Layers
from agent.voice.backends.whisper_onnx import Graph
from agent.voice.backends.whisper_weights import Array, Linear, Norm, Whisper

from .layers import LAYERS
from .network import WIDTH, Head
from .sounds import joined

_LEAST = 1e-8
"""Least probability that a class can get."""


def encoder_onnx(whisper: Whisper) -> bytes:
    """`mel` (bands, 2 t) -> `states` (t, d)."""
    graph = Graph("states")
    _states(graph, whisper)
    return graph.model()


def network_onnx(whisper: Whisper, head: Head, classes: Mapping[str, int]) -> bytes:
    """`mel` (bands, 2 t) -> `states` (t, d), and `log_probs` (t, classes with the blank).

    classes: sound -> the network's class, as `network.yaml` has them.
    """
    graph = Graph("sounds")
    states, add = _states(graph, whisper), graph.node
    layers = Layers(graph, whisper.width, exact=True)
    x = add("Gelu", layers.norm(layers.linear(states, _linear(head.inner)), _norm(head.norm)))
    around = (graph.floats(_array(head.around.weight)), graph.floats(_array(head.around.bias)))
    across = add("Unsqueeze", add("Transpose", x, perm=(1, 0)), graph.integers(0))
    seen = add("Conv", across, *around, pads=(WIDTH // 2, WIDTH // 2))
    seen = add("Transpose", add("Squeeze", seen, graph.integers(0)), perm=(1, 0))
    x = layers.linear(add("Add", x, add("Gelu", seen)), _linear(head.out))
    pool = np.eye(1 + max(classes.values()), dtype=np.float32)[list(joined(classes))]
    likely = add("MatMul", add("Softmax", x, axis=-1), graph.floats(pool))
    log_probs = add("Log", add("Max", likely, graph.floats(_LEAST)))
    graph.output("log_probs", log_probs, ("time", pool.shape[1]))
    return graph.model()


def _states(graph: Graph, whisper: Whisper) -> str:
    layers = Layers(graph, whisper.width)
    x = layers.sound(graph.input("mel", (whisper.mel_bands, "frames")), whisper.encoder)
    x = layers.encoder(x, whisper.encoder.blocks[:LAYERS])
    graph.output("states", x, ("time", whisper.width))
    return x


def _linear(layer: nn.Linear) -> Linear:
    return Linear(_array(layer.weight), _array(layer.bias))


def _norm(layer: nn.LayerNorm) -> Norm:
    return Norm(_array(layer.weight), _array(layer.bias))


def _array(tensor: Tensor | None) -> Array:
    assert tensor is not None
    array: Array = tensor.detach().numpy()
    return array

"""PURE: Whisper as three ONNX graphs: what hears, what reads phrases, what tells tokens apart.

- `encoder`: mel spectrum -> what every block of the decoder looks at, made once an utterance.
- `decoder`: the tokens of many phrases at once, as a tree -> a state for each.
- `head`: states -> how likely each of some tokens is to come next.

exact: in float32 instead of 8-bit integers, to compare with.
"""

from agent.voice.backends.whisper_layers import Layers
from agent.voice.backends.whisper_onnx import Graph
from agent.voice.backends.whisper_weights import HEAD_SIZE, Array, Decoder, Whisper


def encoder_graph(model: Whisper, exact: bool = False) -> bytes:
    """Input `mel`: (bands, 2 t). Outputs `keys.N` (heads, size, t), `values.N` (heads, t, size)."""
    graph = Graph("encoder")
    layers, encoder = Layers(graph, model.width, exact=exact), model.encoder
    x = layers.sound(graph.input("mel", (model.mel_bands, "frames")), encoder)
    layers.memory(layers.encoder(x, encoder.blocks), encoder, model.decoder)
    return graph.model()


def upper_graph(model: Whisper, first: int) -> bytes:
    """The encoder from block `first` on. Input `states` (t, d): what the blocks before it make of
    a sound; outputs as `encoder_graph`'s."""
    graph = Graph("upper")
    layers = Layers(graph, model.width)
    x = layers.encoder(graph.input("states", ("time", model.width)), model.encoder.blocks[first:])
    layers.memory(x, model.encoder, model.decoder)
    return graph.model()


def decoder_graph(decoder: Decoder, exact: bool = False) -> bytes:
    """Inputs `x` (n, d): embedded tokens with their positions; `mask` (n, n): 0 where a token may
    look, very low elsewhere; `keys.N`, `values.N` of the encoder. Output `states` (n, d)."""
    width = decoder.positions.shape[1]
    graph = Graph("decoder")
    layers = Layers(graph, width, exact=exact)
    x, mask = graph.input("x", ("n", width)), graph.input("mask", ("n", "n"))
    for number, block in enumerate(decoder.blocks):
        x = layers.self_attention(x, block.attention, mask)
        if block.cross is not None:
            keys = graph.input(f"keys.{number}", (width // HEAD_SIZE, HEAD_SIZE, "time"))
            values = graph.input(f"values.{number}", (width // HEAD_SIZE, "time", HEAD_SIZE))
            x = layers.cross_attention(x, block.cross, keys, values)
        x = layers.feed_forward(x, block.feed_forward)
    graph.output("states", layers.norm(x, decoder.norm), ("n", width))
    return graph.model()


def head_graph(embedding: Array, exact: bool = False) -> bytes:
    """Inputs `states` (n, d) and `tokens` (m), int64. Output `logs` (n, m): natural logarithms of
    the probability that each of the tokens comes next. embedding: (vocabulary, d)."""
    graph = Graph("head")
    add = graph.node
    states = graph.input("states", ("n", embedding.shape[1]))
    tokens = graph.input("tokens", ("m",), "int64")
    logits = Layers(graph, embedding.shape[1], exact=exact).product(states, embedding)
    total = add("ReduceLogSumExp", logits, graph.integers(-1), keepdims=1)
    graph.output("logs", add("Sub", add("Gather", logits, tokens, axis=1), total), ("n", "m"))
    return graph.model()

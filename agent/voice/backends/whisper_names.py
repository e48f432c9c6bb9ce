"""PURE: from the names that two formats give the arrays of a Whisper model to `Whisper`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agent.voice.backends.whisper_weights import (
    HEAD_SIZE,
    Attention,
    Block,
    Decoder,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Whisper,
)

_TOP = {
    "position_encodings/encodings": "embed_positions.weight",
    "embeddings/weight": "embed_tokens.weight",
    "layer_norm/gamma": "layer_norm.weight",
    "layer_norm/beta": "layer_norm.bias",
}
_NORMS = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "attention/layer_norm": "encoder_attn_layer_norm",
    "ffn/layer_norm": "final_layer_norm",
}
_LINEARS = {
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention/linear_1": ("self_attn.out_proj",),
    "attention/linear_0": ("encoder_attn.q_proj",),
    "attention/linear_1": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    "attention/linear_2": ("encoder_attn.out_proj",),
    "ffn/linear_0": ("fc1",),
    "ffn/linear_1": ("fc2",),
}
"""CTranslate2's names -> Hugging Face's. The former puts what has the same input into one array."""

Arrays = Mapping[str, Any]


def named(arrays: Arrays, slashes: bool) -> Whisper:
    """slashes: the names are CTranslate2's; else Hugging Face's.

    Raises KeyError for an array that is missing, ValueError for one whose shape does not fit.
    """
    plain = _renamed(arrays) if slashes else arrays
    model = Whisper(_encoder(plain), _decoder(plain))
    if model.width % HEAD_SIZE or model.decoder.embedding.shape[1] != model.width:
        raise ValueError("not the shape of a Whisper model")
    return model


def _renamed(arrays: Arrays) -> Arrays:
    """Only what is needed; each fused array taken apart."""
    plain: dict[str, Any] = {}
    for name, array in arrays.items():
        side, _, rest = name.partition("/")
        if rest in _TOP:
            plain[f"model.{side}.{_TOP[rest]}"] = array
        elif rest.startswith("conv"):
            plain[f"model.{side}.{rest.replace('/', '.')}"] = array
        elif rest.startswith("layer_"):
            number, _, inner = rest.removeprefix("layer_").partition("/")
            part, _, kind = inner.rpartition("/")
            kind = {"gamma": "weight", "beta": "bias"}.get(kind, kind)
            targets = (_NORMS[part],) if part in _NORMS else _LINEARS.get(part, ())
            for target, piece in zip(targets, np.split(array, len(targets) or 1), strict=False):
                plain[f"model.{side}.layers.{number}.{target}.{kind}"] = piece
    return plain


def _encoder(arrays: Arrays) -> Encoder:
    name = "model.encoder"
    return Encoder(
        conv1=arrays[f"{name}.conv1.weight"],
        conv1_bias=arrays[f"{name}.conv1.bias"],
        conv2=arrays[f"{name}.conv2.weight"],
        conv2_bias=arrays[f"{name}.conv2.bias"],
        positions=arrays[f"{name}.embed_positions.weight"],
        blocks=_blocks(arrays, name),
        norm=_norm(arrays, f"{name}.layer_norm"),
    )


def _decoder(arrays: Arrays) -> Decoder:
    name = "model.decoder"
    return Decoder(
        embedding=arrays[f"{name}.embed_tokens.weight"],
        positions=arrays[f"{name}.embed_positions.weight"],
        blocks=_blocks(arrays, name),
        norm=_norm(arrays, f"{name}.layer_norm"),
    )


def _blocks(arrays: Arrays, side: str) -> tuple[Block, ...]:
    beginning = f"{side}.layers."
    numbers = {n.removeprefix(beginning).partition(".")[0] for n in arrays if beginning in n}
    if not numbers:
        raise KeyError(beginning)
    return tuple(_block(arrays, f"{beginning}{number}") for number in range(len(numbers)))


def _block(arrays: Arrays, name: str) -> Block:
    looks = f"{name}.encoder_attn.q_proj.weight" in arrays
    return Block(
        attention=_attention(arrays, f"{name}.self_attn"),
        feed_forward=FeedForward(
            _norm(arrays, f"{name}.final_layer_norm"),
            _linear(arrays, f"{name}.fc1"),
            _linear(arrays, f"{name}.fc2"),
        ),
        cross=_attention(arrays, f"{name}.encoder_attn") if looks else None,
    )


def _attention(arrays: Arrays, name: str) -> Attention:
    query, key, value, out = (_linear(arrays, f"{name}.{each}_proj") for each in _PROJECTIONS)
    return Attention(_norm(arrays, f"{name}_layer_norm"), query, key, value, out)


_PROJECTIONS = ("q", "k", "v", "out")


def _linear(arrays: Arrays, name: str) -> Linear:
    weight = arrays[f"{name}.weight"]
    bias = arrays.get(f"{name}.bias")  # Keys have none.
    return Linear(weight, np.zeros(len(weight), np.float32) if bias is None else bias)


def _norm(arrays: Arrays, name: str) -> Norm:
    return Norm(arrays[f"{name}.weight"], arrays[f"{name}.bias"])

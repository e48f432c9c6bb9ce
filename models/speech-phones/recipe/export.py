"""The network as ONNX: 8-bit weights in what Whisper brought, the small head as it was trained."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from agent.voice.backends.phones import BANDS

from .network import Encoder, Head, Sounds
from .sounds import joined

OPSET = 17

_HEAD = 3
"""The last products are the head's two, and the one that joins classes."""

_EXAMPLE = 300
"""Spectra of the sound that the exporter is shown; others may have any number."""


def encoder_onnx(encoder: Encoder) -> bytes:
    """`mel` (batch, bands, 2 t) -> `states` (batch, t, d), with 8-bit weights."""
    return _exported(encoder, "states", exact=0)


def network_onnx(encoder: Encoder, head: Head, classes: Mapping[str, int]) -> bytes:
    """`mel` (batch, bands, 2 t) -> `log_probs` (batch, t, classes with the blank).

    classes: sound -> the network's class, as `network.yaml` has them.
    """
    return _exported(Sounds(encoder, head, joined(classes)), "log_probs", exact=_HEAD)


def _exported(module: torch.nn.Module, output: str, exact: int) -> bytes:
    """exact: so many products at the end keep their 32 bits."""
    module.eval().requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        torch.onnx.export(
            module,
            (torch.zeros(1, BANDS, _EXAMPLE),),
            str(plain),
            input_names=["mel"],
            output_names=[output],
            dynamic_axes={"mel": {0: "b", 2: "t"}, output: {0: "b", 1: "u"}},
            opset_version=OPSET,
            dynamo=False,
        )
        nodes = onnx.load(str(plain)).graph.node
        products = [node.name for node in nodes if node.op_type in ("MatMul", "Gemm")]
        quantize_dynamic(
            str(plain),
            str(small),
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=products[len(products) - exact :],
        )
        return small.read_bytes()

"""The numbers of a Whisper model, whoever wrote the file: one set of names for both formats."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
"""As it stands in the file, 16 or 32 bits: a model is not in memory before it is used."""

HEAD_SIZE = 64
"""Every Whisper, from tiny to large, has attention heads of 64 numbers."""


@dataclass(frozen=True, slots=True)
class Linear:
    """y = x · weightᵀ + bias."""

    weight: Array
    """Shape (out, in)."""
    bias: Array
    """Shape (out,)."""


@dataclass(frozen=True, slots=True)
class Norm:
    """A layer normalisation over d numbers."""

    gain: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class Attention:
    """Multi-head attention with the normalisation before it."""

    norm: Norm
    query: Linear
    key: Linear
    value: Linear
    out: Linear


@dataclass(frozen=True, slots=True)
class FeedForward:
    """The two-layer network of a block, with the normalisation before it."""

    norm: Norm
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True)
class Block:
    """A transformer block. `cross` looks at the encoder; the encoder's own blocks have none."""

    attention: Attention
    feed_forward: FeedForward
    cross: Attention | None = None


@dataclass(frozen=True, slots=True)
class Encoder:
    """Sound to states: 10 ms of mel spectrum in, one state for 20 ms out."""

    conv1: Array
    """Shape (d, mel bands, 3)."""
    conv1_bias: Array
    conv2: Array
    """Shape (d, d, 3), stride 2."""
    conv2_bias: Array
    positions: Array
    """Shape (1500, d)."""
    blocks: tuple[Block, ...]
    norm: Norm


@dataclass(frozen=True, slots=True)
class Decoder:
    """Tokens so far, and what the encoder heard, to the next token."""

    embedding: Array
    """Shape (vocabulary, d); also the last layer, transposed."""
    positions: Array
    """Shape (448, d)."""
    blocks: tuple[Block, ...]
    norm: Norm


@dataclass(frozen=True, slots=True)
class Whisper:
    """A whole model."""

    encoder: Encoder
    decoder: Decoder

    @property
    def width(self) -> int:
        """d: numbers in a state."""
        return int(self.encoder.positions.shape[1])

    @property
    def heads(self) -> int:
        """Attention heads of a block."""
        return self.width // HEAD_SIZE

    @property
    def mel_bands(self) -> int:
        """80, or 128 in the newest large models."""
        return int(self.encoder.conv1.shape[1])

"""The network in torch: the first layers of Whisper's encoder, frozen, and a head of our own."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn

from agent.voice.backends.whisper_weights import HEAD_SIZE, Array, Block, Linear, Norm, Whisper

LAYERS = 4
"""Of Whisper-base's six: later ones know more of words and languages than of sounds."""

HIDDEN, WIDTH, DROPOUT = 192, 5, 0.2
"""Of the head: numbers in a state, frames that its convolution sees, what is dropped."""

_LEAST = 1e-8
"""Least probability that a class can get."""


class Layer(nn.Module):
    """One transformer block: attention, then a two-layer network, each with its way around."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        attention, forward = block.attention, block.feed_forward
        parts = (attention.query, attention.key, attention.value)
        together = Linear(
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.bias for part in parts]),
        )
        self.attention_norm, self.attended = _norm(attention.norm), _linear(together)
        self.attention_out = _linear(attention.out)
        self.norm, self.up, self.down = (
            _norm(forward.norm),
            _linear(forward.up),
            _linear(forward.down),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, t, d), in and out."""
        batch, frames, width = x.shape
        apart = self.attended(self.attention_norm(x)).view(batch, frames, 3, -1, HEAD_SIZE)
        query, key, value = apart.permute(2, 0, 3, 1, 4).unbind(0)
        likeness = torch.softmax(query @ key.transpose(-1, -2) * HEAD_SIZE**-0.5, -1)
        seen = (likeness @ value).transpose(1, 2).reshape(batch, frames, width)
        x = x + self.attention_out(seen)
        return x + self.down(F.gelu(self.up(self.norm(x))))


class Encoder(nn.Module):
    """Whisper's first layers, which learn nothing here."""

    def __init__(self, whisper: Whisper) -> None:
        super().__init__()
        encoder = whisper.encoder
        self.first = _convolution(encoder.conv1, encoder.conv1_bias, stride=1)
        self.second = _convolution(encoder.conv2, encoder.conv2_bias, stride=2)
        self.register_buffer("positions", _tensor(encoder.positions))
        self.layers = nn.ModuleList(Layer(block) for block in encoder.blocks[:LAYERS])
        self.requires_grad_(False)

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, bands, 2 t) -> (batch, t, d)."""
        x = F.gelu(self.second(F.gelu(self.first(mel)))).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return x


class Head(nn.Module):
    """States -> how likely each class is in each frame. This is what is trained."""

    def __init__(self, width: int, classes: int, hidden: int = HIDDEN) -> None:
        """width: numbers in a state of the encoder; classes: with the blank, which is number 0."""
        super().__init__()
        self.inner, self.norm = nn.Linear(width, hidden), nn.LayerNorm(hidden)
        self.around = nn.Conv1d(hidden, hidden, WIDTH, padding=WIDTH // 2)
        self.out = nn.Linear(hidden, classes)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor) -> Tensor:
        """(batch, t, width) -> natural-log probabilities (batch, t, classes)."""
        x = F.gelu(self.norm(self.inner(self.dropout(states))))
        x = x + F.gelu(self.around(self.dropout(x).transpose(1, 2)).transpose(1, 2))
        return self.out(self.dropout(x)).log_softmax(-1)


class Sounds(nn.Module):
    """What ships: the spectrum of a sound -> classes, some of them joined."""

    def __init__(self, encoder: Encoder, head: Head, joined: Sequence[int]) -> None:
        """joined: for each class of the head, the class that it counts as."""
        super().__init__()
        self.encoder, self.head = encoder, head
        self.register_buffer("pool", F.one_hot(torch.tensor(joined)).float())

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, bands, 2 t) -> natural-log probabilities (batch, t, classes)."""
        return torch.log((self.head(self.encoder(mel)).exp() @ self.pool).clamp(min=_LEAST))


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


def _linear(weights: Linear) -> nn.Linear:
    layer = nn.Linear(weights.weight.shape[1], weights.weight.shape[0])
    layer.load_state_dict({"weight": _tensor(weights.weight), "bias": _tensor(weights.bias)})
    return layer


def _norm(weights: Norm) -> nn.LayerNorm:
    layer = nn.LayerNorm(len(weights.gain))
    layer.load_state_dict({"weight": _tensor(weights.gain), "bias": _tensor(weights.bias)})
    return layer


def _convolution(weight: Array, bias: Array, stride: int) -> nn.Conv1d:
    layer = nn.Conv1d(weight.shape[1], weight.shape[0], weight.shape[2], stride, padding=1)
    layer.load_state_dict({"weight": _tensor(weight), "bias": _tensor(bias)})
    return layer

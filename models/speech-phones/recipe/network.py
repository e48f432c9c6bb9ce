"""The head in torch: states of Whisper's frozen layers -> sounds. This is what is trained."""

import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn

HIDDEN, WIDTH, DROPOUT = 192, 5, 0.2
"""Numbers in a state, frames that the convolution sees, what is dropped."""


class Head(nn.Module):
    """States -> how likely each class is in each frame."""

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

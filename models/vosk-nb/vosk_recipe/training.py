"""Training in PyTorch, on a GPU when there is one: CTC on phones, no alignment needed beforehand.

Only this module needs torch (extra `train`); its result is a `Network` of plain arrays.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from .corpus import Example
from .features import COEFFICIENTS
from .network import CONTEXT, OFFSETS, STRIDE, Layer, Network
from .phones import PHONES


class Tdnn(nn.Module):
    """The time-delay network of `network`, with batch normalisation, which export folds away."""

    def __init__(self, hidden: int, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        sizes = [COEFFICIENTS, *[hidden] * (len(OFFSETS) - 1), len(PHONES)]
        self.affine = nn.ModuleList(
            nn.Linear(size * len(offsets), out)
            for size, out, offsets in zip(sizes, sizes[1:], OFFSETS, strict=False)
        )
        self.norm = nn.ModuleList(nn.BatchNorm1d(hidden) for _ in range(len(OFFSETS) - 1))
        self.drop = nn.Dropout(0.1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(batch, 2 * CONTEXT + t, 40) -> log posteriors (batch, ceil(t / 3), phones)."""
        hidden = (features - self.mean) / self.deviation
        step, length = 1, features.shape[1]
        for index, offsets in enumerate(OFFSETS):
            reach = max(offsets) // step
            apart = [reach + offset // step for offset in offsets]
            size = hidden.shape[1] - 2 * reach
            hidden = torch.cat([hidden[:, at : at + size] for at in apart], dim=2)
            if index == 0:  # From here on only every third frame is looked at.
                hidden = hidden[:, (CONTEXT - reach) % STRIDE :: STRIDE]
                step = STRIDE
            hidden = self.affine[index](hidden)
            if index < len(OFFSETS) - 1:
                hidden = self.norm[index](torch.relu(hidden).transpose(1, 2)).transpose(1, 2)
                hidden = self.drop(hidden)
        assert hidden.shape[1] >= (length - 2 * CONTEXT + STRIDE - 1) // STRIDE
        return torch.log_softmax(hidden, dim=2)

    def network(self) -> Network:
        """Plain arrays; the normalisations are folded into the affine maps that follow them."""
        scale = 1 / self.deviation.double()
        shift = -self.mean.double() * scale
        layers = []
        for index, (affine, offsets) in enumerate(zip(self.affine, OFFSETS, strict=True)):
            weights, bias = affine.weight.double(), affine.bias.double()
            bias = bias + weights @ shift.repeat(len(offsets))
            weights = weights * scale.repeat(len(offsets))
            layers.append(Layer(_array(weights), _array(bias), offsets))
            if index < len(self.norm):
                norm = self.norm[index]
                scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
                shift = norm.bias.double() - norm.running_mean.double() * scale
        return tuple(layers)


def train(
    make: Callable[[int], Sequence[Example]],
    epochs: int,
    hidden: int,
    report: Callable[[str], None],
    seed: int = 0,
    batch: int = 48,
) -> Network:
    """Train and return the network.

    make: epoch -> its examples; called once an epoch, so that each may be spoiled differently.
    """
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    examples = make(0)
    frames = torch.from_numpy(np.concatenate([each.features for each in examples]))
    model = Tdnn(hidden, frames.mean(0), frames.std(0)).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-3)
    rounds = epochs * (len(examples) // batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=rounds + epochs)
    criterion = nn.CTCLoss(zero_infinity=True)
    for epoch in range(epochs):
        examples = make(epoch) if epoch else examples
        model.train()
        losses = []
        for chosen in _batches(examples, batch, np.random.default_rng(seed + epoch)):
            padded, lengths, labels, sizes = _collate(chosen)
            posteriors = model(padded.to(device)).transpose(0, 1)
            loss = criterion(posteriors, labels, lengths, sizes)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        report(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f} for each phone")
    return model.eval().cpu().network()


def _batches(
    examples: Sequence[Example], size: int, generator: np.random.Generator
) -> list[list[Example]]:
    """Of about equal length each, in random order."""
    jitter = generator.uniform(0.9, 1.1, len(examples))
    order = np.argsort([len(each.features) for each in examples] * jitter)
    cut = [order[at : at + size] for at in range(0, len(order), size)]
    return [[examples[at] for at in cut[place]] for place in generator.permutation(len(cut))]


def _collate(
    chosen: Sequence[Example],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features with their ends repeated, output lengths, labels in a row, label lengths."""
    longest = max(len(each.features) for each in chosen)
    padded = np.stack(
        [
            np.pad(
                each.features,
                ((CONTEXT, CONTEXT + longest - len(each.features)), (0, 0)),
                mode="edge",
            )
            for each in chosen
        ]
    )
    lengths = torch.tensor([-(-len(each.features) // STRIDE) for each in chosen])
    labels = torch.tensor([phone for each in chosen for phone in each.phones])
    sizes = torch.tensor([len(each.phones) for each in chosen])
    return torch.from_numpy(padded), lengths, labels, sizes


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.detach().numpy(), np.float32)

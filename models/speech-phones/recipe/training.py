"""The head learns from the features with CTC: it is told what was said, not when."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .corpus import Example
from .network import Head
from .sounds import TRAINED
from .speech import Say

EPOCHS = 10
BATCH = 48
RATE = 2e-3

LEAST = 4
"""Sounds by which an utterance counts that has fewer: noise has none, and weighs like a word."""


def train(examples: Sequence[Example], epochs: int, seed: int, say: Say) -> Head:
    """A trained head. Raises ValueError when there is nothing to learn from."""
    if not examples:
        raise ValueError("no examples")
    torch.manual_seed(seed)
    head = Head(examples[0].features.shape[1], len(TRAINED) + 1)
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=1e-3)
    steps = epochs * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps + 1, pct_start=0.15
    )
    for epoch in range(epochs):
        head.train()
        losses = []
        for chosen in _batches(examples, np.random.default_rng((seed, epoch))):
            loss = _losses(head, chosen).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        say(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f} for each sound")
    return head.eval()


def loss_of(head: Head, examples: Sequence[Example]) -> float:
    """The mean CTC loss for each sound, in natural-log units; NaN without examples."""
    head.eval()
    total = 0.0
    with torch.no_grad():
        for at in range(0, len(examples), BATCH):
            total += _losses(head, examples[at : at + BATCH]).sum().item()
    return total / len(examples) if examples else float("nan")


def _losses(head: Head, examples: Sequence[Example]) -> Tensor:
    """Shape (n,): of each example, by the number of its sounds, or `LEAST`."""
    lengths = torch.tensor([len(each.features) for each in examples])
    sizes = torch.tensor([len(each.labels) for each in examples])
    labels = torch.tensor([label for each in examples for label in each.labels])
    states = [torch.from_numpy(each.features.astype(np.float32)) for each in examples]
    logs = head(nn.utils.rnn.pad_sequence(states, batch_first=True)).transpose(0, 1)
    found = nn.functional.ctc_loss(
        logs, labels, lengths, sizes, zero_infinity=True, reduction="none"
    )
    return found / sizes.clamp(min=LEAST)


def _batches(
    examples: Sequence[Example], generator: np.random.Generator
) -> Iterator[list[Example]]:
    """Of about equal length each, in random order."""
    lengths = np.array([len(each.features) for each in examples])
    order = np.argsort(lengths + generator.uniform(0, 8, len(examples)))
    cuts = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    for place in generator.permutation(len(cuts)):
        yield [examples[at] for at in cuts[place]]

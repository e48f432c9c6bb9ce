"""Synthetic speech -> what is learnt from: features, and the sounds said."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from agent.frames import Samples

from .features import Features, Hearing
from .sounds import numbers
from .speech import Family, Say, Spoken
from .spoil import spoil

HELD_OUT = 20
"""Every so-manieth utterance is not learnt from, with all its copies."""

QUICK, QUICK_SHARE = 100, 15
"""Utterances of each family in a quick run at most, and so-manieth part of its own number."""

_CROWD = 300
"""Utterances that may be the noise behind others."""


@dataclass(frozen=True, slots=True)
class Example:
    """A spoilt utterance as the head hears it."""

    features: Features
    labels: tuple[int, ...]
    """Classes of training, from 1."""


@dataclass(slots=True)
class Corpus:
    """What is learnt from, and what only measures."""

    learnt: list[Example] = field(default_factory=list)
    held_out: list[Example] = field(default_factory=list)


def gather(
    families: Iterable[Family],
    hearing: Hearing,
    generator: np.random.Generator,
    say: Say,
    quick: bool = False,
) -> Corpus:
    """Let every family that is installed speak.

    quick: only a few utterances of each, and one copy, to see whether every step works.
    """
    corpus = Corpus()
    for family in families:
        if not family.is_there():
            say(f"{family.name}: left out, not installed ({family.needs})")
            continue
        before = len(corpus.learnt) + len(corpus.held_out)
        count = min(QUICK, -(-family.count // QUICK_SHARE)) if quick else family.count
        utterances = family.speak(count, generator, say)
        _add(utterances, family, 1 if quick else family.copies, corpus, hearing, generator)
        say(f"{family.name}: {len(corpus.learnt) + len(corpus.held_out) - before} utterances")
    return corpus


def _add(
    utterances: Iterable[Spoken],
    family: Family,
    copies: int,
    corpus: Corpus,
    hearing: Hearing,
    generator: np.random.Generator,
) -> None:
    crowd: list[Samples] = []
    for number, spoken in enumerate(utterances):
        kept = corpus.learnt if (number + 1) % HELD_OUT else corpus.held_out
        labels = tuple(numbers(spoken.sounds))
        for _ in range(copies):
            other = crowd[int(generator.integers(len(crowd)))] if crowd else None
            features = hearing.hear(spoil(spoken.samples, generator, other))
            if len(features) > 2 * len(labels):  # CTC may need a blank between two sounds.
                kept.append(Example(features, labels))
        if family.crowd and len(crowd) < _CROWD:
            crowd.append(np.concatenate([spoken.samples, spoken.samples[::-1]]))

"""Recordings and synthetic speech -> training examples."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice import wav

from . import synthetic
from .align import Alignment, align
from .features import Features, mfcc
from .network import STRIDE, Network, posteriors
from .phones import PHONES
from .pronounce import Pronouncer, words_of
from .readers import Clip
from .sound import spoil

WORST_PER_PHONE = -4.0
"""A recording that fits its transcript worse than this, in natural log a phone, is left out."""

LONGEST_S = 8.0
"""Longer recordings are cut between words."""

FRAMES = STRIDE * SAMPLE_RATE // 100
"""Samples in one output of the network: 30 ms."""


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance to learn from."""

    features: Features
    phones: tuple[int, ...]
    """Indices into `PHONES`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording, and the phones in it."""

    samples: Samples
    phones: tuple[str, ...]


def synthetic_examples(
    pronouncer: Pronouncer,
    phrases: Sequence[str],
    vocabulary: Sequence[str],
    count: int,
    seed: int,
) -> list[Example]:
    """Fresh synthetic speech of the training voices, spoilt; about 4 ms of CPU each."""
    generator = np.random.default_rng(seed)
    texts = synthetic.texts(phrases, vocabulary, count, generator)
    spoken = synthetic.utterances(pronouncer, synthetic.TRAINED, texts, generator)
    return list(examples(((s.samples, s.phones) for s in spoken), generator))


def recorded_examples(pieces: Iterable[Piece], seed: int) -> list[Example]:
    """Recordings, spoilt like the synthetic speech."""
    pairs = ((piece.samples, piece.phones) for piece in pieces)
    return list(examples(pairs, np.random.default_rng(seed)))


def examples(
    said: Iterable[tuple[Samples, Sequence[str]]], generator: np.random.Generator
) -> Iterator[Example]:
    """Spoil each and take its features; what is too short for its phones is left out."""
    for samples, phones in said:
        features = mfcc(spoil(samples, generator))
        numbers = tuple(PHONES.index(phone) for phone in phones)
        if len(features) >= STRIDE * 1.3 * len(numbers) and numbers:
            yield Example(features, numbers)


def pieces(
    clips: Iterable[Clip],
    pronouncer: Pronouncer,
    network: Network,
    left_out: Callable[[Clip], None],
) -> Iterator[Piece]:
    """Align recordings with a first network: how each was said, whether it was, and where to cut.

    left_out: told of each clip that cannot be read or does not say its text.
    """
    for clip in clips:
        words = words_of(clip.text)
        try:
            samples = wav.decode(clip.path.read_bytes())
        except (OSError, ValueError):
            left_out(clip)
            continue
        variants = [said for said in pronouncer.variants(words) if said]
        scores = posteriors(network, mfcc(samples))
        aligned = [(align(scores, [PHONES.index(p) for p in said]), said) for said in variants]
        best, said = max(aligned, key=lambda pair: pair[0].per_phone, default=(None, ()))
        if best is None or best.per_phone < WORST_PER_PHONE:
            left_out(clip)
            continue
        yield from cut(samples, said, best)


def cut(samples: Samples, phones: Sequence[str], alignment: Alignment) -> Iterator[Piece]:
    """Whole when short; else in pieces of `LONGEST_S` at most, cut where a pause is longest."""
    limit = round(LONGEST_S * SAMPLE_RATE / FRAMES)
    first, begin = 0, 0
    end = len(samples) // FRAMES + 1
    while end - begin > limit:
        inside = [
            at
            for at in range(first + 1, len(phones))
            if begin + limit // 3 < alignment.spans[at][0] <= begin + limit
        ]
        if not inside:
            return  # Nothing to cut at: silence, or a transcript that is much too short.
        at = max(inside, key=lambda at: alignment.spans[at][0] - alignment.spans[at - 1][1])
        here = (alignment.spans[at - 1][1] + alignment.spans[at][0]) // 2
        yield Piece(samples[begin * FRAMES : here * FRAMES], tuple(phones[first:at]))
        first, begin = at, here
    yield Piece(samples[begin * FRAMES :], tuple(phones[first:]))

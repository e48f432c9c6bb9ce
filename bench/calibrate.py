"""The weights that turn fits into log-odds.

    python -m bench.calibrate TABLE.tsv [TABLE.tsv ...]

Maximum likelihood of a softmax over the phrases and «none of these», for the recogniser of sounds
alone and for the fused one, on tables as `hodekamera bench-words` reads them and on the shipped
commands and sentences of talk said by synthetic voices. Each of these sets weighs the same. The
shortlist for the third opinion is made with the present weights.
Prints the lines for `models/speech-phones/network.yaml`.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import Samples
from agent.measuring.sound import decode, whole
from agent.measuring.table import read
from agent.recognisers import WORDS
from agent.voice.backends.fused import FusedRecogniser
from agent.voice.base import Utterance
from agent.voice.commands import Grammar
from bench.hearing import MODEL, ROOT, hardest_state, shipped_commands, states, utterances
from bench.make_sounds import pronunciation
from bench.sets import EVERYDAY, NEAR_MISSES
from bench.voices import Speaker, say

PHONES = ROOT / "models" / "speech-phones" / "speech-phones.onnx"

SMOOTHING = 0.002
"""What the square of a weight costs, so that few recordings do not make the scores too sure."""

VOICES = (
    *(Speaker("m2", 45, 155), Speaker("f3", 55, 140), Speaker("m6", 50, 170)),
    *(Speaker("steph", 50, 150), Speaker("michel", 45, 165)),
)
"""Of the kind that was trained on: they show what long phrases and sentences score. What speech of
another kind scores, the tables show."""

NOISE_DB = (30, 10)

LEAST = -400.0
"""Fits below this are alike."""

STEPS, RATE = 600, 0.05

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One recording."""

    features: Numbers
    """Shape (phrases, 4): of each on the shortlist what its `Opinions` are, the excess negative."""
    sounds: int
    """As in `Evidence`."""
    said: bool
    """Whether it was one of the valid phrases."""
    right: Places
    """Shape (phrases,): those that mean what was said. All False although `said`: the shortlist has
    lost it."""
    of: str
    """The set that it belongs to."""


class Measure:
    """The recogniser, prepared for one set of phrases at a time."""

    def __init__(self) -> None:
        words = str(ROOT / "models" / WORDS)
        self._fused = FusedRecogniser(
            str(PHONES), pronunciation(), templates=str(MODEL), words=words
        )

    def prepare(self, phrases: Sequence[str]) -> None:
        """Before the first example with these phrases or some of them."""
        self._fused.prepare(phrases)

    def example(
        self, utterance: Utterance, phrases: Sequence[str], meant: Collection[str], of: str
    ) -> Example:
        """What the three make of an utterance. meant: the phrases that mean what was said."""
        evidence = self._fused.evidence(utterance, phrases)
        features = [
            [max(each.fit, LEAST), -each.excess, each.lead, each.words]
            for each in evidence.phrases.values()
        ]
        right = np.array([phrase in meant for phrase in evidence.phrases], bool)
        numbers = np.array(features, float).reshape(-1, 4)
        return Example(numbers, evidence.sounds, bool(meant), right, of)


def of_tables(measure: Measure, tables: Sequence[Path]) -> Iterator[Example]:
    """Every row of the tables."""
    for table in tables:
        rows = read(table)
        for vocabulary in dict.fromkeys(row.vocabulary for row in rows):
            measure.prepare(vocabulary)
            for row in rows:
                if row.vocabulary == vocabulary:
                    utterance = whole(decode(table.with_suffix("") / row.wav))
                    meant = () if row.label is None else (row.label,)
                    yield measure.example(utterance, vocabulary, meant, table.stem)


def of_commands(measure: Measure) -> Iterator[Example]:
    """The shipped commands, clean and in noise, and sentences that are none."""
    table = shipped_commands()
    everything, grammars = Grammar(table), states(table)
    measure.prepare(everything.phrases)
    chance = np.random.default_rng(0)
    for number, phrase in enumerate(everything.phrases):
        sound = say(phrase, VOICES[number % len(VOICES)])
        command = everything.command_of(phrase)
        grammar = hardest_state(command, grammars)
        meant = [each for each in grammar.phrases if grammar.command_of(each) is command]
        for utterance in utterances(sound)[:1]:
            for noise_db in NOISE_DB:
                noisy = replace(utterance, samples=_noisy(utterance.samples, noise_db, chance))
                yield measure.example(noisy, grammar.phrases, meant, f"commands at {noise_db} dB")
    for file in (NEAR_MISSES, EVERYDAY):
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            if line and not line.startswith("#"):
                for utterance in utterances(say(line, VOICES[number % len(VOICES)])):
                    yield measure.example(utterance, grammars[-1].phrases, (), file.stem)


def _noisy(sound: Samples, noise_db: float, chance: np.random.Generator) -> Samples:
    level = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) * 10 ** (-noise_db / 20)
    noisy = sound + level * chance.standard_normal(len(sound))
    return np.asarray(np.clip(noisy, -32767, 32767), np.int16)


def log_odds(example: Example, weights: Numbers) -> tuple[bool, float]:
    """Whether the best phrase is right, and its log-odds against all that mean something else."""
    scores, right = _scores(example, weights), np.append(example.right, not example.said)
    if len(scores) == 1:
        return False, -np.inf
    best = int(scores[:-1].argmax())
    against = ~right if right[best] else np.arange(len(scores)) != best
    return bool(right[best]), float(scores[best] - np.logaddexp.reduce(scores[against]))


def _scores(example: Example, weights: Numbers) -> Numbers:
    """Of the phrases, and last of «none of these»."""
    return np.append(example.features @ weights[:4], weights[5] - weights[4] * example.sounds)


def fit_weights(found: Sequence[Example], use: Numbers) -> Numbers:
    """Gradient ascent (Adam); use: 1 for a weight that may move, 0 for one that stays 0.

    weights: fit, excess, templates, words, sound, doubt. The recordings of phrases of each set, and
    those of anything else, weigh the same in all.
    """
    weights = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.0]) * use
    learnt = [example for example in found if example.right.any() or not example.said]
    sizes = Counter((example.of, example.said) for example in learnt)
    mean, spread = np.zeros(len(weights)), np.zeros(len(weights))
    for step in range(1, STEPS + 1):
        slope = -2 * SMOOTHING * weights * np.array([1, 1, 1, 1, 1, 0.1])
        for example in learnt:
            weight = 1 / sizes[example.of, example.said] / len(sizes)
            slope += weight * _slope(example, weights)
        mean, spread = 0.9 * mean + 0.1 * slope, 0.99 * spread + 0.01 * slope**2
        move = (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-9)
        weights = weights + RATE * (1 - step / STEPS) * move * use
    return weights


def _slope(example: Example, weights: Numbers) -> Numbers:
    scores, right = _scores(example, weights), np.append(example.right, not example.said)
    likely = np.exp(scores - np.logaddexp.reduce(scores))
    wanted = np.where(right, np.exp(scores - np.logaddexp.reduce(scores[right])), 0)
    off = wanted - likely
    return np.array([*(off[:-1] @ example.features), -off[-1] * example.sounds, off[-1]])


def report(found: Sequence[Example], weights: Numbers) -> Iterator[str]:
    """For every set of phrases: top-1, and what is accepted where few others are."""
    decided = [(each, *log_odds(each, weights)) for each in found]
    for of in dict.fromkeys(each.of for each in found if each.said):
        said = [(right, odds) for each, right, odds in decided if each.said and each.of == of]
        # The commands have no others of their own: all talk stands for them.
        others = [odds for each, _, odds in decided if not each.said and each.of == of]
        others = others or [odds for each, _, odds in decided if not each.said]
        cells = [f"{of}: top-1 {np.mean([right for right, _ in said]):.3f}"]
        for share in (0.01, 0.03, 0.05):
            limit = np.quantile(others, 1 - share, method="higher")
            accepted = np.mean([right and odds > limit for right, odds in said])
            cells.append(f"{accepted:.3f} at {share:.0%} (log-odds {limit:.2f})")
        yield ", ".join(cells)


def main() -> None:
    """Print weights and what they give on what they were made of."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tables", nargs="+", type=Path)
    measure = Measure()
    tables: Sequence[Path] = arguments.parse_args().tables
    found = [*of_tables(measure, tables), *of_commands(measure)]
    for name, use in (("weights", (1, 1, 0, 0, 1, 1)), ("fused", (1, 1, 1, 1, 1, 1))):
        weights = fit_weights(found, np.array(use, float))
        pairs = zip(
            ("fit", "excess", "templates", "words", "sound", "doubt"), weights.round(3), strict=True
        )
        line = ", ".join(f"{key}: {value}" for key, value in pairs if value)
        sys.stdout.write("\n  ".join([f"{name}: {{{line}}}", *report(found, weights)]) + "\n")


if __name__ == "__main__":
    main()

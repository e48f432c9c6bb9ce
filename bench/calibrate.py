"""The weights that turn fits into log-odds.

    python -m bench.calibrate TABLE.tsv [TABLE.tsv ...]

Maximum likelihood of a softmax over the phrases and «none of these», for the recogniser of sounds
alone and with the templates, on tables as `hodekamera bench-words` reads them and on the shipped
commands and sentences of talk said by synthetic voices. Each of these sets weighs the same.
Prints the lines for `models/speech-phones/network.yaml`.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.frames import Samples
from agent.measuring.sound import decode, whole
from agent.measuring.table import read
from agent.voice.backends.phones import PhoneRecogniser
from agent.voice.backends.templates import TemplateRecogniser
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


@dataclass(frozen=True, slots=True)
class Example:
    """One recording."""

    features: Numbers
    """Shape (phrases, 2): the fit, and the lead of the templates."""
    sounds: int
    right: int
    """The phrase that was said, by number; -1 for none."""
    of: str
    """The set that it belongs to."""


class Measure:
    """Both recognisers, prepared for one set of phrases at a time."""

    def __init__(self) -> None:
        self._phones = PhoneRecogniser(str(PHONES))
        self._templates = TemplateRecogniser(str(MODEL), pronunciation())

    def prepare(self, phrases: Sequence[str]) -> None:
        """Before the first example with these phrases or some of them."""
        self._phones.prepare(phrases)
        self._templates.prepare(phrases)

    def example(
        self, utterance: Utterance, phrases: Sequence[str], said: str | None, of: str
    ) -> Example:
        """What the two make of an utterance."""
        fit = self._phones.fit(utterance, phrases)
        alike = self._templates.score(utterance, phrases)
        features = [
            [max(fit.phrases[phrase], LEAST), alike.phrases[phrase] - alike.garbage]
            for phrase in phrases
        ]
        right = phrases.index(said) if said is not None else -1
        return Example(np.array(features), fit.sounds, right, of)


def of_tables(measure: Measure, tables: Sequence[Path]) -> Iterator[Example]:
    """Every row of the tables."""
    for table in tables:
        rows = read(table)
        for vocabulary in dict.fromkeys(row.vocabulary for row in rows):
            measure.prepare(vocabulary)
            for row in rows:
                if row.vocabulary == vocabulary:
                    utterance = whole(decode(table.with_suffix("") / row.wav))
                    yield measure.example(utterance, vocabulary, row.label, table.stem)


def of_commands(measure: Measure) -> Iterator[Example]:
    """The shipped commands, clean and in noise, and sentences that are none."""
    table = shipped_commands()
    everything, grammars = Grammar(table), states(table)
    measure.prepare(everything.phrases)
    chance = np.random.default_rng(0)
    for number, phrase in enumerate(everything.phrases):
        sound = say(phrase, VOICES[number % len(VOICES)])
        phrases = hardest_state(everything.command_of(phrase), grammars).phrases
        for utterance in utterances(sound)[:1]:
            for noise_db in NOISE_DB:
                noisy = replace(utterance, samples=_noisy(utterance.samples, noise_db, chance))
                yield measure.example(noisy, phrases, phrase, f"commands at {noise_db} dB")
    for file in (NEAR_MISSES, EVERYDAY):
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            if line and not line.startswith("#"):
                for utterance in utterances(say(line, VOICES[number % len(VOICES)])):
                    yield measure.example(utterance, grammars[-1].phrases, None, file.stem)


def _noisy(sound: Samples, noise_db: float, chance: np.random.Generator) -> Samples:
    level = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) * 10 ** (-noise_db / 20)
    noisy = sound + level * chance.standard_normal(len(sound))
    return np.asarray(np.clip(noisy, -32767, 32767), np.int16)


def log_odds(example: Example, weights: Numbers) -> tuple[int, float]:
    """The best phrase's number and its log-odds. weights: fit, templates, sound, doubt."""
    scores = _scores(example, weights)
    best = int(scores[:-1].argmax())
    others = np.delete(scores, best)
    return best, float(scores[best] - np.logaddexp.reduce(others))


def _scores(example: Example, weights: Numbers) -> Numbers:
    return np.append(example.features @ weights[:2], weights[3] - weights[2] * example.sounds)


def fit_weights(found: Sequence[Example], use: Numbers) -> Numbers:
    """Gradient ascent (Adam); use: 1 for a weight that may move, 0 for one that stays 0.

    The recordings of phrases of each set, and those of anything else, weigh the same in all.
    """
    weights = np.array([0.2, 0.2, 0.2, 0.0]) * use
    sizes = Counter((example.of, example.right >= 0) for example in found)
    mean, spread = np.zeros(4), np.zeros(4)
    for step in range(1, STEPS + 1):
        slope = -2 * SMOOTHING * weights * np.array([1, 1, 1, 0.1])
        for example in found:
            weight = 1 / sizes[example.of, example.right >= 0] / len(sizes)
            slope += weight * _slope(example, weights)
        mean, spread = 0.9 * mean + 0.1 * slope, 0.99 * spread + 0.01 * slope**2
        move = (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-9)
        weights = weights + RATE * (1 - step / STEPS) * move * use
    return weights


def _slope(example: Example, weights: Numbers) -> Numbers:
    scores = _scores(example, weights)
    likely = np.exp(scores - np.logaddexp.reduce(scores))
    target = np.zeros_like(likely)
    target[example.right] = 1  # -1 is the last one: none of these.
    off = target - likely
    return np.array([*(off[:-1] @ example.features), -off[-1] * example.sounds, off[-1]])


def report(found: Sequence[Example], weights: Numbers) -> Iterator[str]:
    """For every set of phrases: top-1, and what is accepted where few others are."""
    decided = [(each, *log_odds(each, weights)) for each in found]
    for of in dict.fromkeys(each.of for each in found if each.right >= 0):
        said = [(each.right == best, odds) for each, best, odds in decided if _says(each, of)]
        # The commands have no others of their own: all talk stands for them.
        others = [odds for each, _, odds in decided if each.right < 0 and each.of == of]
        others = others or [odds for each, _, odds in decided if each.right < 0]
        cells = [f"{of}: top-1 {np.mean([hit for hit, _ in said]):.3f}"]
        for share in (0.01, 0.03, 0.05):
            limit = np.quantile(others, 1 - share)
            right = np.mean([hit and odds > limit for hit, odds in said])
            cells.append(f"{right:.3f} at {share:.0%} (log-odds {limit:.2f})")
        yield ", ".join(cells)


def _says(example: Example, of: str) -> bool:
    return example.of == of and example.right >= 0


def main() -> None:
    """Print weights and what they give on what they were made of."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tables", nargs="+", type=Path)
    measure = Measure()
    tables: Sequence[Path] = arguments.parse_args().tables
    found = [*of_tables(measure, tables), *of_commands(measure)]
    for name, use in (("weights", (1, 0, 1, 1)), ("fused", (1, 1, 1, 1))):
        weights = fit_weights(found, np.array(use, float))
        fit, templates, sound, doubt = weights.round(3).tolist()
        line = f"{name}: {{fit: {fit}, sound: {sound}, doubt: {doubt}, templates: {templates}}}"
        sys.stdout.write("\n  ".join([line, *report(found, weights)]) + "\n")


if __name__ == "__main__":
    main()

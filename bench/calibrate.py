"""The weights that turn fits into log-odds.

    python -m bench.calibrate [TABLE.tsv ...]

For the recogniser of sounds alone and for the fused one, on synthetic speech alone: the shipped
commands in made-up noises and rooms, words of a closed choice, and sentences that are no command.
Nothing of tables as `hodekamera bench-words` reads them goes into the weights; with them it is told
what the weights give there. The shortlist for the third opinion is made with the present weights.
Prints the lines for `models/speech-phones/network.yaml`.
"""

import argparse
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from agent.frames import SAMPLE_RATE
from agent.measuring.sound import decode, whole
from agent.measuring.table import read
from agent.recognisers import WORDS
from agent.voice.backends.fused import FusedRecogniser
from agent.voice.base import Utterance
from agent.voice.commands import Grammar
from agent.voice.segmenter import SegmenterSettings
from bench.conditions import CLEAN, CONDITIONS, Condition, arrive, lead_s, places
from bench.hearing import MODEL, ROOT, hardest_state, shipped_commands, states
from bench.make_sounds import pronunciation
from bench.sentences import EVERYDAY, NEAR_MISSES, sentences
from bench.sets import CHOICE, Cutter, overlapping
from bench.voices import TUNED, say
from bench.weights import NAMES, Example, fit_weights, report

PHONES = ROOT / "models" / "speech-phones" / "speech-phones.onnx"

SAID_IN = (CLEAN, Condition("noise 10 dB", 10), Condition("room", room=True))
"""How words and sentences arrive, in turn."""

LEAST = -400.0
"""Fits below this are alike."""


COMMANDS, WORD = "commands", "one of 16 words"
"""The kinds of set."""


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
        self,
        utterance: Utterance,
        phrases: Sequence[str],
        meant: Collection[str],
        of: str,
        kind: str,
    ) -> Example:
        """What the three make of an utterance.

        meant: the phrases that mean what was said; of, kind: as in `Example`.
        """
        evidence = self._fused.evidence(utterance, phrases)
        features = [
            [max(each.fit, LEAST), -each.excess, each.lead, each.words]
            for each in evidence.phrases.values()
        ]
        right = np.array([phrase in meant for phrase in evidence.phrases], bool)
        numbers = np.array(features, float).reshape(-1, 4)
        return Example(numbers, evidence.sounds, evidence.clarity, bool(meant), right, of, kind)


class Studio:
    """Speech as the agent would get it."""

    def __init__(self) -> None:
        self._where = places(None)
        self._cutter = Cutter(SegmenterSettings())
        self._said = 0

    def say(self, text: str, condition: Condition) -> tuple[Utterance, ...]:
        """By the next speaker, in the next noise and room."""
        self._said += 1
        speech = say(text, TUNED[self._said % len(TUNED)])
        stream, _ = arrive(speech, condition, self._where, self._said)
        begins = round(lead_s(condition) * SAMPLE_RATE)
        return overlapping(self._cutter(stream), begins, begins + len(speech))


def of_commands(measure: Measure, studio: Studio) -> Iterator[Example]:
    """The shipped commands, however they arrive, and sentences that are none."""
    table = shipped_commands()
    everything, grammars = Grammar(table), states(table)
    measure.prepare(everything.phrases)
    for condition in CONDITIONS:
        for phrase in everything.phrases:
            command = everything.command_of(phrase)
            grammar = hardest_state(command, grammars)
            meant = [each for each in grammar.phrases if grammar.command_of(each) is command]
            for utterance in studio.say(phrase, condition)[:1]:
                yield measure.example(utterance, grammar.phrases, meant, condition.name, COMMANDS)
    for file in (NEAR_MISSES, EVERYDAY):
        for condition in SAID_IN:
            for line in sentences(file):
                for utterance in studio.say(line, condition):
                    yield measure.example(utterance, grammars[-1].phrases, (), file.stem, COMMANDS)


def of_words(measure: Measure, studio: Studio) -> Iterator[Example]:
    """One of 16 words, and as many others."""
    text = " ".join([*sentences(EVERYDAY), *sentences(NEAR_MISSES)]).casefold()
    words = sorted(set(re.findall(r"[a-zæøå]{3,}", text)))
    order = np.random.default_rng(0).permutation(words).tolist()
    groups = [order[at : at + CHOICE] for at in range(0, len(order) - CHOICE + 1, CHOICE)]
    for group, others in zip(groups, [*groups[1:], groups[0]], strict=True):
        measure.prepare(group)
        for number, word in enumerate([*group, *others]):
            condition = SAID_IN[number % len(SAID_IN)]
            for utterance in studio.say(word, condition)[:1]:
                yield measure.example(utterance, group, {word} & set(group), "words", WORD)


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
                    yield measure.example(utterance, vocabulary, meant, table.stem, WORD)


def main() -> None:
    """Print weights, and what they give on what they were made of and on the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("tables", nargs="*", type=Path)
    measure, studio = Measure(), Studio()
    tables: Sequence[Path] = arguments.parse_args().tables
    learnt = [*of_commands(measure, studio), *of_words(measure, studio)]
    others = [*of_tables(measure, tables)]
    for name, use in (("weights", (1, 1, 0, 0, 1, 1, 1)), ("fused", (1, 1, 1, 1, 1, 1, 1))):
        weights = fit_weights(learnt, np.array(use, float))
        pairs = zip(NAMES, weights.round(3), strict=True)
        line = ", ".join(f"{key}: {value}" for key, value in pairs if value)
        told = [*report(learnt, weights), *report(others, weights)]
        sys.stdout.write("\n  ".join([f"{name}: {{{line}}}", *told]) + "\n")


if __name__ == "__main__":
    main()

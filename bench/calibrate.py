"""The weights that turn fits into log-odds.

    python -m bench.calibrate [--people] [TABLE.tsv ...]

For the recogniser of sounds alone and for the fused one: on synthetic speech, the shipped commands
in made-up noises and rooms, words of a closed choice, and sentences that are no command. With
`--people` also on people's announcements in five languages (`bench.announcers`), one of a closed
choice each: synthetic voices alone make too little of the opinion that knows people best, but such
weights bear echo less. Nothing of tables as `hodekamera bench-words` reads them goes into the
weights; with them it is told what the weights give there. The shortlist for the third opinion is
made with the present weights. Prints the lines for `models/speech-phones/network.yaml`.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.sound import decode, whole
from agent.measuring.table import read
from agent.recognisers import WORDS
from agent.voice.backends.fused import FusedRecogniser
from agent.voice.base import Utterance
from agent.voice.commands import Grammar
from agent.voice.segmenter import SegmenterSettings
from agent.voice.spelling import Speller
from bench.announcers import ANNOUNCERS
from bench.conditions import CLEAN, CONDITIONS, Condition, arrive, lead_s, places
from bench.hearing import MODEL, ROOT, hardest_state, shipped_commands, states
from bench.make_sounds import pronunciation
from bench.sentences import EVERYDAY, NEAR_MISSES, sentences
from bench.sets import Cutter, choices, overlapping
from bench.voices import TUNED, say
from bench.weights import NAMES, Example, fit_weights, report

PHONES = ROOT / "models" / "speech-phones" / "speech-phones.onnx"

SAID_IN = (CLEAN, Condition("noise 10 dB", 10), Condition("room", room=True))
"""How words and sentences arrive, in turn."""

LEAST = -400.0
"""Fits below this are alike."""


COMMANDS, WORD, PEOPLE = "commands", "one of 16 words", "one of 16 announcements"
"""The kinds of set."""


class Measure:
    """The recogniser, prepared for one set of phrases at a time."""

    def __init__(self, fused: FusedRecogniser) -> None:
        self._fused = fused

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


def fused(words: Path, speller: Speller | None = None, language: str = "nb") -> FusedRecogniser:
    """The recogniser with the present networks; words: the folder of its word scorer."""
    return FusedRecogniser(
        str(PHONES),
        pronunciation() if language == "nb" else {},
        templates=str(MODEL),
        words=str(words),
        speller=speller,
        language=language,
    )


class Studio:
    """Speech as the agent would get it."""

    def __init__(self) -> None:
        self._where = places(None)
        self._cutter = Cutter(SegmenterSettings())
        self._said = 0

    def say(self, text: str, condition: Condition) -> tuple[Utterance, ...]:
        """By the next speaker, in the next noise and room."""
        return self.hear(say(text, TUNED[(self._said + 1) % len(TUNED)]), condition)

    def hear(self, speech: Samples, condition: Condition) -> tuple[Utterance, ...]:
        """speech: shape (n,), int16, 16 kHz, without silence at its ends."""
        self._said += 1
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
    """Words of our own sentences."""
    text = " ".join([*sentences(EVERYDAY), *sentences(NEAR_MISSES)]).casefold()
    words = sorted(set(re.findall(r"[a-zæøå]{3,}", text)))
    order = np.random.default_rng(0).permutation(words).tolist()
    for group, said in in_choices(order):
        measure.prepare(group)
        for text, condition in said:
            for utterance in studio.say(text, condition)[:1]:
                yield measure.example(utterance, group, {text} & set(group), "words", WORD)


def of_people(whisper: Path, studio: Studio) -> Iterator[Example]:
    """What people announce, each in a language of their own. whisper: the folder of its weights."""
    for who in ANNOUNCERS:
        said = who.announcements()
        with tempfile.TemporaryDirectory() as folder:
            measure = Measure(fused(who.words(whisper, Path(folder)), who, who.voice))
            for group, chosen in in_choices(list(said)):
                measure.prepare(group)
                for text, condition in chosen:
                    for utterance in studio.hear(said[text], condition)[:1]:
                        meant = {text} & set(group)
                        yield measure.example(utterance, group, meant, who.language, PEOPLE)


def in_choices(
    texts: Sequence[str],
) -> Iterator[tuple[Sequence[str], Sequence[tuple[str, Condition]]]]:
    """16 that are valid at a time; they and as many others are said, and how they arrive."""
    groups = choices(texts)
    for group, others in zip(groups, [*groups[1:], groups[0]], strict=True):
        said = [*group, *others]
        yield group, [(text, SAID_IN[at % len(SAID_IN)]) for at, text in enumerate(said)]


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
    add = arguments.add_argument
    add("--people", action="store_true", help="also what people announce")
    add("--whisper", type=Path, default=ROOT / "models" / "whisper-base", help="(%(default)s)")
    options = arguments.parse_args()
    tables: Sequence[Path] = options.tables
    norwegian, studio = Measure(fused(ROOT / "models" / WORDS)), Studio()
    learnt = [*of_commands(norwegian, studio), *of_words(norwegian, studio)]
    if options.people:
        learnt += of_people(options.whisper, Studio())
    others = [*of_tables(norwegian, tables)]
    for name, use in (("weights", (1, 1, 0, 0, 1, 1, 1)), ("fused", (1, 1, 1, 1, 1, 1, 1))):
        weights = fit_weights(learnt, np.array(use, float))
        pairs = zip(NAMES, weights.round(3), strict=True)
        line = ", ".join(f"{key}: {value}" for key, value in pairs if value)
        told = [*report(learnt, weights), *report(others, weights)]
        sys.stdout.write("\n  ".join([f"{name}: {{{line}}}", *told]) + "\n")


if __name__ == "__main__":
    main()

"""What goes with the network of sounds: its classes, how words are spelt, and its weights."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.faults import Fault, PartError
from agent.voice.spelling import Spelling, alternatives, classes

SPELLING, NETWORK = "norwegian.yaml", "network.yaml"


@dataclass(frozen=True, slots=True)
class Weights:
    """How fits become scores; chosen with `python -m bench.calibrate`."""

    fit: float
    """Of one natural-log unit of fit."""
    excess: float
    """What a phrase pays for one natural-log unit of excess: for more being said than it."""
    sound: float
    """What «none of these» pays for each sound of the utterance."""
    doubt: float
    """What «none of these» has in advance."""
    clarity: float
    """What «none of these» pays for each natural-log unit that the likeliest sounds of all fall
    short of certainty: where an echo blurs everything, a phrase cannot fit well either."""
    templates: float = 0.0
    """Of one unit of the template recogniser's lead, where it is asked,"""
    words: float = 0.0
    """and of one natural-log unit of the word scorer's."""

    def none_of_these(self, sounds: int, clarity: float) -> float:
        """The score of that something else was said; see `phones.Fit`."""
        return self.doubt - self.sound * sounds + self.clarity * clarity


@dataclass(frozen=True, slots=True)
class PhoneTable:
    """The two files beside the network."""

    spelling: Spelling
    numbers: Mapping[str, int]
    """Sound -> the network's class."""
    weights: Weights
    fused: Weights
    """The same where the opinions of the template recogniser and the word scorer are added."""

    def indices(self, sounds: Sequence[str]) -> list[int]:
        """The network's classes of a class sequence of `Spelling`."""
        return [self.numbers[sound] for sound in sounds]


def read_table(model: Path) -> PhoneTable:
    """Read what lies beside the model file.

    Raises PartError(MODEL_MISSING) when a file cannot be read, PartError(MODEL_CORRUPT) when one
    does not hold what it should, or spells with a sound that the network does not know.
    """
    network, spelling = (_read(model.with_name(name)) for name in (NETWORK, SPELLING))
    try:
        numbers = {sound: index for index, sound in enumerate(network["sounds"], start=1)}
        rules = [(re.compile(pattern), alternatives(ways)) for pattern, ways in spelling["rules"]]
        words = {word: alternatives(ways) for word, ways in spelling["words"].items()}
        letters = {letter: alternatives(ways) for letter, ways in spelling["letters"].items()}
        table = PhoneTable(
            Spelling(rules, words, letters),
            numbers,
            Weights(**network["weights"]),
            Weights(**network["fused"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(model.with_name(NETWORK))) from error
    slots = [*(slot for _, slot in rules), *words.values(), *letters.values()]
    if not all(sound in numbers for slot in slots for way in slot for sound in classes(way)):
        raise PartError(Fault.MODEL_CORRUPT, file=str(model.with_name(SPELLING)))
    return table


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error
    except yaml.YAMLError as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path)) from error

"""PURE: the picture's quality as words and figures for the screen."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.messages import Light


@dataclass(frozen=True, slots=True)
class Meter:
    """The picture as it is measured now, whether or not it was worth a word."""

    light: Light = Light.UNKNOWN
    figures: Mapping[str, float] = field(default_factory=dict)
    """By the names that `light_figures` in `config/pages/status.yaml` has places for."""
    minutes: Mapping[Light, float] = field(default_factory=dict)
    """How long it has been in each state this visit."""
    muted: frozenset[Light] = frozenset()
    """The faults that the nurse has accepted."""


NOT_MEASURED = Meter()

FORMATS = {"white": "+.1f", "middle": "+.1f", "blur": ".2f", "noise": ".1f"}
"""Figure -> how it is written."""


def measured(meter: Meter, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The figures behind the state, and the minutes in each: what it is about, as it is shown.

    Nothing while nothing is measured.
    """
    if meter.figures:
        figures = {name: _number(value, FORMATS[name]) for name, value in meter.figures.items()}
        yield "figures", words["light_figures"].format(**figures)
    if meter.minutes:
        spent = [
            words["light_minutes"].format(
                state=words[light_word(light)], minutes=_number(meter.minutes[light], ".1f")
            )
            for light in Light
            if light in meter.minutes
        ]
        yield "minutes", ", ".join(spent)
    if meter.muted:
        yield (
            "muted",
            ", ".join(words[light_word(light)] for light in Light if light in meter.muted),
        )


def light_word(light: Light) -> str:
    """The word of `config/pages/status.yaml` for a state."""
    return f"light_{light.name.lower()}"


def _number(value: float, form: str) -> str:
    """With the comma that Norwegian has; a dash for what could not be measured."""
    return "–" if math.isnan(value) else format(value, form).replace(".", ",")

"""What `hodekamera listen` writes: the level, a line for each utterance, and what it came to."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TextIO

import numpy as np

from agent.voice.trial import Sound, Tried, Why

Words = Mapping[str, str]

LOWEST_DBFS = -60
BAR = 30
"""Signs in the bar of the level, from `LOWEST_DBFS` to full scale."""

EVERY = 5
"""Frames for one picture of the level: ten a second."""


class Screen:
    """Lines, and under them the level, on a terminal that can draw over a line."""

    def __init__(self, stream: TextIO, words: Words) -> None:
        self._stream, self._words = stream, words
        self._draws = stream.isatty()
        self._frames = 0
        self._width = 0

    def level(self, dbfs: float, speech: bool) -> None:
        """Draw one frame's level. Nothing where the output is no terminal."""
        self._frames += 1
        if not self._draws or self._frames % EVERY:
            return
        shown = max(LOWEST_DBFS, dbfs)
        filled = round(BAR * (1 - shown / LOWEST_DBFS))
        word = self._words["meter_speech" if speech else "meter_quiet"]
        text = f"[{'#' * filled}{'.' * (BAR - filled)}] {shown:4.0f} dBFS {word}"
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)

    def say(self, line: str) -> None:
        """One line, where the level stood."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._width = 0
        self._stream.write(line + "\n")
        self._stream.flush()


def line(tried: Tried, words: Words) -> str:
    """What was made of one utterance."""
    measures = " · ".join(_measures(tried, words))
    if tried.why is None:
        return words["obeyed"].format(best=tried.best, measures=measures).rstrip()
    why = words[f"why_{tried.why.value}"].format(other=tried.other)
    return words["rejected"].format(why=why, measures=measures).rstrip()


def _measures(tried: Tried, words: Words) -> Iterable[str]:
    if tried.best is not None:
        if tried.why is not None:
            yield words["best"].format(best=tried.best)
        yield words["odds"].format(odds=number(tried.log_odds))
    if tried.other is not None and tried.why is not Why.OTHER_COMMAND:
        yield words["other"].format(other=tried.other)
    if tried.seconds is not None:
        yield words["latency"].format(ms=round(1000 * tried.seconds))
    if tried.sound is not None:
        yield from _sound(tried.sound, words)


def _sound(sound: Sound, words: Words) -> Iterable[str]:
    yield words["length"].format(seconds=number(sound.length_s))
    if math.isinf(sound.level.dbfs):
        yield words["no_level"]
        return
    yield words["level"].format(level=round(sound.level.dbfs))
    yield words["clipping"].format(percent=number(100 * sound.level.clipped))


def number(value: float) -> str:
    """With one decimal and a comma."""
    return f"{value:.1f}".replace(".", ",")


class Summary:
    """Counts what was made of the utterances."""

    def __init__(self) -> None:
        self._why: Counter[Why | None] = Counter()
        self._seconds: list[float] = []

    def add(self, tried: Tried) -> None:
        """Count one more."""
        self._why[tried.why] += 1
        if tried.seconds is not None:
            self._seconds.append(tried.seconds)

    def lines(self, words: Words) -> Iterable[str]:
        """How many were heard, why the others were not, and how long it took."""
        heard, obeyed = self._why.total(), self._why[None]
        yield words["summary"].format(heard=heard, obeyed=obeyed, rejected=heard - obeyed)
        for why, count in self._why.most_common():
            if why is not None:
                yield words["summary_why"].format(count=count, why=words[f"short_{why.value}"])
        if self._seconds:
            p50, p95 = (round(1000 * np.quantile(self._seconds, share)) for share in (0.5, 0.95))
            yield words["summary_latency"].format(p50=p50, p95=p95)
        yield words["nothing_kept"]

"""How well commands are heard: `python -m bench.voice [--data FOLDER]`.

Formant synthesis (espeak-ng), other synthesis and people are counted apart. The templates are
espeak-ng as well, so the figures on it only show that the chain works; nobody has recorded our
commands yet, so the figures on people are a proxy: other words, one at a time, chosen from 16.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.frames import Samples
from agent.messages import Command
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.base import Utterance
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds, decide
from bench.hearing import (
    ANSWERS,
    MODEL,
    commands_of,
    hardest_state,
    shipped_commands,
    sound_files,
    states,
    utterances,
)
from bench.make_sounds import pronunciation, speak
from bench.voice_data import Recording, decode, recordings

FRESH = (("m2", 45, 155), ("f3", 55, 140), ("m6", 50, 170), ("steph", 50, 150), ("michel", 45, 165))
"""espeak-ng's variant, pitch and words a minute; neither templates nor sound files use them."""

NOISE_DB = (None, 10.0)
"""Signal-to-noise ratios of the fresh speech: clean, and with white noise."""

CHOICE = 16
"""Words in one forced choice."""

THRESHOLDS = Thresholds()


@dataclass(slots=True)
class Tally:
    """Counts of one set."""

    name: str
    said: int = 0
    """Commands that were said."""
    first: int = 0
    """of which the best phrase was one of the command's,"""
    accepted: int = 0
    """of which accepted as what they were,"""
    wrong: int = 0
    """of which accepted as another command."""
    talk: int = 0
    """Stretches of speech that are no command,"""
    false: int = 0
    """of which accepted as one."""

    def line(self) -> str:
        """One row of the table."""
        cells = [self.name.ljust(44)]
        cells += [_share(count, self.said) for count in (self.first, self.accepted, self.wrong)]
        cells += [str(self.said).rjust(6), _share(self.false, self.talk), str(self.talk).rjust(6)]
        return " ".join(cells)


HEADER = f"{'':44} {'top-1':>8} {'accepted':>8} {'wrong':>8} {'said':>6} {'false':>8} {'talk':>6}"


class Hearer:
    """The recogniser and the decision, with the CPU time they took."""

    def __init__(self) -> None:
        self._recogniser = TemplateRecogniser(str(MODEL), pronunciation())
        self.times: list[float] = []
        """CPU seconds of each utterance."""

    def prepare(self, phrases: Sequence[str]) -> float:
        """CPU seconds that it took."""
        begun = time.process_time()
        self._recogniser.prepare(phrases)
        return time.process_time() - begun

    def hear(
        self, found: Sequence[Utterance], grammar: Grammar, said: Command | None, tally: Tally
    ) -> None:
        """Count what is made of one sound. A command that came out in pieces was not heard."""
        if said is not None:
            tally.said += 1
            found = found if len(found) == 1 else ()
        for utterance in found:
            begun = time.process_time()
            scores = self._recogniser.score(utterance, grammar.phrases)
            self.times.append(time.process_time() - begun)
            decided = decide(scores, grammar, THRESHOLDS).command
            best = max(scores.phrases, key=scores.phrases.__getitem__)
            tally.first += said is not None and grammar.command_of(best) is said
            tally.accepted += said is not None and decided is said
            tally.wrong += said is not None and decided not in (said, None)
            tally.talk += said is None
            tally.false += said is None and decided is not None


def synthetic(hearer: Hearer, table: tuple[CommandPhrases, ...]) -> Iterable[Tally]:
    """The sound files, and fresh variants, each in the state with the most other phrases."""
    grammars, everything = states(table), Grammar(table)
    files = Tally("formant synthesis: sound files")
    for _, phrase, sound in sound_files():
        said = everything.command_for_text(phrase) if phrase else None
        grammar = hardest_state(said, grammars) if said else grammars[-1]
        hearer.hear(utterances(sound), grammar, said, files)
    yield files
    for noise_db in NOISE_DB:
        fresh = Tally("formant synthesis: fresh, " + (f"{noise_db} dB" if noise_db else "clean"))
        for number, phrase in enumerate(everything.phrases):
            variant, pitch, rate = FRESH[number % len(FRESH)]
            sound = speak(phrase, variant, pitch, rate, seed=number)
            said = everything.command_of(phrase)
            noisy, room = _with_noise(sound, noise_db)
            hearer.hear(utterances(noisy, room), hardest_state(said, grammars), said, fresh)
        yield fresh


def talk(
    hearer: Hearer,
    table: tuple[CommandPhrases, ...],
    found: Sequence[tuple[Recording, Sequence[Utterance]]],
) -> Iterable[Tally]:
    """All recordings are talk: what is taken for a command in states small and large."""
    grammars = states(table)
    largest = grammars[-1]
    chosen = {
        "the smallest state": grammars[0],
        "the largest, no question": Grammar(table, commands_of(largest) - ANSWERS),
        "the largest, question open": largest,
    }
    for human in (True, False):
        for name, grammar in chosen.items():
            tally = Tally(f"{'people' if human else 'other synthesis'}: {name}")
            for recording, heard in found:
                if recording.human is human:
                    hearer.hear(heard, grammar, None, tally)
            yield tally


def choices(
    hearer: Hearer, found: Sequence[tuple[Recording, Sequence[Utterance]]]
) -> Iterable[Tally]:
    """Norwegian words in groups: the right one of 16, and the words of the next group as talk."""
    for human in (True, False):
        tally = Tally(f"{'people' if human else 'other synthesis'}: one of {CHOICE} words")
        words = {
            recording.word: heard
            for recording, heard in found
            if recording.human is human and recording.word
        }
        order = np.random.default_rng(0).permutation(sorted(words)).tolist()
        groups = [order[at : at + CHOICE] for at in range(0, len(order), CHOICE)]
        groups = [group for group in groups if len(group) == CHOICE]
        for group, others in zip(groups, groups[1:] + groups[:1], strict=True):
            rows = [
                CommandPhrases(command, Risk.GREEN, (word,))
                for command, word in zip(Command, group, strict=False)
            ]
            grammar = Grammar(rows)
            hearer.prepare(group)
            for row in rows:
                hearer.hear(words[row.phrases[0]], grammar, row.command, tally)
            for word in others:
                hearer.hear(words[word], grammar, None, tally)
        yield tally


def _with_noise(sound: Samples, noise_db: float | None) -> tuple[Samples, int]:
    """The sound with white noise, and the amplitude of such noise."""
    if noise_db is None:
        return sound, 5
    level = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) * 10 ** (-noise_db / 20)
    amplitude = round(level * np.sqrt(3))
    noise = np.random.default_rng(len(sound)).integers(-amplitude, amplitude + 1, len(sound))
    return np.clip(sound + noise, -32767, 32767).astype(np.int16), amplitude


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:7.1f}%" if of else f"{'-':>8}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with manifest.tsv and recordings")
    data: Path | None = arguments.parse_args().data
    table, hearer = shipped_commands(), Hearer()
    phrases = Grammar(table).phrases
    prepared = hearer.prepare(phrases)
    _say(HEADER)
    for tally in synthetic(hearer, table):
        _say(tally.line())
    if data is None:
        _say("people and other synthesis: not measured; give --data FOLDER")
    else:
        found = [(each, utterances(decode(each.path))) for each in recordings(data)]
        for tally in (*talk(hearer, table, found), *choices(hearer, found)):
            _say(tally.line())
    _say(f"prepare: {prepared:.1f} s of CPU for {len(phrases)} phrases")
    _say(
        f"score: {1000 * np.mean(hearer.times):.0f} ms of CPU for an utterance, "
        f"{1000 * np.quantile(hearer.times, 0.95):.0f} ms for 95 %; {THRESHOLDS}"
    )


if __name__ == "__main__":
    main()

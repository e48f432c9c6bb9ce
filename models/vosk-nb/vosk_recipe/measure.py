"""How the model does: on synthetic voices that it never heard, and on people.

Decisions are the agent's own, with its thresholds. Nobody has recorded our commands: the figures
on people are on other words, chosen from 16, with graphs that the recipe makes for them. The
recordings are measured on only.
"""

import argparse
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agent.frames import Samples
from agent.measuring.sound import decode
from agent.messages import Command
from agent.voice.backends.vosk import VoskRecogniser
from agent.voice.base import Utterance
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds, decide
from bench.hearing import hardest_state, shipped_commands, states, utterances
from bench.make_sounds import pronunciation
from bench.voice_data import recordings

from . import synthetic
from .command import HOME, say
from .folder import MANIFEST, write_state_graphs
from .pronounce import Pronouncer
from .sound import noise

CHOICE = 16
"""Words in one forced choice."""

TALK = 300
"""Utterances of random words."""


@dataclass(slots=True)
class Tally:
    """Counts of one set."""

    name: str
    said: int = 0
    first: int = 0
    accepted: int = 0
    wrong: int = 0
    talk: int = 0
    false: int = 0

    def count(self, said: Command | None, best: Command | None, decided: Command | None) -> None:
        """One utterance."""
        if said is None:
            self.talk += 1
            self.false += decided is not None
            return
        self.said += 1
        self.first += best is said
        self.accepted += decided is said
        self.wrong += decided not in (said, None)

    def line(self) -> str:
        """One row of the table."""
        shares = [(self.first, self.said), (self.accepted, self.said), (self.wrong, self.said)]
        cells = [f"{100 * n / of:7.1f}%" if of else f"{'-':>8}" for n, of in shares]
        false = f"{100 * self.false / self.talk:7.1f}%" if self.talk else f"{'-':>8}"
        return " ".join([f"{self.name:44}", *cells, f"{self.said:6}", false, f"{self.talk:6}"])


HEADER = f"{'':44} {'top-1':>8} {'accepted':>8} {'wrong':>8} {'said':>6} {'false':>8} {'talk':>6}"


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with manifest.tsv and recordings")
    arguments.add_argument("--model", type=Path, default=HOME, help="(%(default)s)")
    given = arguments.parse_args()
    pronouncer = Pronouncer(pronunciation())
    say(HEADER)
    for decibels in (None, 10.0):
        say(held_out(given.model, pronouncer, decibels).line())
    if given.data is None:
        say("people: not measured; give --data FOLDER")
        return
    for tally in people(given.model, given.data, pronouncer):
        say(tally.line())


def held_out(model: Path, pronouncer: Pronouncer, decibels: float | None) -> Tally:
    """Voices of `synthetic.TESTED`: every phrase twice, in its hardest state, and other words."""
    grammars, table = states(shipped_commands()), shipped_commands()
    everything = Grammar(table)
    recogniser = VoskRecogniser(str(model))
    recogniser.prepare(everything.phrases)
    tally = Tally("synthetic, held-out voices, " + (f"{decibels:g} dB" if decibels else "clean"))
    generator = np.random.default_rng(7)
    known = sorted({word for phrase in everything.phrases for word in phrase.split()})
    texts = [*everything.phrases * 2, *synthetic.texts([], known, TALK, generator, 0)]
    for text in texts:
        said = everything.command_for_text(text)
        grammar = hardest_state(said, grammars) if said else grammars[-1]
        for spoken in synthetic.utterances(pronouncer, synthetic.TESTED, iter([text]), generator):
            sound = _noisy(spoken.samples, decibels, generator)
            _hear(recogniser, [Utterance(sound, 0, len(sound))], grammar, said, tally)
    return tally


def people(model: Path, data: Path, pronouncer: Pronouncer) -> Iterator[Tally]:
    """One of 16 words by people, the words of the next group as talk; then all talk there is."""
    found = [(each, utterances(decode(each.path))) for each in recordings(data) if each.human]
    words = {each.word: heard for each, heard in found if each.word and each.language == "nb"}
    order = np.random.default_rng(0).permutation(sorted(words)).tolist()
    groups = [order[at : at + CHOICE] for at in range(0, len(order) - CHOICE + 1, CHOICE)]
    tally = Tally(f"people: one of {CHOICE} words, the next group as talk")
    for group, others in zip(groups, groups[1:] + groups[:1], strict=True):
        rows = [
            CommandPhrases(command, Risk.GREEN, (word,))
            for command, word in zip(Command, group, strict=False)
        ]
        grammar = Grammar(rows)
        with TemporaryDirectory() as name:
            recogniser = _with_words(model, Path(name), group, pronouncer)
            for word in (*group, *others):
                said = grammar.command_for_text(word) if word in group else None
                _hear(recogniser, words[word], grammar, said, tally)
    yield tally
    recogniser = VoskRecogniser(str(model))
    recogniser.prepare(Grammar(shipped_commands()).phrases)
    for state in (states(shipped_commands())[0], states(shipped_commands())[-1]):
        tally = Tally(f"people talking: the state with {len(state.phrases)} phrases")
        for _, heard in found:
            _hear(recogniser, heard, state, None, tally)
        yield tally


def _with_words(
    model: Path, folder: Path, words: Sequence[str], pronouncer: Pronouncer
) -> VoskRecogniser:
    """The same acoustic model with a graph for other words."""
    for part in ("am", "conf", "graph"):
        shutil.copytree(model / part, folder / part)
    write_state_graphs(folder, pronouncer, [tuple(words)])
    manifest = (model / MANIFEST).read_text("utf-8")
    (folder / MANIFEST).write_text(manifest.partition("files:")[0] + "files: []\n", "utf-8")
    recogniser = VoskRecogniser(str(folder))
    recogniser.prepare(words)
    return recogniser


def _hear(
    recogniser: VoskRecogniser,
    found: Iterable[Utterance],
    grammar: Grammar,
    said: Command | None,
    tally: Tally,
) -> None:
    """Count each piece of talk; a command that came out in pieces counts by its first one."""
    pieces = list(found)
    if said is not None and not pieces:
        tally.count(said, None, None)
    for piece in pieces[:1] if said is not None else pieces:
        scores = recogniser.score(piece, grammar.phrases)
        best = max(scores.phrases, key=scores.phrases.__getitem__)
        tally.count(said, grammar.command_of(best), decide(scores, grammar, Thresholds()).command)


def _noisy(speech: Samples, decibels: float | None, generator: np.random.Generator) -> Samples:
    if decibels is None:
        return speech
    wave = speech.astype(np.float32)
    loud = wave + noise(wave, decibels, generator)
    return np.asarray(np.clip(loud, -32767, 32767), np.int16)

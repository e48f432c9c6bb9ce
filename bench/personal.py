"""What a voice profile is worth: `python -m bench.personal [--engine NAME] [--data FOLDER]`.

Each voice is left out in turn: neither the synthetic templates nor anything that was tuned knows
it. Its profile is made of three takes of each command's phrase, at other rates and pitches and in
other noise than the test, which is the same voice at 10 dB of white noise. Talk is the same voice,
too, at 15 dB: everyday talk, and sentences that hold a command. «Stranger» is the next voice
saying the commands while this voice's profile is in use.

All of these voices are espeak-ng's. With `--data` one real voice is asked what only it can tell:
how often its *other* words are taken for a command that it has a profile of. Whether its commands
are better understood cannot be measured there: no word was recorded twice for sure.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.config.settings import Settings
from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.sound import decode, whole
from agent.messages import Command
from agent.recognisers import PERSONAL, Personal, make_recogniser
from agent.voice.backends.alignment import Vectors
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.base import Recogniser, Scores
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds, decide
from agent.voice.resample import to_mono_16k
from agent.voice.scoring import Share
from bench.hearing import ANSWERS, MODEL, commands_of, hardest_state, shipped_commands, states
from bench.make_sounds import pronunciation
from bench.voice_data import recordings
from bench.voices import TESTED, Speaker, say

TAKES = ((0, 1.0, 30.0), (4, 0.9, 22.0), (-4, 1.1, 18.0))
"""Of each take: pitch more or less, rate against the test's, signal-to-noise ratio in dB."""

TEST_DB, TALK_DB = 10.0, 15.0

SPEEDS = (1.0, 1.06, 0.94)
"""What the three copies of a real recording are played at."""

WORDS, GROUPS = 16, 4
"""A real voice's vocabulary, and how many of them are tried."""

TALK = ("everyday_talk.txt", "near_misses.txt")
"""Beside this module."""

MODELS = MODEL.parents[1]

AROUND_S = 0.15


@dataclass(slots=True)
class Tally:
    """Counts of one voice, with or without a profile."""

    said: int = 0
    accepted: int = 0
    wrong: int = 0
    talk: int = 0
    false: int = 0

    def add(self, scores: Scores, grammar: Grammar, said: Command | None) -> None:
        """Count one utterance."""
        heard = decide(scores, grammar, Thresholds()).command
        if said is None:
            self.talk += 1
            self.false += heard is not None
            return
        self.said += 1
        self.accepted += heard is said
        self.wrong += heard not in (said, None)

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        fields = ("said", "accepted", "wrong", "talk", "false")
        return Tally(*(getattr(self, name) + getattr(other, name) for name in fields))


def noisy(sound: Samples, ratio_db: float, seed: int) -> Samples:
    """With a little silence around it, and white noise under it all."""
    level = np.sqrt(np.mean(sound.astype(np.float64) ** 2)) * 10 ** (-ratio_db / 20)
    padded = np.pad(sound, round(AROUND_S * SAMPLE_RATE)).astype(np.float64)
    noise = np.random.default_rng(seed).normal(0, level, len(padded))
    return np.clip(padded + noise, -32767, 32767).astype(np.int16)


def takes(recogniser: TemplateRecogniser, phrase: str, speaker: Speaker) -> list[Vectors]:
    """The profile's templates of one phrase."""
    made = []
    for seed, (pitch, rate, ratio_db) in enumerate(TAKES):
        other = replace(
            speaker,
            pitch=speaker.pitch + pitch,
            words_per_minute=round(speaker.words_per_minute * rate),
        )
        made.append(recogniser.embed(whole(noisy(say(phrase, other), ratio_db, seed))))
    return made


class Voices:
    """Every voice against the shipped commands."""

    def __init__(self, engine: str, talk: int) -> None:
        """engine: a recogniser that takes personal templates. talk: sentences, at most."""
        self._engine = engine
        self._sentences = sentences()[:: max(1, len(sentences()) // talk)]
        self._table = shipped_commands()
        self._everything = Grammar(self._table)
        self._states = states(self._table)
        largest = self._states[-1]
        self._no_question = Grammar(self._table, commands_of(largest) - ANSWERS)
        self._shown = [row.phrases[0] for row in self._table]
        self._maker = TemplateRecogniser(str(MODEL), pronunciation())
        self._maker.prepare(self._shown)
        self.plain = self._recogniser({})

    def _recogniser(self, personal: Personal) -> Recogniser:
        """As the agent makes it."""
        make = make_recogniser(self._engine, Settings(), MODELS, pronunciation(), personal)
        made = make()
        made.prepare(self._everything.phrases)
        return made

    def profile_of(self, speaker: Speaker) -> Recogniser:
        """A recogniser with this voice's profile."""
        shown = self._shown
        return self._recogniser({each: takes(self._maker, each, speaker) for each in shown})

    def commands(self, speaker: Speaker, engines: Sequence[Recogniser]) -> list[Tally]:
        """This voice says every command, each in the largest state in which it is valid."""
        tallies = [Tally() for _ in engines]
        for seed, phrase in enumerate(self._shown):
            said = self._everything.command_of(phrase)
            utterance = whole(noisy(say(phrase, speaker), TEST_DB, 100 + seed))
            state = hardest_state(said, self._states)
            for engine, tally in zip(engines, tallies, strict=True):
                tally.add(engine.score(utterance, state.phrases), state, said)
        return tallies

    def talk(self, speaker: Speaker, engines: Sequence[Recogniser]) -> list[Tally]:
        """This voice talks, no question being open."""
        tallies = [Tally() for _ in engines]
        for seed, sentence in enumerate(self._sentences):
            utterance = whole(noisy(say(sentence, speaker), TALK_DB, 500 + seed))
            state = self._no_question
            for engine, tally in zip(engines, tallies, strict=True):
                tally.add(engine.score(utterance, state.phrases), state, None)
        return tallies


def sentences() -> list[str]:
    """All talk, as it is said."""
    files = [Path(__file__).with_name(name).read_text("utf-8") for name in TALK]
    lines = [line.strip() for text in files for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def synthetic(voices: Voices, speakers: Sequence[Speaker], tell: Callable[[str], None]) -> None:
    """A row for each voice, and for all."""
    tell(f"{'':12} {'accepted':^19} {'wrong':^15} {'talk accepted':^23} {'stranger accepted':^19}")
    pair = ("without", "with")
    widths = (9, 9, 8, 6, 11, 11, 9, 9)
    heads = [name.rjust(width) for name, width in zip(4 * pair, widths, strict=True)]
    tell(" ".join(["voice".ljust(12), *heads]))
    sums = [Tally() for _ in range(4)]
    for number, speaker in enumerate(speakers):
        engines = (voices.plain, voices.profile_of(speaker))
        own, talk = voices.commands(speaker, engines), voices.talk(speaker, engines)
        stranger = voices.commands(speakers[(number + 1) % len(speakers)], engines)
        found = [*(one.plus(other) for one, other in zip(own, talk, strict=True)), *stranger]
        tell(row(f"{speaker.variant}, {speaker.pitch}", found))
        sums = [total.plus(each) for total, each in zip(sums, found, strict=True)]
    tell(row("all", sums))
    without, with_it = (Share(tally.accepted, tally.said) for tally in sums[:2])
    tell(f"accepted, 95 % intervals: without {interval(without)}, with {interval(with_it)}")


def row(name: str, found: Sequence[Tally]) -> str:
    """found: own without and with, stranger without and with."""
    without, with_it, stranger, stranger_with = found
    cells = [name.ljust(12), share(without.accepted, without.said)]
    cells += [share(with_it.accepted, with_it.said)]
    cells += [f"{without.wrong:8}", f"{with_it.wrong:6}"]
    cells += [f"{each.false:5} of {each.talk:4}"[-11:] for each in (without, with_it)]
    cells += [share(each.accepted, each.said) for each in (stranger, stranger_with)]
    return " ".join(cells)


def share(count: int, of: int) -> str:
    """In per cent."""
    return f"{100 * count / of:8.1f}%" if of else f"{'-':>9}"


def interval(found: Share) -> str:
    """A share's 95 % interval in per cent."""
    low, high = found.interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def one_real_voice(engine: str, folder: Path, tell: Callable[[str], None]) -> None:
    """Other words of the same real voice, in vocabularies of `WORDS` that it has a profile of."""
    found = {
        each.word: each.path
        for each in recordings(folder)
        if each.human and each.language == "nb" and each.word and "gcompris" in str(each.path)
    }
    words = np.random.default_rng(0).permutation(sorted(found)).tolist()
    sound = {word: decode(found[word]) for word in words}
    maker = TemplateRecogniser(str(MODEL), pronunciation())
    maker.prepare(words)
    without, with_it = Tally(), Tally()
    for group in range(GROUPS):
        chosen = words[group * WORDS : (group + 1) * WORDS]
        others = [sound[word] for word in words if not similar(word, chosen)]
        profile = {word: copies(maker, sound[word]) for word in chosen}
        for tally, personal in ((without, {}), (with_it, profile)):
            recogniser = make_recogniser(engine, Settings(), MODELS, pronunciation(), personal)()
            recogniser.prepare(chosen)
            take_for_words(recogniser, chosen, others, tally)
    tell(f"\none real voice ({len(words)} words): its other words taken for one of {WORDS}")
    for name, tally in (("without", without), ("with", with_it)):
        of = Share(tally.false, tally.talk)
        tell(f"  {name:8} {tally.false} of {tally.talk}: {100 * of.value:.1f} % ({interval(of)})")
    tell("  its profile is made of one recording of each word, at three speeds and in noise")


def similar(word: str, chosen: Iterable[str]) -> bool:
    """One is in the other, as «ti» in «atten ti»."""
    return any(word in each or each in word for each in chosen)


def take_for_words(
    recogniser: Recogniser, chosen: Sequence[str], others: Iterable[Samples], tally: Tally
) -> None:
    """Count which of the other words are taken for one of the chosen ones."""
    commands = zip(Command, chosen, strict=False)
    grammar = Grammar([CommandPhrases(each, Risk.GREEN, (word,)) for each, word in commands])
    for other in others:
        tally.add(recogniser.score(whole(other), grammar.phrases), grammar, None)


def copies(recogniser: TemplateRecogniser, sound: Samples) -> list[Vectors]:
    """Three takes out of one recording: at other speeds, in noise."""
    made = []
    for seed, (speed, (_, _, ratio_db)) in enumerate(zip(SPEEDS, TAKES, strict=True)):
        played = to_mono_16k(sound, round(SAMPLE_RATE * speed), 1)
        made.append(recogniser.embed(whole(noisy(played, ratio_db, seed))))
    return made


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=int, default=len(TESTED), help="of those tested")
    parser.add_argument("--talk", type=int, default=1000, help="sentences by each, at most")
    parser.add_argument("--engine", choices=PERSONAL, default=PERSONAL[0])
    parser.add_argument("--data", type=Path, help="folder with manifest.tsv and recordings")
    options = parser.parse_args()
    _say(f"recogniser {options.engine}")
    synthetic(Voices(options.engine, options.talk), TESTED[: options.voices], _say)
    if options.data is None:
        _say("one real voice: not measured; give --data FOLDER")
    else:
        one_real_voice(options.engine, options.data, _say)


if __name__ == "__main__":
    main()

"""What is measured on: commands as they may arrive, words of a closed choice, and talk."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.sound import cut, decode, whole
from agent.messages import Command
from agent.voice.backends.silero import SileroDetector
from agent.voice.base import Utterance
from agent.voice.commands import CommandPhrases, Grammar
from agent.voice.segmenter import SegmenterSettings
from bench.conditions import AROUND_S, CLEAN, CONDITIONS, Condition, Places, arrive, lead_s
from bench.hearing import ANSWERS, commands_of, hardest_state, states
from bench.sentences import EVERYDAY, NEAR_MISSES, sentences
from bench.voice_data import recordings, rows
from bench.voices import TESTED, Pronunciation, Speaker, accented, dialects, say

CHOICE, ROUNDS = 16, 3
"""Words in one forced choice, and how often all words are dealt anew into such choices."""

PAUSES_S = (0.15, 1.2)
"""Silence between two sentences of a conversation, at least and at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """One sound after the detector and the segmenter."""

    utterances: tuple[Utterance, ...]
    said: str | None
    """The command or the word; None for talk."""
    groups: Mapping[str, str]
    source: str = ""
    """The sentence, or the file."""
    state: Grammar | None = None
    """What is valid when it is a matter of commands,"""
    words: tuple[str, ...] = ()
    """or of words."""


@dataclass(slots=True)
class TrialSet:
    """A set of sounds that a figure is about."""

    name: str
    about: str
    """Which data it is."""
    items: list[Item] = field(default_factory=list)
    seconds: float = 0.0
    """Sound in it, when it is talk."""
    question: bool = False
    """Talk while a checklist point waits for its answer: «ja» and «nei» are valid, too."""
    again: bool = False
    """The same recordings as in another set."""


class Cutter:
    """The product's way from the microphone's sound to utterances."""

    def __init__(self, settings: SegmenterSettings) -> None:
        self._detector = SileroDetector()
        self._settings = settings

    def __call__(self, stream: Samples) -> tuple[Utterance, ...]:
        """What reaches the recogniser: the listener lets nothing else through than this."""
        found = cut(stream, self._detector, self._settings)
        return tuple(utterance for utterance in found if utterance.isolated)


def command_sets(
    table: tuple[CommandPhrases, ...],
    where: Places,
    speakers: Sequence[Speaker] = TESTED,
    conditions: Sequence[Condition] = CONDITIONS,
) -> Iterator[TrialSet]:
    """Every phrase in every condition, the speakers in turn; then, clean, dialects and accents.

    Each is heard in the state with the most phrases in which it is valid.
    """
    about = f"{len(speakers)} speakers of espeak-ng's Klatt synthesiser, which trains nothing"
    phrases = Grammar(table).phrases
    written = [Pronunciation(phrase, "as written", phrase) for phrase in phrases]
    spoken = [(way, condition) for condition in conditions for way in written]
    yield _said_by(table, TrialSet("commands", about), spoken, where, speakers)
    foreign = [(way, CLEAN) for way in accented(phrases)]
    plan = TrialSet("commands, accents", f"{about}, reading with foreign sounds")
    yield _said_by(table, plan, foreign, where, speakers)
    local = [(way, CLEAN) for way in dialects()]
    plan = TrialSet("commands, dialects", f"{about}, in spellings of four areas")
    yield _said_by(table, plan, local, where, speakers)


def _said_by(
    table: tuple[CommandPhrases, ...],
    result: TrialSet,
    spoken: Sequence[tuple[Pronunciation, Condition]],
    where: Places,
    speakers: Sequence[Speaker],
) -> TrialSet:
    everything, grammars = Grammar(table), states(table)
    cutter = Cutter(SegmenterSettings())
    for number, (way, condition) in enumerate(spoken):
        # Stepped so that each phrase meets another speaker in each condition.
        speaker = speakers[(number + number // len(everything.phrases)) % len(speakers)]
        speech = say(way.spoken, speaker, way.voice)
        stream, told = arrive(speech, condition, where, seed=number)
        command = everything.command_of(way.phrase)
        groups = {"condition": condition.name, "speaker": speaker.name, "form": way.form}
        groups |= {"command": command.value, **told}
        if condition.noise_db == 10:
            kinds = groups.keys() & {"speaker", "room"}
            groups |= {f"{kind} at 10 dB": groups[kind] for kind in kinds}
        state = hardest_state(command, grammars)
        begins = round(lead_s(condition) * SAMPLE_RATE)
        heard = overlapping(cutter(stream), begins, begins + len(speech))
        result.items.append(Item(heard, command.value, groups, way.spoken, state))
    return result


def overlapping(utterances: Sequence[Utterance], start: int, end: int) -> tuple[Utterance, ...]:
    """Those that hold some of what was said: what the noise before it is taken for is another
    matter (`talk_sets`). start, end: of the speech, in samples.
    """
    return tuple(each for each in utterances if each.end > start and each.start < end)


def word_sets(data: Path, *, quick: bool) -> Iterator[TrialSet]:
    """One of 16 words: people and other synthesis apart. The next group's words are talk, and those
    of the group after it.
    """
    found = [recording for recording in recordings(data) if recording.word]
    for human in (True, False):
        about = "people: one speaker of gcompris" if human else "other synthesis: norskord (gTTS)"
        result = TrialSet("words, people" if human else "words, other synthesis", about)
        words = {each.word: each for each in found if each.human is human and each.word}
        heard = {word: (whole(decode(each.path)),) for word, each in words.items()}
        dealings = dealt(words, ROUNDS)
        for group, others in itertools.islice(dealings, 3) if quick else dealings:
            name = {"words": ", ".join(group[:3]) + " …"}
            result.items += [Item(heard[word], word, name, word, words=group) for word in group]
            result.items += [Item(heard[word], None, name, word, words=group) for word in others]
        yield result


def dealt(words: Iterable[str], rounds: int) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Choices of 16, and twice as many others for each; `rounds` times over, always the same.

    Words that fill no choice are left out of their round.
    """
    chance = np.random.default_rng(0)
    for _ in range(rounds):
        groups = choices(chance.permutation(sorted(words)).tolist())
        for place, group in enumerate(groups):
            next_ones = [groups[(place + step) % len(groups)] for step in (1, 2)]
            yield group, tuple(word for each in next_ones if each != group for word in each)


def choices(words: Sequence[str]) -> list[tuple[str, ...]]:
    """16 at a time; what is left over is in none."""
    starts = range(0, len(words) - CHOICE + 1, CHOICE)
    return [tuple(words[at : at + CHOICE]) for at in starts]


def talk_sets(
    table: tuple[CommandPhrases, ...], data: Path | None, *, quick: bool
) -> Iterator[TrialSet]:
    """Everything that is no command: sentence by sentence, as conversation, noise and music.

    Cut where the shortest silence may end a command: more pieces than the product decides on, as
    it waits longer before what it did not hear clearly or what may do harm.
    """
    settings = SegmenterSettings()
    cutter = Cutter(replace(settings, hang_over_s=settings.early_s))
    speakers = TESTED[:1] if quick else TESTED[:4]
    for name, file in ("near misses", NEAR_MISSES), ("everyday talk", EVERYDAY):
        spoken = [Sound(*each) for speaker in speakers for each in _said(file, speaker)]
        about = f"{len(spoken) // len(speakers)} sentences, {len(speakers)} such speakers"
        yield from _in_states(table, TrialSet(name, about), spoken, cutter)
    if data is None:
        return
    every = 10 if quick else 1
    by_kind: dict[str, list[Sound]] = {}
    for each in list(recordings(data))[::every]:
        kind = "people's talk" if each.human else "other synthesis' talk"
        sound = Sound(decode(each.path), each.path.name, each.language)
        by_kind.setdefault(kind, []).append(sound)
    for kind, sounds in by_kind.items():
        about = f"{len(sounds)} recordings, one at a time"
        yield from _in_states(table, TrialSet(kind, about), sounds, cutter)
        stream = conversation([sound.samples for sound in sounds], seed=0)
        about = "the same recordings, with pauses of 0.15 to 1.2 s between them"
        running = TrialSet(f"{kind}, running", about, again=True)
        yield from _in_states(table, running, [Sound(stream, "running", "all")], cutter)
    noises = [
        Sound(decode(data / row["path"]), row["transcript"], row["transcript"])
        for row in rows(data)
        if row["lang"] == "noise"
    ][::every]
    about = f"{len(noises)} recordings"
    yield from _in_states(table, TrialSet("noise and music", about), noises, cutter)


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that is no command."""

    samples: Samples
    source: str
    group: str


def _said(file: Path, speaker: Speaker) -> Iterator[tuple[Samples, str, str]]:
    for sentence in sentences(file):
        yield say(sentence, speaker), sentence, speaker.name


def _in_states(
    table: tuple[CommandPhrases, ...], plan: TrialSet, sounds: Sequence[Sound], cutter: Cutter
) -> Iterator[TrialSet]:
    """The sounds in the largest state, with no question open and with one open."""
    largest = states(table)[-1]
    heard = [(cutter(_in_quiet(sound.samples)), sound) for sound in sounds]
    seconds = sum(len(sound.samples) for sound in sounds) / SAMPLE_RATE
    calm = Grammar(table, commands_of(largest) - ANSWERS)
    for state, question in (calm, False), (largest, True):
        items = [
            Item(found, None, {"sound": sound.group}, sound.source, state) for found, sound in heard
        ]
        yield replace(plan, items=items, seconds=seconds, question=question)


def conversation(sounds: Sequence[Samples], seed: int) -> Samples:
    """All of them one after the other, in a random order and with random pauses."""
    chance = np.random.default_rng(seed)
    pieces: list[Samples] = []
    for number in chance.permutation(len(sounds)):
        pause = round(chance.uniform(*PAUSES_S) * SAMPLE_RATE)
        pieces += [sounds[number], chance.integers(-5, 6, pause).astype(np.int16)]
    return np.concatenate(pieces)


def _in_quiet(sound: Samples) -> Samples:
    """With a quiet room on both sides, so that it begins and ends."""
    quiet = np.random.default_rng(0).integers(-5, 6, round(AROUND_S * SAMPLE_RATE))
    quiet = quiet.astype(np.int16)
    return np.concatenate([quiet, sound, quiet])


END = Command.END_VIDEO.value
"""The command that must never be heard in talk."""

"""Sound -> utterances -> decisions, in one process, as fast as it goes: for benches and tests."""

from collections.abc import Iterator
from pathlib import Path

from agent.config.content import load_commands
from agent.frames import Samples
from agent.measuring.sound import segments
from agent.messages import Command
from agent.session import commands_together
from agent.voice import wav
from agent.voice.backends.silero import SileroDetector
from agent.voice.base import Utterance
from agent.voice.commands import CommandPhrases, Grammar
from agent.voice.segmenter import SegmenterSettings

ROOT = Path(__file__).parents[1]
SOUNDS = ROOT / "tests" / "sounds"
MODEL = ROOT / "models" / "speech-embedding" / "speech-embedding.onnx"

TALK_PREFIX = "oov_"
"""Sound files that begin so are ordinary talk."""

ANSWERS = frozenset({Command.DONE, Command.NO, Command.NOT_APPLICABLE})
"""Valid only while a checklist point waits for its answer."""


def shipped_commands() -> tuple[CommandPhrases, ...]:
    """The commands of `config/commands.yaml`."""
    return load_commands(ROOT / "config" / "commands.yaml").table


def utterances(sound: Samples, room: int = 5) -> list[Utterance]:
    """What the detector and the segmenter make of a sound in a quiet room.

    room: greatest amplitude of the noise before and after it.
    """
    return segments(sound, SileroDetector(), SegmenterSettings(), room)


def sound_files() -> Iterator[tuple[str, str | None, Samples]]:
    """Each file in `tests/sounds`: name, the phrase that is said or None for talk, the sound."""
    for path in sorted(SOUNDS.glob("*.wav")):
        said = path.name.partition(".")[0]
        phrase = None if said.startswith(TALK_PREFIX) else said.replace("_", " ")
        yield path.name, phrase, wav.decode(path.read_bytes())


def states(table: tuple[CommandPhrases, ...]) -> list[Grammar]:
    """The grammar of every state of a consultation, the smallest first."""
    return sorted(
        (Grammar(table, valid) for valid in set(commands_together())),
        key=lambda grammar: len(grammar.phrases),
    )


def hardest_state(command: Command, grammars: list[Grammar]) -> Grammar:
    """The state with the most phrases among those in which a command is valid."""
    return [grammar for grammar in grammars if command in commands_of(grammar)][-1]


def commands_of(grammar: Grammar) -> frozenset[Command]:
    """The commands that are valid in a grammar."""
    return frozenset(grammar.command_of(phrase) for phrase in grammar.phrases)

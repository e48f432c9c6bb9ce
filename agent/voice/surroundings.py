"""What the listener asks of the rest of the agent, and what it tells: commands, never words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from agent.faults import Fault
from agent.frames import AudioFrame
from agent.messages import Command
from agent.voice.cleaning import Cleaning
from agent.voice.commands import Grammar
from agent.voice.decision import Decision
from agent.voice.echo import RoomEcho


@dataclass(frozen=True, slots=True)
class Recognised:
    """A command was said."""

    command: Command
    seconds: float
    """From the end of the speech to the decision; the silence that ends it is part of this."""


class Reason(Enum):
    """Why an utterance was not obeyed."""

    NOT_ISOLATED = auto()
    """Somebody had just been talking."""
    OWN_VOICE = auto()
    """The agent itself was speaking, and it cannot be heard over."""
    ROOM = auto()
    """It is what came out of the loudspeaker."""
    VOID = auto()
    """There is no sound in it."""
    UNKNOWN = auto()
    """It is none of the commands, or not surely enough."""
    FAR = auto()
    """It is a command, but somebody else's; said again, it is obeyed."""
    LATE = auto()
    """It was understood too late to be obeyed."""


@dataclass(frozen=True, slots=True)
class Missed:
    """An utterance was not obeyed. What was said is in no part of this."""

    reason: Reason
    decision: Decision | None = None
    """When it was scored."""
    tries: int = 0
    """How many times in a row a command seems to have been tried in vain, this one included."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The rest of the agent. None of it may wait."""

    grammar: Callable[[], Grammar]
    """What can be said now."""
    speaking: Callable[[], bool]
    """True while the agent itself can be heard."""
    heard: Callable[[Recognised], None]
    tap: Callable[[AudioFrame], None]
    """Gets every frame as the room is to hear it."""
    microphone: Callable[[Fault | None], None]
    """What is wrong with the microphone, whenever it changes; None: nothing any longer."""
    ready: Callable[[], None]
    """The recogniser is prepared; from now on the nurse is heard."""
    missed: Callable[[Missed], None] = lambda _missed: None
    called: Callable[[], bool] = lambda: False
    """«Kamerahjelp» was said a moment ago: the nurse talks to the agent and to nobody else."""
    interruption: Grammar = field(default_factory=lambda: Grammar(()))
    """What can be said while the agent speaks."""
    cleaning: Cleaning = field(default_factory=Cleaning)
    """Takes the echo out of the microphone's sound."""
    echo: RoomEcho = field(default_factory=RoomEcho)
    """What the nurse hears of the room."""
    talk: Callable[[], None] = lambda: None
    """Somebody has begun to talk at length; told once for each time."""
    twice: Callable[[], None] = lambda: None
    """A second device plays the meeting, too."""

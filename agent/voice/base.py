"""What the voice part needs from a microphone, a recogniser, a voice and a loudspeaker.

A back-end opens its device or model as a context, so that closing cannot be forgotten.
Every failure of a device or library comes out as `PartError`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from agent.frames import AudioFrame, Samples


class Microphone(Protocol):
    """A source of sound: 20 ms frames, mono, 16 kHz."""

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[AudioFrame]]:
        """Start listening; leaving the context frees the device and its thread.

        Raises PartError(MICROPHONE_MISSING or SOUND_SYSTEM_MISSING) when there is none;
        the iterator raises PartError(MICROPHONE_LOST) when it vanishes.
        """
        ...


class SoundCleaner(Protocol):
    """Takes out of the microphone's sound what does not belong there. Frame by frame, in order."""

    def cancel(self, heard: Samples, played: Samples) -> Samples:
        """Echo cancellation: the sound without what the loudspeaker plays; for the recogniser.

        heard: 20 ms of the microphone. played: what was handed to the loudspeaker meanwhile,
        before its echo. Both shape (320,), int16, 16 kHz, and so is the answer.
        """
        ...

    def polish(self, clean: Samples) -> Samples:
        """The sound with less noise and at an even level; for people.

        Shape (320,), int16, 16 kHz, and so is the answer.
        """
        ...


class VoiceDetector(Protocol):
    """Voice activity detection (VAD), fed frame by frame."""

    def speech_probability(self, frame: AudioFrame) -> float:
        """How likely it is that somebody speaks in this frame, 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget what was heard before: a new stream begins."""
        ...


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech with a little silence around it."""

    samples: Samples
    """Shape (n,), int16, 16 kHz."""
    start: int
    """Index of the first sample in the microphone's stream."""
    end: int
    """Index one past the last sample."""
    isolated: bool = True
    """True when it stands alone: silence before and after it."""


SHORTEST_S, LONGEST_S = 0.1, 6.0
"""Sound that is shorter or longer than this is no command and is not looked at."""


NO_CHANCE = -50.0
"""The score of a phrase that cannot have been said, or that the engine does not know."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How likely it is that each phrase of a grammar was said, and that none of them was.

    Natural logarithms up to a constant: softmax over all of them, garbage included, is meant to
    be the probability. Each engine calibrates its own scores so, with `python -m bench.voice`.
    """

    phrases: Mapping[str, float]
    """Phrase -> score; higher is likelier. All phrases of the grammar, none besides."""
    garbage: float
    """The score of «none of these», on the same scale."""


class Recogniser(Protocol):
    """Scores an utterance against the phrases that are valid now, and nothing else.

    An engine never turns speech outside the grammar into text. It runs in a process of its
    own: constructor arguments, arguments and results must pickle.
    """

    def prepare(self, phrases: Sequence[str]) -> None:
        """Load the model and make ready for every phrase that may ever be valid.

        Raises PartError(MODEL_MISSING, MODEL_CORRUPT, RECOGNISER_FAILED).
        """
        ...

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Score one utterance against `grammar`, a part of what was prepared."""
        ...


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken sentence, ready to play."""

    samples: Samples
    """Shape (n,), int16, mono, 16 kHz."""


class Synthesiser(Protocol):
    """Turns a Norwegian sentence into sound. Runs in a process of its own."""

    def speak(self, text: str, rate: float = 1.0) -> Speech:
        """Synthesise `text`; `rate` is relative speed, 0.5 to 2.

        Raises PartError(SYNTHESISER_MISSING, SYNTHESISER_FAILED).
        """
        ...


class LoudspeakerStream(Protocol):
    """An open loudspeaker: one ear that hears the agent and the room."""

    async def play(self, speech: Speech) -> None:
        """Play one sentence and return when it has been heard; cancelling stops it at once.

        Raises PartError(LOUDSPEAKER_LOST).
        """
        ...

    def play_room(self, frame: AudioFrame) -> None:
        """Sound from the room: only the newest is kept, 280 ms of it. Never waits."""
        ...

    def set_volume(self, gain: float) -> None:
        """Linear gain 0 to 2 on everything that is played; 1 is as synthesised."""
        ...


class Loudspeaker(Protocol):
    """The nurse's earpiece."""

    def open(
        self, played: Callable[[Samples], None] = lambda _piece: None
    ) -> AbstractAsyncContextManager[LoudspeakerStream]:
        """Start playing (silence); leaving the context frees the device.

        played: gets everything that is played, silence and volume included, in pieces of 10 ms
            (shape (160,), int16, 16 kHz) when the device takes them, in any thread; must not wait.
        Raises PartError(LOUDSPEAKER_MISSING or SOUND_SYSTEM_MISSING).
        """
        ...

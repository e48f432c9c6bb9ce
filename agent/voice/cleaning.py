"""PURE: the microphone's sound on its way to the recogniser and to the room."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.frames import AudioFrame
from agent.voice.base import SoundCleaner
from agent.voice.reference import Reference


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One frame of the microphone, at each stage."""

    raw: AudioFrame
    played: AudioFrame
    """What the loudspeaker was given meanwhile."""
    clean: AudioFrame
    """Without the loudspeaker's echo: for the recogniser."""
    polished: AudioFrame
    """With less noise and at an even level, too: for the room."""


class Cleaning:
    """A cleaner and what it needs to know of the loudspeaker."""

    def __init__(
        self, cleaner: SoundCleaner | None = None, clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        """cleaner: None leaves the sound as it is. clock: seconds, monotonic, from any thread."""
        self._cleaner = cleaner
        self.reference = Reference(clock)
        """Gets what is played."""

    @property
    def cancels_echo(self) -> bool:
        """What the loudspeaker plays is taken out: the nurse is heard while it plays."""
        return self._cleaner is not None

    def clean(self, frame: AudioFrame) -> Cleaned:
        """The next frame of the microphone."""
        played = self.reference.beside(frame)
        clean = polished = frame.samples
        if self._cleaner is not None:
            clean = self._cleaner.cancel(frame.samples, played)
            polished = self._cleaner.polish(clean)
        start = frame.start
        return Cleaned(frame, *(AudioFrame(sound, start) for sound in (played, clean, polished)))

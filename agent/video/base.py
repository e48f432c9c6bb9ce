"""What the video part needs from a camera."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent.frames import VideoFrame
from agent.messages import Ability


class Camera(Protocol):
    """A source of pictures, newest first: a slow reader skips, it never queues."""

    abilities: frozenset[Ability]
    """What can be asked of it; known from its first picture on."""

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[VideoFrame]]:
        """Start capturing; leaving the context frees the device and its thread within 2 s.

        Raises PartError(CAMERA_MISSING) when there is none that fits; the iterator raises
        PartError(CAMERA_LOST) when it vanishes, hangs or delivers the same pixels for ever.
        """
        ...

    def adjust(self) -> None:
        """Have focus and white balance measured anew, soon. Never waits."""
        ...

    def lamp(self, on: bool) -> None:
        """Switch its lamp, soon; nothing when it has none. Never waits."""
        ...

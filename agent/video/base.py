"""What the video part needs from a camera."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent.frames import VideoFrame


class Camera(Protocol):
    """A source of pictures, newest first: a slow reader skips, it never queues."""

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[VideoFrame]]:
        """Start capturing; leaving the context frees the device and its thread within 2 s.

        Raises PartError(CAMERA_MISSING) when there is none that fits; the iterator raises
        PartError(CAMERA_LOST) when it vanishes, hangs or delivers the same pixels for ever.
        """
        ...

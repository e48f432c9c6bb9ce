"""What we use of cv2.VideoCapture, so that a test can stand in for it."""

from typing import Protocol

from agent.frames import Pixels


class Source(Protocol):
    """An open camera, or one that did not open."""

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        """Whether there is a camera behind it."""
        ...

    def read(self) -> tuple[bool, Pixels | None]:
        """The next picture; may block for ever."""
        ...

    def get(self, prop: int, /) -> float:
        """A property as it is; 0 or -1 when there is none. Never changes anything."""
        ...

    def set(self, prop: int, value: float, /) -> bool:
        """Ask for a format, size, rate or setting."""
        ...

    def release(self) -> None:
        """Free the device."""
        ...

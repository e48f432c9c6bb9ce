"""PURE: whether the way to the room is so narrow that the picture may stand still."""

from collections.abc import Callable

from agent.messages import NetworkChanged

WEAK_BPS = 190_000
"""Below this not even half the size, twelve pictures a second, looks well (`video.ladder`)."""

ENOUGH_BPS = 300_000
"""From here on it is no longer weak."""


class NetworkWatch:
    """Follows what the picture may take, in bits per second, and tells when it becomes weak."""

    def __init__(self, report: Callable[[NetworkChanged], None]) -> None:
        self._report = report
        self._weak = False

    def begin(self) -> None:
        """A new visit, of which nothing is known yet."""
        self._weak = False

    def offer(self, bitrate: int) -> None:
        """The picture may take so many bits per second from now on."""
        weak = bitrate < (ENOUGH_BPS if self._weak else WEAK_BPS)
        if weak is not self._weak:
            self._weak = weak
            self._report(NetworkChanged(weak))

"""PURE: who takes part in the closed room, as a host or as a guest."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """A host holds the PIN: comes straight in, lets in, locks, mutes and removes."""

    HOST = "chair"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Person:
    """One participant, in the room or before its door."""

    id: str
    name: str = field(repr=False)
    role: Role
    arrived: float = 0.0
    """Seconds since 1970."""
    program: str = field(default="", repr=False)
    """The User-Agent, which everybody is shown."""
    waiting_since: float | None = None
    """Before the door since then (monotonic clock, seconds); None: inside."""
    has_media: bool = False
    muted: bool = False
    """By a host."""
    self_muted: bool = False
    video_muted: bool = False
    presents: bool = False
    """Shows slides: one person inside at most."""
    hand_raised: float = 0.0
    """Since then (seconds since 1970); 0: not raised."""

    @property
    def is_host(self) -> bool:
        """Whether this is one of the room's hosts."""
        return self.role is Role.HOST

    @property
    def is_waiting(self) -> bool:
        """Whether this person is still before the door."""
        return self.waiting_since is not None

    @property
    def is_audible(self) -> bool:
        """Whether others inside may hear this person."""
        return not (self.is_waiting or self.muted or self.self_muted)

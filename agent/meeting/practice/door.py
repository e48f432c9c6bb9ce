"""PURE: who may come to the room (PINs) and for how long (tokens)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from hmac import compare_digest

WRONG_PINS = 20
WRONG_PINS_WITHIN_S = 600.0
"""So many wrong PINs in so long a time hide the room from everybody, as on real nodes."""

NO_PIN = "none"
"""What a guest without a PIN sends in its place."""


class Verdict(Enum):
    """What becomes of somebody who asks for a seat."""

    HOST = auto()
    GUEST = auto()
    PIN_NEEDED = auto()
    PIN_WRONG = auto()
    HIDDEN = auto()
    """Too many wrong PINs: there is no such room."""


class Door:
    """Tells host and guest by their PIN, in a time that says nothing about it."""

    def __init__(self, host_pin: str, guest_pin: str | None = None) -> None:
        """guest_pin: None when guests need none."""
        self._host_pin = host_pin
        self._guest_pin = guest_pin
        self._wrong: deque[float] = deque(maxlen=WRONG_PINS)

    @property
    def guest_needs_pin(self) -> bool:
        """Whether there is a PIN for guests too."""
        return self._guest_pin is not None

    def knock(self, pin: str | None, now: float) -> Verdict:
        """Somebody asks for a seat; None: without saying a PIN."""
        while self._wrong and now - self._wrong[0] >= WRONG_PINS_WITHIN_S:
            self._wrong.popleft()
        if len(self._wrong) == WRONG_PINS:
            return Verdict.HIDDEN
        if pin is None or (pin == NO_PIN and self.guest_needs_pin):
            return Verdict.PIN_NEEDED
        if _same(pin, self._host_pin):
            return Verdict.HOST
        if _same(pin, self._guest_pin or NO_PIN):
            return Verdict.GUEST
        self._wrong.append(now)
        return Verdict.PIN_WRONG


def _same(given: str, wanted: str) -> bool:
    # Headers may hold bytes that are no text.
    return compare_digest(*(word.encode(errors="surrogateescape") for word in (given, wanted)))


@dataclass(slots=True)
class _Right:
    """The right of one participant to be there."""

    token: str = field(repr=False)
    until: float
    previous: str | None = field(default=None, repr=False)
    previous_until: float = 0.0


class Tokens:
    """Tokens and whose they are. The one before the newest is good for a short grace."""

    def __init__(self, life: float, grace: float = 5.0) -> None:
        """Both in seconds. Grace: for requests that were on their way during a refresh."""
        self.life = life
        self._grace = grace
        self._rights: dict[str, _Right] = {}

    def issue(self, owner: str, token: str, now: float) -> None:
        """A token for somebody new, or the next one for somebody who refreshes."""
        old = self._rights.get(owner)
        right = _Right(token, now + self.life)
        if old is not None:
            right.previous, right.previous_until = old.token, min(old.until, now + self._grace)
        self._rights[owner] = right

    def owner(self, token: str, now: float) -> str | None:
        """Whose token this is; None: nobody's, or too old."""
        found = None
        for owner, right in self._rights.items():
            # All are compared, so that the time says nothing about which one fits.
            if _same(token, right.token) and now < right.until:
                found = owner
            if right.previous and _same(token, right.previous) and now < right.previous_until:
                found = owner
        return found

    def revoke(self, owners: Iterable[str]) -> None:
        """These tokens are worth nothing from now on."""
        for owner in owners:
            self._rights.pop(owner, None)

    def expired(self, now: float) -> list[str]:
        """Whose time is over."""
        return [owner for owner, right in self._rights.items() if now >= right.until]

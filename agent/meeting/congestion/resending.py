"""PURE: which lost packets are worth sending again, and when a key frame is the better answer.

On a narrow link the packets that are asked for again can fill it for seconds, while every picture
waits for the one before (RFC 4585 asks for congestion control of retransmissions). So they have a
budget; when it is used up, one key frame mends all that is missing.
"""

from collections import OrderedDict

SHARE = 0.25
"""Of the rate may be spent on sending again."""

BURST_S = 0.2
"""What is sent in so much time may be spent at once."""

AGAIN_S = 0.04
"""A packet is not sent a third time sooner than this, or than the round trip."""

TRIES = 3
"""A packet that was lost so often holds up every picture after it."""

KEY_PAUSE_S = 0.5
"""Between two key frames, however often they are asked for."""

REMEMBERED = 512
HALF = 1 << 15
DEFAULT_RTT_S = 0.1


class Resending:
    """Decides for one stream. Times are seconds of the sender's clock."""

    def __init__(self) -> None:
        self._again: OrderedDict[int, tuple[float, int]] = OrderedDict()
        self._budget = 0.0
        self._filled = float("-inf")
        self._useless_before: int | None = None
        self._keyed_at = float("-inf")
        self._key_due = False
        self.resent = self.refused = 0

    def worth(self, at: float, sequence: int, size: int, rate: float, rtt: float | None) -> bool:
        """Whether a packet that is asked for again shall be sent.

        sequence: its RTP number; size: bytes; rate: bits per second; rtt: seconds.
        """
        if self._is_useless(sequence):
            return False
        pause = max(AGAIN_S, 0.9 * (rtt or DEFAULT_RTT_S))
        last, times = self._again.get(sequence, (float("-inf"), 0))
        if at - last < pause:
            return False
        worth = times < TRIES and self._pay(at, size, rate)
        # Asked for once, it may only have been overtaken; asked for again, it is missing.
        self._key_due |= not worth and times > 0
        self._again[sequence] = at, times + 1
        self._again.move_to_end(sequence)
        if len(self._again) > REMEMBERED:
            self._again.popitem(last=False)
        self.resent += worth
        self.refused += not worth
        return worth

    def _pay(self, at: float, size: int, rate: float) -> bool:
        income = (at - self._filled) * SHARE * rate / 8
        self._budget = min(self._budget + income, BURST_S * rate / 8)
        self._filled = at
        if self._budget < size:
            return False
        self._budget -= size
        return True

    def _is_useless(self, sequence: int) -> bool:
        before = self._useless_before
        return before is not None and (before - sequence) % (2 * HALF) < HALF and sequence != before

    def ask_for_key(self) -> None:
        """The receiver says that it needs a key frame."""
        self._key_due = True

    def key_is_due(self, at: float) -> bool:
        """Whether the next picture shall be a key frame. Tells so once, and not too often."""
        if not self._key_due or at - self._keyed_at < KEY_PAUSE_S:
            return False
        self._keyed_at = at
        self._key_due = False
        return True

    def keyed(self, at: float, sequence: int) -> None:
        """A key frame begins with this RTP packet: nobody needs what was sent before it."""
        self._keyed_at = at
        self._key_due = False
        self._useless_before = sequence
        self._again.clear()

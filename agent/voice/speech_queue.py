"""PURE: which sentence comes next.

| comes   | among what waits it         | what is being said          |
|---------|-----------------------------|-----------------------------|
| ANSWER  | replaces an older answer    | is interrupted at once      |
| WARNING | replaces an older warning   | goes on                     |
| LINE    | queues: 8, the oldest goes  | goes on                     |

Of what is interrupted, a warning waits again unless a newer one does; an answer or a line is
overtaken and not said again («gjenta» brings a checklist's line back).

Taken out in this order: the answer; the warning, once nobody speaks or after 4 s of waiting; the
oldest line. A warning that waits for a pause does not hold the lines back.
"""

from dataclasses import dataclass, replace

from agent.messages import Urgency

MOST_LINES = 8

WARNING_PATIENCE_S = 4.0
"""How long a warning waits for a pause in speech before it is said all the same."""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence that waits to be said."""

    text: str
    urgency: Urgency
    since: float
    """When it was asked for, in seconds on any clock."""
    shown: bool = False
    """It has reached the screen already."""


@dataclass(frozen=True, slots=True)
class SpeechQueue:
    """What waits to be said: a value, never more than ten sentences."""

    answer: Item | None = None
    warning: Item | None = None
    lines: tuple[Item, ...] = ()

    def put(self, item: Item) -> "SpeechQueue":
        """The queue with one more sentence in it."""
        match item.urgency:
            case Urgency.ANSWER:
                return replace(self, answer=item)
            case Urgency.WARNING:
                return replace(self, warning=item)
            case Urgency.LINE:
                return replace(self, lines=(*self.lines, item)[-MOST_LINES:])

    def put_back(self, interrupted: Item) -> "SpeechQueue":
        """The queue after `interrupted` was cut off by an answer."""
        if interrupted.urgency is Urgency.WARNING and self.warning is None:
            return replace(self, warning=replace(interrupted, shown=True))
        return self

    def first(self, now: float, *, quiet: bool) -> Item | None:
        """What is to be said now; None: nothing, or only a warning that waits for a pause.

        now: seconds on the clock of `Item.since`; quiet: nobody speaks.
        """
        if self.answer is not None:
            return self.answer
        warning = self.warning
        if warning is not None and (quiet or now - warning.since >= WARNING_PATIENCE_S):
            return warning
        return self.lines[0] if self.lines else None

    def without(self, item: Item) -> "SpeechQueue":
        """The queue after `item` has been taken out."""
        return SpeechQueue(
            answer=None if self.answer is item else self.answer,
            warning=None if self.warning is item else self.warning,
            lines=tuple(line for line in self.lines if line is not item),
        )

    def all_shown(self) -> "SpeechQueue":
        """The queue after everything in it has reached the screen."""
        return SpeechQueue(
            answer=self.answer and replace(self.answer, shown=True),
            warning=self.warning and replace(self.warning, shown=True),
            lines=tuple(replace(line, shown=True) for line in self.lines),
        )

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that waits, the most urgent first."""
        urgent = tuple(item for item in (self.answer, self.warning) if item is not None)
        return urgent + self.lines

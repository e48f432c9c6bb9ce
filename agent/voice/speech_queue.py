"""PURE: which sentence comes next.

| comes   | among what waits it          | what is being said          |
|---------|------------------------------|-----------------------------|
| ANSWER  | replaces an older answer     | is interrupted at once      |
| WARNING | replaces an older warning    | goes on                     |
| NEWS    | queues: 8, the oldest goes   | goes on                     |
| ADVICE  | replaces older advice        | goes on                     |
| LINE    | queues: 8, the oldest goes   | goes on                     |

Of what is interrupted, a warning and news wait again, advice too unless newer one does; an answer
or a line is overtaken and not said again («gjenta» brings a checklist's line back).

Taken out in this order: the answer; the warning, then the oldest news, once nobody speaks or after
4 s of waiting; advice, once nobody speaks or after 20 s; the oldest line. What waits for a pause
does not hold the lines back.
"""

from dataclasses import dataclass, replace

from agent.messages import Urgency

MOST_LINES = 8
MOST_NEWS = 8

WARNING_PATIENCE_S = 4.0
"""How long a warning waits for a pause in speech before it is said all the same."""

ADVICE_PATIENCE_S = 20.0
"""The same for advice."""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence that waits to be said."""

    text: str
    urgency: Urgency
    since: float
    """When it was asked for, in seconds on any clock."""
    shown: bool = False
    """It has reached the screen already."""
    rate: float = 1.0
    """How fast it is said; 1: as usual."""

    def may_begin(self, now: float, quiet: bool, patience_s: float) -> bool:
        """Nobody speaks, or it has waited long enough."""
        return quiet or now - self.since >= patience_s


@dataclass(frozen=True, slots=True)
class SpeechQueue:
    """What waits to be said: a value, never more than nineteen sentences."""

    answer: Item | None = None
    warning: Item | None = None
    news: tuple[Item, ...] = ()
    advice: Item | None = None
    lines: tuple[Item, ...] = ()

    def put(self, item: Item) -> "SpeechQueue":
        """The queue with one more sentence in it."""
        match item.urgency:
            case Urgency.ANSWER:
                return replace(self, answer=item)
            case Urgency.WARNING:
                return replace(self, warning=item)
            case Urgency.NEWS:
                return replace(self, news=(*self.news, item)[-MOST_NEWS:])
            case Urgency.ADVICE:
                return replace(self, advice=item)
            case Urgency.LINE:
                return replace(self, lines=(*self.lines, item)[-MOST_LINES:])

    def put_back(self, interrupted: Item) -> "SpeechQueue":
        """The queue after `interrupted` was cut off by an answer."""
        again = replace(interrupted, shown=True)
        if interrupted.urgency is Urgency.WARNING and self.warning is None:
            return replace(self, warning=again)
        if interrupted.urgency is Urgency.NEWS:
            return replace(self, news=(again, *self.news)[:MOST_NEWS])
        if interrupted.urgency is Urgency.ADVICE and self.advice is None:
            return replace(self, advice=again)
        return self

    def first(self, now: float, *, quiet: bool) -> Item | None:
        """What is to be said now; None: nothing, or only what waits for a pause.

        now: seconds on the clock of `Item.since`; quiet: nobody speaks.
        """
        if self.answer is not None:
            return self.answer
        for urgent in (self.warning, *self.news[:1]):
            if urgent is not None and urgent.may_begin(now, quiet, WARNING_PATIENCE_S):
                return urgent
        if self.advice is not None and self.advice.may_begin(now, quiet, ADVICE_PATIENCE_S):
            return self.advice
        return self.lines[0] if self.lines else None

    def without(self, item: Item) -> "SpeechQueue":
        """The queue after `item` has been taken out."""
        return SpeechQueue(
            answer=None if self.answer is item else self.answer,
            warning=None if self.warning is item else self.warning,
            news=tuple(news for news in self.news if news is not item),
            advice=None if self.advice is item else self.advice,
            lines=tuple(line for line in self.lines if line is not item),
        )

    def all_shown(self) -> "SpeechQueue":
        """The queue after everything in it has reached the screen."""
        return SpeechQueue(
            answer=self.answer and replace(self.answer, shown=True),
            warning=self.warning and replace(self.warning, shown=True),
            news=tuple(replace(news, shown=True) for news in self.news),
            advice=self.advice and replace(self.advice, shown=True),
            lines=tuple(replace(line, shown=True) for line in self.lines),
        )

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that waits, the most urgent first."""
        urgent = (self.answer, self.warning, *self.news, self.advice)
        return (*(item for item in urgent if item is not None), *self.lines)

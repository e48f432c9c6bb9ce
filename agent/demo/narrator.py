"""Tells in the terminal, line by line, what is heard, said, sent and seen."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.messages import Action, Command, Event, LightChanged, Transmit
from agent.session import Session, transmission

Write = Callable[[str], None]


@dataclass
class Narrator:
    """Writes one line for each thing that happens; keeps only what the summary needs."""

    words: Mapping[str, str]
    """`config/pages/demo.yaml` in the chosen written form."""
    phrases: Mapping[Command, str]
    write: Write
    latencies: list[float] = field(default_factory=list)
    """Seconds from the last sound of a command to its recognition."""
    played: int = 0
    _before: Session | None = None
    _began: float = field(default_factory=time.monotonic)

    def line(self, tag: str, text: str) -> None:
        """One line: time, what kind of thing, the thing."""
        seconds = time.monotonic() - self._began
        self.write(f"{seconds:6.1f} s  {self.words[f'tag_{tag}']:<8} {text}")

    def plain(self, name: str, **values: object) -> None:
        """A line of the demonstration itself."""
        self.write(self.words[name].format(**values))

    def clip(self, name: str) -> None:
        """A sound file begins."""
        self.played += 1
        self.line("clip", name)

    def heard(self, command: Command, latency_s: float) -> None:
        """A command was recognised."""
        self.latencies.append(latency_s)
        values = {"phrase": self.phrases[command], "ms": round(latency_s * 1000)}
        self.line("heard", self.words["heard_in"].format(**values))

    def said(self, sentence: str) -> None:
        """The agent begins to say a sentence."""
        self.line("said", f"«{sentence}»")

    def observe(self, event: Event, session: Session, actions: Sequence[Action]) -> None:
        """An observer for the runner."""
        before, self._before = self._before, session
        if before is not None and before.visit is not session.visit:
            self.line("room", self.words[f"visit_{session.visit.name.lower()}"])
        if session.room.locked is not None and (before is None or before.room != session.room):
            self._room(before, session)
        if any(isinstance(action, Transmit) for action in actions):
            picture = transmission(session).picture
            self.line("sent", self.words[f"picture_{picture.name.lower()}"])
        if isinstance(event, LightChanged):
            self.line("light", self.words[f"light_{event.light.name.lower()}"])
        self._list(before, session)

    def _room(self, before: Session | None, session: Session) -> None:
        if before is None or before.room.locked != session.room.locked:
            self.line("room", self.words["room_locked" if session.room.locked else "room_open"])

    def _list(self, before: Session | None, session: Session) -> None:
        old, new = before.progress if before else None, session.progress
        if old is not None and new is None:
            self.line("list", self.words["list_closed"])
        elif new is not None and new.point is not None and (old is None or old.index != new.index):
            self.line("list", f"{new.number}/{new.count} {'; '.join(new.point.procedure)}")

    def summary_heard(self) -> None:
        """How many commands were heard, and how fast."""
        taken = self.latencies or [0.0]
        self.plain(
            "summary_heard",
            count=len(self.latencies),
            played=self.played,
            median=round(statistics.median(taken) * 1000),
            longest=round(max(taken) * 1000),
        )

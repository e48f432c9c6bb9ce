"""Every recogniser of the registry and the baselines, each heard in a process of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from agent.config.content import load_content
from agent.config.loading import load_settings
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.measuring.engine import Cost, Counted
from agent.recognisers import make_recogniser
from agent.registry import BACKENDS, Kind
from agent.voice.base import Recogniser, Scores
from agent.voice.decision import Thresholds, decide
from agent.voice.scoring import Trial, best_phrase
from agent.worker import Worker
from bench.baselines.sphinx import Sphinx
from bench.baselines.whisper_text import WhisperText
from bench.hearing import ROOT
from bench.sets import Item, TrialSet

PREPARE_LIMIT_S, SCORE_LIMIT_S = 600.0, 60.0

BASELINE = "(baseline)"

NOTHING: tuple[None, float] = (None, -float("inf"))

Make = Callable[[], Recogniser]


@dataclass(frozen=True, slots=True)
class Engine:
    """A recogniser to be measured."""

    name: str
    make: Make
    every: int = 1
    """1: hears everything; n: every nth sound of the larger sets, because it is slow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one utterance."""

    trial: Trial
    accepted: str | None
    """With the thresholds in use, each command with that of its risk class."""
    source: str = ""
    """The sentence, or the file."""


@dataclass(slots=True)
class Heard:
    """What one engine made of one set."""

    engine: str
    about: TrialSet
    outcomes: list[Outcome] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    failures: int = 0
    share: float = 1.0
    """Of the set that it heard."""

    @property
    def hours(self) -> float:
        """How much sound it heard."""
        return self.about.seconds * self.share / 3600

    @property
    def false(self) -> list[Outcome]:
        """What it took for a command although nothing was said."""
        return [each for each in self.outcomes if each.trial.said is None and each.accepted]

    @property
    def trials(self) -> list[Trial]:
        """All of them."""
        return [outcome.trial for outcome in self.outcomes]


def configured() -> tuple[Settings, Mapping[str, str]]:
    """The settings that ship, and the words that espeak-ng needs help with."""
    settings = load_settings([ROOT / "config" / "agent.yaml"], []).settings
    return settings, load_content(ROOT / "config", settings).pronunciation


def engines(whisper: Path) -> Iterator[Engine]:
    """All of them. whisper: the folder of Whisper-base for the baseline."""
    settings, pronunciation = configured()
    for name in BACKENDS[Kind.RECOGNISER]:
        make = make_recogniser(name, settings, ROOT / "models", pronunciation)
        yield Engine(name, make, every=8 if name == "whisper" else 1)
    yield Engine(f"whisper-text {BASELINE}", partial(WhisperText, str(whisper)), every=10)
    yield Engine(f"pocketsphinx {BASELINE}", Sphinx, every=5)


class Hearer:
    """One engine in its process."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self.engine = engine
        self.prepared: list[Cost] = []
        self._worker = worker
        self._ready: tuple[str, ...] | None = None

    @classmethod
    def worker(cls, engine: Engine) -> Worker:
        """The process; to be entered by the caller."""
        return Worker(Counted(engine.make), Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW)

    async def prepare(self, phrases: Sequence[str]) -> None:
        """Make ready for these, unless it is. Raises PartError."""
        wanted = tuple(phrases)
        if wanted != self._ready:
            self._ready = None
            cost = await self._worker.call(PREPARE_LIMIT_S, "prepare", list(wanted))
            assert isinstance(cost, Cost)
            self.prepared.append(cost)
            self._ready = wanted

    async def hear(self, about: TrialSet, everything: Sequence[str]) -> Heard:
        """One set. everything: all phrases of all commands, which the product prepares."""
        heard = Heard(self.engine.name, about)
        items = _thinned(about.items, self.engine.every)
        heard.share = _count(items) / max(1, _count(about.items))
        # Words of one choice are prepared together, once.
        for item in sorted(items, key=lambda each: each.words):
            await self.prepare(everything if item.state else item.words)
            await self._hear_item(item, heard)
        return heard

    async def _hear_item(self, item: Item, heard: Heard) -> None:
        if item.said is not None and len(item.utterances) != 1:
            # A command that came out in pieces, or not at all, was not heard.
            heard.outcomes.append(_unheard(item))
            return
        for utterance in item.utterances:
            grammar = item.state.phrases if item.state else item.words
            try:
                answer = await self._worker.call(SCORE_LIMIT_S, "score", utterance, list(grammar))
            except (PartError, ValueError):
                heard.failures += 1
                heard.outcomes.append(_unheard(item))
                wanted, self._ready = self._ready, None
                await self.prepare(wanted or ())
                continue
            assert isinstance(answer, tuple)
            scores, cost = answer
            heard.costs.append(cost)
            heard.outcomes.append(_outcome(item, scores))


def _unheard(item: Item) -> Outcome:
    return Outcome(Trial(item.said, *NOTHING, item.groups), None, item.source)


def _outcome(item: Item, scores: Scores) -> Outcome:
    if item.state is None:
        best, odds = best_phrase(scores)
        accepted = best if odds >= Thresholds().green else None
        return Outcome(Trial(item.said, best, odds, item.groups), accepted, item.source)
    decision = decide(scores, item.state, Thresholds())
    best = decision.best.value if decision.best else None
    command = decision.command.value if decision.command else None
    return Outcome(Trial(item.said, best, decision.log_odds, item.groups), command, item.source)


def _count(items: Iterable[Item]) -> int:
    return sum(max(1, len(item.utterances)) for item in items)


def _thinned(items: Sequence[Item], every: int) -> Sequence[Item]:
    """Every nth of a large set: each choice of words stays whole."""
    if len(items) == 1:  # A conversation: every nth utterance of it.
        return [replace(items[0], utterances=items[0].utterances[::every])]
    if every == 1 or len(items) < 40:
        return items
    choices = sorted({item.words for item in items})
    kept = set(choices[::every])
    if len(choices) > 1:
        return [item for item in items if item.words in kept]
    return items[::every]


def chosen(every: Iterable[Engine], names: str | None) -> list[Engine]:
    """Those whose name begins with one of `names` (with commas between); all without names."""
    wanted = [name.strip() for name in (names or "").split(",") if name.strip()]
    return [
        each for each in every if not wanted or any(each.name.startswith(name) for name in wanted)
    ]

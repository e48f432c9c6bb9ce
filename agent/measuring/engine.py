"""One recogniser in a process of its own, as in the agent, with what each utterance costs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.faults import Fault, PartError
from agent.measuring.table import Row
from agent.voice.base import Recogniser, Scores, Utterance
from agent.voice.scoring import Trial, best_phrase
from agent.worker import Worker

PREPARE_LIMIT_S = 600.0
SCORE_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took."""

    cpu_s: float
    """CPU seconds of all the process' threads."""
    wall_s: float
    peak_mb: float | None
    """The process' greatest resident memory so far, 10^6 bytes; None where it cannot be asked."""


class CountedRecogniser:
    """A recogniser that tells what its calls cost. Lives in the worker process."""

    def __init__(self, make: Callable[[], Recogniser]) -> None:
        self._recogniser = make()

    def prepare(self, phrases: Sequence[str]) -> Cost:
        """As the recogniser's."""
        cpu, wall = time.process_time(), time.perf_counter()
        self._recogniser.prepare(phrases)
        return _cost_since(cpu, wall)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> tuple[Scores, Cost]:
        """As the recogniser's."""
        cpu, wall = time.process_time(), time.perf_counter()
        scores = self._recogniser.score(utterance, grammar)
        return scores, _cost_since(cpu, wall)


class Counted:
    """Makes a `CountedRecogniser`; pickles as its parts do."""

    def __init__(self, make: Callable[[], Recogniser]) -> None:
        self._make = make

    def __call__(self) -> CountedRecogniser:
        return CountedRecogniser(self._make)


def _cost_since(cpu: float, wall: float) -> Cost:
    return Cost(time.process_time() - cpu, time.perf_counter() - wall, peak_memory_mb())


def peak_memory_mb() -> float | None:
    """This process' greatest resident memory so far, in 10^6 bytes; None on Windows."""
    # On Linux getrusage would also tell what the parent had when it started this process.
    status = Path("/proc/self/status")
    if status.exists():
        peaks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peaks[0].split()[1]) * 1024 / 1e6 if peaks else None
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@dataclass(slots=True)
class Measured:
    """Everything that one recogniser made of a table."""

    name: str
    trials: list[Trial] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """The table's line of each trial."""
    costs: list[Cost] = field(default_factory=list)
    """Of each call of `score`."""
    prepared: list[Cost] = field(default_factory=list)
    """Of each call of `prepare`: one for each vocabulary."""
    unreadable: list[Row] = field(default_factory=list)
    """Rows without a recording; left out of the figures."""
    failed: list[int] = field(default_factory=list)
    """Lines at which the recogniser failed or was too slow; these count as nothing heard."""


Load = Callable[[Path], Sequence[Utterance]]
"""A recording -> its utterances. Raises ValueError when it cannot be read."""


async def measure(
    name: str, make: Callable[[], Recogniser], rows: Sequence[Row], folder: Path, load: Load
) -> Measured:
    """Let a recogniser hear every recording, one vocabulary after the other.

    make: must pickle; the recogniser is made in its own process.
    Raises PartError when it cannot be made ready.
    """
    result = Measured(name)
    by_vocabulary: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_vocabulary.setdefault(row.vocabulary, []).append(row)
    faults = (Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW)
    async with Worker(Counted(make), *faults) as worker:
        for vocabulary, of_it in by_vocabulary.items():
            cost = await worker.call(PREPARE_LIMIT_S, "prepare", list(vocabulary))
            assert isinstance(cost, Cost)
            result.prepared.append(cost)
            for row in of_it:
                try:
                    utterances = load(find(row.wav, folder))
                except ValueError:
                    result.unreadable.append(row)
                    continue
                heard = await _hear(worker, row, utterances, result)
                groups = {"vocabulary": _short(vocabulary), **row.groups}
                result.trials.append(Trial(row.label, *heard, groups))
                result.lines.append(row.line)
    return result


async def _hear(
    worker: Worker, row: Row, utterances: Sequence[Utterance], result: Measured
) -> tuple[str | None, float]:
    """The best phrase of one recording and its log-odds.

    A command that was cut in pieces was not heard; of other sound the piece likest a command
    counts.
    """
    best: tuple[str | None, float] = (None, -float("inf"))
    if row.label is not None and len(utterances) != 1:
        return best
    for utterance in utterances:
        try:
            answer = await worker.call(SCORE_LIMIT_S, "score", utterance, list(row.vocabulary))
        except (PartError, ValueError):
            # The process is made anew; it has to be made ready again before the next utterance.
            result.failed.append(row.line)
            await worker.call(PREPARE_LIMIT_S, "prepare", list(row.vocabulary))
            continue
        assert isinstance(answer, tuple)
        scores, cost = answer
        result.costs.append(cost)
        best = max(best, best_phrase(scores), key=lambda each: each[1])
    return best


def find(wav: str, folder: Path) -> Path:
    """The file of a row: beside the table `folder`.tsv, in the folder of its name, or from here."""
    path = Path(wav.replace("\\", "/"))
    places = [folder.parent / path, folder / path, path]
    return next((place for place in places if place.is_file()), places[0])


def _short(vocabulary: Sequence[str]) -> str:
    """A vocabulary's name in a list of groups: its first phrases."""
    return ", ".join(vocabulary[:3]) + (" …" if len(vocabulary) > 3 else "")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of them (0 to 1) does not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def groups_of(trials: Sequence[Trial], most: int = 50) -> Mapping[str, int]:
    """Each kind of group with how many groups it has, where these are 2 to `most`."""
    kinds: dict[str, set[str]] = {}
    for trial in trials:
        for kind, group in trial.groups.items():
            kinds.setdefault(kind, set()).add(group)
    return {kind: len(found) for kind, found in kinds.items() if 2 <= len(found) <= most}

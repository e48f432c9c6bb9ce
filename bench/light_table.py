"""For `bench.light`: the table of one set of shots: each fault, told in each way."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from bench.light_faults import CONDITIONS, Defect
from bench.light_groups import Flags, by_group
from bench.light_shots import Shot

Measure = Callable[[Shot], float]
"""Higher is worse."""

FALSE_FLAGS = 0.02


@dataclass(frozen=True, slots=True)
class Method:
    """One way to tell a fault."""

    name: str
    measure: Measure
    limit: float | None = None
    """At or above it the fault is flagged; None: the limit with the best F1, on the same shots."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a method does to a set of shots."""

    recall: float
    false: float

    @property
    def f1(self) -> float:
        """At equal weight of both classes."""
        return f1(self.recall, self.false)


def f1(recall: float, false: float) -> float:
    """At equal weight of both classes."""
    precision = recall / (recall + false) if recall else 0.0
    return 2 * precision * recall / (precision + recall) if precision else 0.0


def found(scores: np.ndarray, bad: np.ndarray, right: np.ndarray, limit: float) -> Found:
    """Shares at or above the limit."""
    flagged = scores >= limit
    return Found(
        float(flagged[bad].mean()) if bad.any() else float("nan"),
        float(flagged[right].mean()) if right.any() else float("nan"),
    )


def best_limit(scores: np.ndarray, bad: np.ndarray, right: np.ndarray) -> float:
    """The limit that separates the two best."""
    among = np.unique(np.quantile(scores[bad | right], np.linspace(0, 1, 200)))
    return float(max(among, key=lambda limit: found(scores, bad, right, limit).f1))


def first_half(shot: Shot) -> bool:
    """Scenes are halved by their names."""
    return crc32(shot.scene.encode()) % 2 == 0


class Table:
    """The shots of one set, and its report."""

    def __init__(self, title: str, all_shots: Sequence[Shot]) -> None:
        self.title, self.shots = title, all_shots
        self.right = np.asarray([shot.defect is Defect.NONE for shot in all_shots])
        self.half = np.asarray([first_half(shot) for shot in all_shots])
        self.skins = list(dict.fromkeys(shot.skin for shot in all_shots))

    def report(self, ways: Mapping[Defect, Sequence[Method]]) -> None:
        """All faults."""
        scenes = len({shot.scene for shot in self.shots})
        say(f"\n## {self.title} (simulated faults): {scenes} scenes, {len(self.shots)} shots")
        for defect, rows in ways.items():
            self._defect(defect, rows)

    def _defect(self, defect: Defect, rows: Sequence[Method]) -> None:
        bad = np.asarray([shot.defect is defect for shot in self.shots])
        say(
            f"\n{defect.value:<28}{'F1':>6} {'95 %':>13}{'recall':>8}{'false':>7}   "
            "false and recall per skin group"
        )
        ours: dict[str, Flags] = {}
        for method in rows:
            scores = np.asarray([method.measure(shot) for shot in self.shots])
            if method.limit is None:
                self._row(method.name, scores, bad, best_limit(scores, bad, self.right))
                continue
            self._row(method.name, scores, bad, method.limit)
            if method.limit == 0:
                ours[method.name] = scores >= 0
                limit = float(np.quantile(scores[self.right & self.half], 1 - FALSE_FLAGS)) + 1e-9
                self._row("  2 % on half", scores, bad, limit, ~self.half)
        for name, flagged in ours.items():
            say(f"  «{name}» by skin group, 95 % intervals")
            say(by_group(self.shots, flagged, defect))
            self._cross_talk(name, flagged)

    def _row(
        self,
        name: str,
        scores: np.ndarray,
        bad: np.ndarray,
        limit: float,
        among: np.ndarray | None = None,
    ) -> None:
        bad, right = (bad, self.right) if among is None else (bad & among, self.right & among)
        whole = found(scores, bad, right, limit)
        low, high = self._interval(scores >= limit, bad, right)
        groups = []
        for skin in self.skins:
            of = np.asarray([shot.skin == skin for shot in self.shots])
            part = found(scores, bad & of, right & of, limit)
            groups.append(f"{skin}: {part.false:.3f} {part.recall:.2f}")
        say(
            f"{name:<28}{whole.f1:>6.3f} {low:>6.3f}–{high:.3f}{whole.recall:>8.3f}"
            f"{whole.false:>7.3f}   {'  '.join(groups)}"
        )

    def _interval(
        self, flagged: np.ndarray, bad: np.ndarray, right: np.ndarray
    ) -> tuple[float, float]:
        """Of F1, by resampling scenes."""
        names = sorted({shot.scene for shot in self.shots})
        place = {name: number for number, name in enumerate(names)}
        where = np.asarray([place[shot.scene] for shot in self.shots])
        counts = np.stack(
            [
                np.bincount(where, kind, len(names))
                for kind in (flagged & bad, bad, flagged & right, right)
            ]
        )
        generator = np.random.default_rng(0)
        drawn = generator.integers(len(names), size=(300, len(names)))
        hits, of, wrong, among = counts[:, drawn].sum(axis=2)
        values = [
            f1(h / o, w / a) for h, o, w, a in zip(hits, of, wrong, among, strict=True) if o and a
        ]
        low, high = np.quantile(values, (0.025, 0.975)) if values else (np.nan, np.nan)
        return float(low), float(high)

    def _cross_talk(self, name: str, flagged: Flags) -> None:
        """Share flagged under each condition, the other faults included."""
        shares = {
            condition: float(flagged[[shot.condition == condition for shot in self.shots]].mean())
            for condition in CONDITIONS
        }
        told = ", ".join(f"{one}: {share:.2f}" for one, share in shares.items() if share > 0.005)
        say(f"  flagged by «{name}»: {told}")


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

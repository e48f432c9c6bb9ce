"""How well a picture's faults are told: `python -m bench.light [--data FOLDER] [--sheet FILE]`.

All is simulated: lit scenes are spoilt in linear light and filmed by a simulated camera
(`bench.light_camera`, `bench.light_faults`), two frames each, and measured by the agent's own code.
The scenes are generated, or photographs of a folder that lists them in `manifest.tsv`; of the
latter nothing is kept, and nothing was fitted on them. Beside the agent stand the naive ways, with
the limit that serves them best.

Recall and false flags are shares of shots. Precision and F1 give both classes equal weight
(precision = recall / (recall + false flags)), so that the number of variants does not matter. The
intervals are 95 % of resamples of *scenes* (pictures), since shots of one scene are alike.
«2 % on half»: the limit is set on one half of the scenes and the row tells the other half.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from agent.video.lighting.judging import Head, Weights
from agent.video.sight import shipped_weights
from bench.light_cost import costs
from bench.light_extra import shadows, streams
from bench.light_faults import CONDITIONS, Defect
from bench.light_sheet import sheet
from bench.light_shots import Scene, Shot, filmed, generated, photographs
from bench.light_talk import talk

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


def head(weights: Weights) -> Measure:
    """The agent's own score."""
    return lambda shot: weights.score(shot.reading)


def methods(weights: dict[Head, Weights]) -> dict[Defect, list[Method]]:
    """The agent's ways first, then the naive ones."""

    def ours(name: str, which: Head) -> Method:
        return Method(name, head(weights[which]), 0.0)

    def dimness(shot: Shot) -> float:
        return -shot.reading.mean_grey

    def softness(shot: Shot) -> float:
        return -shot.laplacian

    def cast(shot: Shot) -> float:
        return float(np.hypot(shot.reading.blue_stops, shot.reading.red_stops))

    return {
        Defect.DARK: [
            ours("agent, exposure told", Head.DARK_TOLD),
            ours("agent, two frames", Head.DARK_TWO),
            ours("agent, one frame", Head.DARK_ONE),
            Method("mean grey < 60", dimness, -60),
            Method("mean grey < 80", dimness, -80),
            Method("mean grey, best F1", dimness),
        ],
        Defect.BRIGHT: [
            ours("agent", Head.BRIGHT),
            Method("mean grey > 200", lambda shot: shot.reading.mean_grey, 200),
            Method("mean grey, best F1", lambda shot: shot.reading.mean_grey),
            Method("near white, best F1", lambda shot: shot.reading.near_white),
        ],
        Defect.GLARE: [
            ours("agent", Head.GLARE),
            Method("near white, best F1", lambda shot: shot.reading.near_white),
        ],
        Defect.BLUR: [
            ours("agent, two frames", Head.BLUR_TWO),
            ours("agent, one frame", Head.BLUR_ONE),
            Method("Laplacian < 100", softness, -100),
            Method("Laplacian, best F1", softness),
        ],
        Defect.WARM: [
            ours("agent", Head.WARM),
            Method("grey world, best F1", cast),
        ],
    }


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

    def report(self, ways: dict[Defect, list[Method]]) -> None:
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
        for method in rows:
            scores = np.asarray([method.measure(shot) for shot in self.shots])
            if method.limit is None:
                self._row(method.name, scores, bad, best_limit(scores, bad, self.right))
                continue
            self._row(method.name, scores, bad, method.limit)
            if method.limit == 0:
                limit = float(np.quantile(scores[self.right & self.half], 1 - FALSE_FLAGS)) + 1e-9
                self._row("  2 % on half", scores, bad, limit, ~self.half)
        self._severities(rows, defect)

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

    def _severities(self, rows: Sequence[Method], defect: Defect) -> None:
        """Share flagged under each condition, the other faults included: cross-talk."""
        ours = [method for method in rows if method.limit == 0]
        for method in ours:
            shares = []
            for name, how in CONDITIONS.items():
                if how.defect in {defect, Defect.ASIDE} or method is ours[0]:
                    of = [
                        method.measure(shot) >= 0 for shot in self.shots if shot.condition == name
                    ]
                    shares.append((name, float(np.mean(of))))
            told = ", ".join(f"{name}: {share:.2f}" for name, share in shares if share > 0.005)
            say(f"  flagged by «{method.name}»: {told}")


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20, help="generated, per skin group")
    parser.add_argument("--seed", type=int, default=0, help="the weights were fitted on seed 1")
    parser.add_argument("--data", type=Path, help="folder of photographs with a manifest.tsv")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photograph")
    parser.add_argument("--sheet", type=Path, help="write a sheet of the worst misses as a picture")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    weights = shipped_weights()
    sets: dict[str, list[Scene]] = {}
    if options.scenes:
        sets["Generated"] = list(generated(options.scenes, options.seed))
    if options.data is not None and (options.data / "manifest.tsv").exists():
        sets["Photographs"] = list(photographs(options.data, options.every))
    elif options.data is not None:
        say(f"No photographs: {options.data}/manifest.tsv is missing; generated scenes only.")
    for title, scenes in sets.items():
        all_shots = filmed(scenes, options.seed)
        Table(title, all_shots).report(methods(weights))
        say(shadows(scenes, options.seed))
        say(streams(scenes, weights, options.seed))
        say(talk(all_shots, weights))
        if options.sheet is not None:
            sheet(scenes, all_shots, weights, options.seed, options.sheet)
    say(costs())


if __name__ == "__main__":
    main()

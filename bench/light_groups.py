"""For `bench.light`: a fault by severity and skin group, and how far the groups are apart.

A scene gives one shot of each condition, so the share of one condition has Wilson's interval; the
shots of one scene are alike, so those of a gap come from resampled scenes. All are 95 %.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from agent.voice.scoring import Share
from bench.light_faults import CONDITIONS, Defect
from bench.light_shots import Shot

RESAMPLES = 300
NAME, CELL = 24, 24

Flags = npt.NDArray[np.bool_]


def by_group(shots: Sequence[Shot], flagged: Flags, defect: Defect) -> str:
    """A row for each severity, one for each kind of right picture, and the largest gaps.

    flagged: shape (shots,), what the method flags.
    """
    skins = list(dict.fromkeys(shot.skin for shot in shots))
    lines = ["  " + "".join([f"{'share flagged':<{NAME}}", *(f"{s:<{CELL}}" for s in skins)])]
    for condition, how in CONDITIONS.items():
        if how.defect in {defect, Defect.NONE}:
            where = np.asarray([shot.condition == condition for shot in shots])
            lines.append(_row(condition, shots, flagged, where, skins))
    groups = [np.asarray([shot.skin == skin for shot in shots]) for skin in skins]
    for name, wanted in (("false flags", Defect.NONE), ("recall", defect)):
        among = np.asarray([shot.defect is wanted for shot in shots])
        gap, low, high = _gap(shots, flagged, among, groups)
        lines.append(f"  largest gap in {name}: {gap:.1f} points ({low:.1f}–{high:.1f})")
    return "\n".join(lines)


def _row(
    name: str, shots: Sequence[Shot], flagged: Flags, where: Flags, skins: Sequence[str]
) -> str:
    cells = []
    for skin in skins:
        of = where & np.asarray([shot.skin == skin for shot in shots])
        share = Share(int(flagged[of].sum()), int(of.sum()))
        low, high = share.interval
        cells.append(f"{f'{share.value:.2f} ({low:.2f}–{high:.2f})':<{CELL}}")
    return "  " + "".join([f"{name:<{NAME}}", *cells]).rstrip()


def _gap(
    shots: Sequence[Shot], flagged: Flags, among: Flags, groups: Sequence[Flags]
) -> tuple[float, float, float]:
    """Between the two groups that are farthest apart, in points: the gap and its interval."""
    worst = max(
        combinations(groups, 2),
        key=lambda pair: abs(_difference(flagged, among, *pair)),
        default=(among, among),
    )
    gap = _difference(flagged, among, *worst)
    drawn = _resampled(shots, flagged, among, worst) * np.sign(gap or 1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return 100 * abs(gap), 100 * float(low), 100 * float(high)


def _difference(flagged: Flags, among: Flags, one: Flags, other: Flags) -> float:
    return float(flagged[among & one].mean() - flagged[among & other].mean())


def _resampled(
    shots: Sequence[Shot], flagged: Flags, among: Flags, pair: Sequence[Flags]
) -> npt.NDArray[np.float64]:
    """Differences of the two groups, each with its own scenes drawn anew."""
    names = np.unique([shot.scene for shot in shots], return_inverse=True)[1]
    generator = np.random.default_rng(0)
    sums = []
    for group in pair:
        of = among & group
        hits, count = np.bincount(names[of & flagged], minlength=len(shots)), np.bincount(names[of])
        scenes = np.flatnonzero(count)
        drawn = generator.choice(scenes, (RESAMPLES, len(scenes)))
        sums.append(hits[drawn].sum(1) / count[drawn].sum(1))
    return np.asarray(sums[0] - sums[1], np.float64)

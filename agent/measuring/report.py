"""What was measured -> the lines that are shown. The words are in `config/pages/measuring.yaml`."""

import math
from collections.abc import Iterable, Mapping, Sequence

from agent.measuring.engine import Measured, groups_of, quantile
from agent.voice.commands import Risk
from agent.voice.decision import Thresholds
from agent.voice.scoring import (
    DetPoint,
    Share,
    accepted,
    det,
    equal_error_rate,
    false_accepts,
    threshold_at,
    top_1,
    worst_group,
    wrong,
)

RATES = (0.01, 0.03, 0.05)
"""False accepts at which the share of accepted commands is told."""

CURVE_RATES = (0.0, 0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
"""Points of the DET curve that are printed."""

LEAST_OF_A_GROUP = 5
"""A group with fewer commands says nothing about itself."""

ENDLESS = 1e6
"""Log-odds beyond this are those of «nothing was heard»."""

Words = Mapping[str, str]


def lines(result: Measured, words: Words, thresholds: Thresholds) -> Iterable[str]:
    """Everything about one recogniser."""
    trials = result.trials
    yield ""
    yield words["engine"].format(name=result.name)
    yield _line(words["top_1"], top_1(trials))
    for rate in RATES:
        threshold = threshold_at(trials, rate)
        if math.isnan(threshold):
            continue
        label = words["accepted_at"].format(rate=f"{100 * rate:g}")
        mistaken = wrong(trials, threshold)
        yield _line(label, accepted(trials, threshold)) + words["wrong_at"].format(
            wrong=percent(mistaken.value), count=mistaken.hits, threshold=number(threshold)
        )
    for risk in Risk:
        threshold = thresholds.of(risk)
        mistaken, falsely = wrong(trials, threshold), false_accepts(trials, threshold)
        label = words["in_use"].format(risk=words[f"risk_{risk.value}"])
        yield _line(label, accepted(trials, threshold)) + words["in_use_errors"].format(
            wrong=percent(mistaken.value), false=percent(falsely.value), count=falsely.hits
        )
    yield from _curve(det(trials), words)
    yield from _worst(result, words)
    yield from _costs(result, words)


def _curve(curve: Sequence[DetPoint], words: Words) -> Iterable[str]:
    if not curve:
        yield words["no_curve"]
        return
    yield words["curve"].format(rate=percent(equal_error_rate(curve)))
    points = [_at(curve, rate) for rate in CURVE_RATES]
    yield _cells(words["curve_false"], (percent(rate) for rate in CURVE_RATES))
    yield _cells(words["curve_missed"], (percent(point.misses) for point in points))
    yield _cells(words["curve_threshold"], (number(point.threshold) for point in points))


def _at(curve: Sequence[DetPoint], rate: float) -> DetPoint:
    """The laxest point with no more false accepts than `rate`."""
    return [point for point in curve if point.false_accepts <= rate + 1e-9][-1]


def _worst(result: Measured, words: Words) -> Iterable[str]:
    threshold = threshold_at(result.trials, RATES[0])
    for kind in groups_of(result.trials) if not math.isnan(threshold) else ():
        found = worst_group(result.trials, kind, threshold, LEAST_OF_A_GROUP)
        if found is not None:
            group, share = found
            yield _line(words["worst"].format(kind=kind), share) + f"  {group}"


def _costs(result: Measured, words: Words) -> Iterable[str]:
    cpu = [1000 * cost.cpu_s for cost in result.costs]
    wall = [1000 * cost.wall_s for cost in result.costs]
    yield words["cost"].format(
        **{"cpu50": _whole(quantile(cpu, 0.5)), "cpu95": _whole(quantile(cpu, 0.95))},
        **{"wall50": _whole(quantile(wall, 0.5)), "wall95": _whole(quantile(wall, 0.95))},
    )
    peaks = [cost.peak_mb for cost in (*result.prepared, *result.costs) if cost.peak_mb]
    prepared = quantile([cost.wall_s for cost in result.prepared], 0.5)
    yield words["prepared"].format(
        seconds=number(prepared), memory=f"{max(peaks):.0f}" if peaks else "–"
    )
    if result.failed:
        yield words["failed"].format(count=len(result.failed))


def _line(label: str, share: Share) -> str:
    low, high = share.interval
    counts = f"{share.hits}/{share.of}"
    between = f"({percent(low)}–{percent(high)})"
    return f"  {label:<38} {percent(share.value):>7} {between:<17} {counts:>9}"


def _cells(label: str, cells: Iterable[str]) -> str:
    return f"    {label:<22}" + "".join(f"{cell:>8}" for cell in cells)


def percent(share: float) -> str:
    """0.975 -> «97,5 %»."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %".replace(".", ",")


def number(value: float) -> str:
    """Two decimals, with the Norwegian comma; a dash for what is as good as infinite."""
    return f"{value:.2f}".replace(".", ",") if abs(value) < ENDLESS else "–"


def _whole(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def figures(result: Measured) -> Mapping[str, object]:
    """The same for a program to read: shares 0 to 1, seconds, megabytes."""
    trials = result.trials
    at_rates = {}
    for rate in RATES:
        threshold = threshold_at(trials, rate)
        if not math.isnan(threshold):
            at_rates[f"{rate:g}"] = {
                "threshold": threshold if math.isfinite(threshold) else None,
                "accepted": _figure(accepted(trials, threshold)),
                "wrong": _figure(wrong(trials, threshold)),
            }
    cpu = [cost.cpu_s for cost in result.costs]
    return {
        "engine": result.name,
        "top_1": _figure(top_1(trials)),
        "at_false_accepts": at_rates,
        "cpu_s": {"p50": _or_none(quantile(cpu, 0.5)), "p95": _or_none(quantile(cpu, 0.95))},
        "unreadable": [row.line for row in result.unreadable],
        "failed": result.failed,
    }


def _figure(share: Share) -> Mapping[str, object]:
    low, high = share.interval
    counts = {"hits": share.hits, "of": share.of}
    return {**counts, "share": _or_none(share.value), "low": low, "high": high}


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value

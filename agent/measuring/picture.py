"""PURE: DET curves -> a picture in SVG.

Both axes are probits, as is usual for DET curves: normally distributed scores give straight lines.
A. Martin et al., «The DET curve in assessment of detection task performance», Eurospeech 1997.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from xml.sax.saxutils import escape

from agent.voice.scoring import DetPoint

TICKS = (0.0005, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
LEAST, MOST = 0.0004, 0.9
SIDE, LEFT, TOP = 520, 70, 50
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
"""Okabe and Ito's, which can be told apart by the colour-blind."""
DASHES = ("", "7 3", "2 3", "9 3 2 3")


@dataclass(frozen=True, slots=True)
class Axes:
    """The words on a picture."""

    title: str
    across: str
    """What the false accepts are a share of."""
    up: str
    """What the misses are a share of."""


def det_picture(
    curves: Mapping[str, Sequence[DetPoint]],
    marks: Mapping[str, Mapping[str, tuple[float, float]]],
    axes: Axes,
) -> str:
    """The curves in one picture.

    curves: name -> curve. marks: name of a curve -> name of an operating point -> its false
    accepts and misses, 0 to 1; what is beyond the axes is drawn on their border.
    """
    height = TOP + SIDE + 70 + 20 * len(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + SIDE + 40}" height="{height}" '
        f'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(LEFT, 28, axes.title, size=15),
        *_grid(axes),
    ]
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = f'stroke="{colour}" stroke-dasharray="{DASHES[number % len(DASHES)]}"'
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in _staircase(curve))
        parts.append(f'<polyline points="{corners}" fill="none" stroke-width="2" {line}/>')
        for label, (false, miss) in marks.get(name, {}).items():
            x, y = _across(false), _down(miss)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
            parts.append(_text(x + 8, y - 6, label, colour=colour))
        below = TOP + SIDE + 68 + 20 * number
        parts.append(f'<path d="M{LEFT} {below - 4}h36" stroke-width="2" {line}/>')
        parts.append(_text(LEFT + 46, below, name))
    return "\n".join([*parts, "</svg>", ""])


def _staircase(curve: Sequence[DetPoint]) -> list[tuple[float, float]]:
    """The corners of the line: between two thresholds nothing is gained."""
    corners = []
    for before, after in pairwise(curve):
        corners.append((_across(before.false_accepts), _down(before.misses)))
        corners.append((_across(after.false_accepts), _down(before.misses)))
        corners.append((_across(after.false_accepts), _down(after.misses)))
    return [corner for at, corner in enumerate(corners) if at == 0 or corner != corners[at - 1]]


def _grid(axes: Axes) -> list[str]:
    parts = [
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#333"/>'
    ]
    for tick in TICKS:
        x, y, label = _across(tick), _down(tick), f"{100 * tick:g}"
        parts.append(f'<path d="M{x:.1f} {TOP}v{SIDE}M{LEFT} {y:.1f}h{SIDE}" stroke="#ddd"/>')
        parts.append(_text(x, TOP + SIDE + 16, label, anchor="middle"))
        parts.append(_text(LEFT - 6, y + 4, label, anchor="end"))
    parts.append(_text(LEFT + SIDE / 2, TOP + SIDE + 36, axes.across, anchor="middle"))
    middle = TOP + SIDE / 2
    parts.append(f'<g transform="rotate(-90 20 {middle:.0f})">')
    parts.append(_text(20, middle, axes.up, anchor="middle") + "</g>")
    return parts


def _place(share: float) -> float:
    """0 to 1 along an axis."""
    normal = NormalDist()
    low, high = normal.inv_cdf(LEAST), normal.inv_cdf(MOST)
    return (normal.inv_cdf(min(MOST, max(LEAST, share))) - low) / (high - low)


def _across(share: float) -> float:
    return LEFT + SIDE * _place(share)


def _down(share: float) -> float:
    return TOP + SIDE * (1 - _place(share))


def _text(
    x: float, y: float, text: str, size: int = 12, anchor: str = "start", colour: str = "#222"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )

"""Shots whose fault is known -> weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from agent.video.lighting.judging import FEATURES, Head, Weights
from bench.light_faults import Defect
from bench.light_shots import Shot

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

HIDDEN, STEPS, RATE = 8, 900, 0.03
RIDGE = 2e-4
BLUR = 0.1
"""Features are shaken so much in each step, in standard deviations: no edge may be too fine."""
FOLDS = 4

OTHER_FAULTS = 0.4
"""Weight of pictures with another fault, against right ones."""

_LIGHT = ("anchor", "zone", "zone_low", "detail", "framing")
_SHARP = ("blur", "edges", "detail", "zone", "anchor", "glare_peak")
_NOISE = ("noise", "coarse_noise", "colour_noise")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one head is fitted on."""

    defect: Defect
    features: tuple[str, ...]
    ignored: tuple[Defect, ...] = ()
    """Other faults that may come with this one: neither for nor against it."""
    false_flags: float = 0.02
    """The limit lets so many right pictures be flagged, of those that were left out of the fit."""
    contrast: bool = False
    """Whether the scenes have a photograph's contrast; otherwise flat colours."""
    codec: bool = True
    """Whether it learns from pictures after H.264, too, as some cameras give them."""


PLANS: Mapping[Head, Plan] = {
    Head.DARK_ONE: Plan(Defect.DARK, _LIGHT, codec=False),
    # Darkness that the camera hides costs the most to miss; a lit scene at 300 lx is flagged most.
    # A codec takes the noise away that tells it, and what is learnt there is unlearnt here.
    Head.DARK_TWO: Plan(
        Defect.DARK, (*_LIGHT, "blur", "edges", *_NOISE), false_flags=0.03, codec=False
    ),
    Head.DARK_TOLD: Plan(Defect.DARK, (*_LIGHT, *_NOISE, "light")),
    Head.BRIGHT: Plan(
        # It is said aloud, and white dressings were most of what was said wrongly. The lights of
        # flat colours are a stop darker than a right photograph's, and taught too low a limit.
        *(Defect.BRIGHT, ("near_white", "skin_white", "zone"), (Defect.GLARE,)),
        false_flags=0.01,
        contrast=True,
        codec=False,
    ),
    Head.GLARE: Plan(
        # It is only shown: a wrong word costs less than a missing one.
        *(Defect.GLARE, ("near_white", "glare"), (Defect.BRIGHT,)),
        false_flags=0.04,
    ),
    Head.BLUR_ONE: Plan(Defect.BLUR, _SHARP),
    Head.BLUR_TWO: Plan(Defect.BLUR, (*_SHARP, *_NOISE)),
    Head.WARM: Plan(Defect.WARM, ("blue", "red", "white_blue", "framing", "zone")),
}


def fit(shots: Sequence[Shot], plan: Plan) -> Weights:
    """Fit on all; the limit is set on scores of scenes that were left out in turn."""
    left_out = (plan.defect, *plan.ignored)
    used = [
        shot
        for shot in shots
        if shot.defect is not Defect.ASIDE
        and (shot.defect not in left_out or shot.defect is plan.defect)
    ]
    values = np.asarray([[FEATURES[name](s.reading) for name in plan.features] for s in used])
    bad = np.asarray([shot.defect is plan.defect for shot in used])
    right = np.asarray([shot.defect is Defect.NONE for shot in used])
    fold = np.asarray([crc32(shot.scene.encode()) % FOLDS for shot in used])
    scores = np.zeros(len(used))
    for number in range(FOLDS):
        among = fold != number
        part = _fit(plan.features, values[among], bad[among], right[among])
        scores[~among] = part.scores(values[~among])
    whole = _fit(plan.features, values, bad, right)
    whole.output[0] -= np.quantile(scores[right], 1 - plan.false_flags)
    return whole


def _fit(features: tuple[str, ...], values: Floats, bad: Truths, right: Truths) -> Weights:
    """The cross-entropy by Adam on all shots at once; both classes have equal weight.

    D. Kingma, J. Ba, «Adam: a method for stochastic optimization», ICLR 2015.
    """
    generator = np.random.default_rng(0)
    net = Weights(
        features,
        values.mean(0),
        np.maximum(values.std(0), 1e-3),
        generator.normal(0, 0.5, (1 + len(features), HIDDEN)),
        generator.normal(0, 0.3, 1 + HIDDEN),
    )
    x = np.clip((values - net.centre) / net.spread, -4, 4)
    share = np.where(right, 1.0, OTHER_FAULTS)
    share = np.where(bad, 0.5 / bad.sum(), 0.5 * share / share[~bad].sum())
    moments = [(np.zeros_like(part), np.zeros_like(part)) for part in (net.hidden, net.output)]
    for step in range(1, STEPS + 1):
        slopes = _slopes(net, x + generator.normal(0, BLUR, x.shape), bad, share)
        for part, slope, (first, second) in zip(
            (net.hidden, net.output), slopes, moments, strict=True
        ):
            first += 0.1 * (slope - first)
            second += 0.01 * (slope**2 - second)
            size = np.sqrt(second / (1 - 0.99**step)) + 1e-8
            part -= RATE * (1 - step / STEPS) * first / (1 - 0.9**step) / size
    return net


def _slopes(net: Weights, x: Floats, bad: Truths, share: Floats) -> tuple[Floats, Floats]:
    inside = np.tanh(net.hidden[0] + x @ net.hidden[1:])
    odds = 1 / (1 + np.exp(-np.clip(net.output[0] + inside @ net.output[1:], -30, 30)))
    wrong = share * (odds - bad)
    back = (wrong[:, None] * net.output[1:]) * (1 - inside**2)
    hidden = np.vstack([back.sum(0), x.T @ back]) + RIDGE * net.hidden
    output = np.concatenate([[wrong.sum()], inside.T @ wrong]) + RIDGE * net.output
    return hidden, output

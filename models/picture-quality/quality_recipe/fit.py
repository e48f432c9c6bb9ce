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

RIDGE = 2.0
FOLDS = 4
FALSE_FLAGS = 0.015
"""The limit lets so many right pictures be flagged, among those that were left out of the fit."""

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


PLANS: Mapping[Head, Plan] = {
    Head.DARK_ONE: Plan(Defect.DARK, _LIGHT),
    Head.DARK_TWO: Plan(Defect.DARK, (*_LIGHT, "blur", "edges", *_NOISE)),
    Head.DARK_TOLD: Plan(Defect.DARK, (*_LIGHT, *_NOISE, "light")),
    Head.BRIGHT: Plan(
        Defect.BRIGHT,
        ("near_white", "zone", "zone_low", "anchor", "framing", "skin_white", "skin_clipped"),
        (Defect.GLARE,),
    ),
    Head.GLARE: Plan(
        Defect.GLARE,
        ("glare", "glare_peak", "near_white", "zone", "framing", "edges", "skin_clipped"),
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
        scores[~among] = part.terms(values[~among]) @ part.weights
    whole = _fit(plan.features, values, bad, right)
    whole.weights[0] -= np.quantile(scores[right], 1 - FALSE_FLAGS)
    return whole


def _fit(features: tuple[str, ...], values: Floats, bad: Floats, right: Floats) -> Weights:
    """Logistic regression by Newton's method; both classes have equal weight."""
    model = Weights(features, values.mean(0), values.std(0) + 1e-6, np.zeros(0))
    terms = model.terms(values)
    share = np.where(right, 1.0, OTHER_FAULTS)
    share = np.where(bad, 1.0 / bad.sum(), share / share[~bad].sum()) * len(bad) / 2
    weights = np.zeros(terms.shape[1])
    for _ in range(25):
        odds = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        slope = terms.T @ (share * (bad - odds)) - RIDGE * weights
        bend = (terms * (share * odds * (1 - odds))[:, None]).T @ terms
        weights += np.linalg.solve(bend + RIDGE * np.eye(len(weights)), slope)
    return Weights(features, model.centre, model.spread, weights)

"""Scores of a picture's faults, with the weights that ship."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agent.messages import Light
from agent.video.lighting import LightReading
from agent.video.lighting.between import Between
from agent.video.lighting.judging import FEATURES, MOST, Head, Judge, read_weights
from agent.video.sight import shipped_weights

BETWEEN = Between(noise=0.6, coarse_noise=0.2, colour_noise=0.3, motion=0.002)
LIT = LightReading(
    anchor_stops=-0.3,
    zone_stops=0.2,
    near_white=0.0,
    mean_grey=120.0,
    zone_low_stops=-0.4,
    glare_peak=0.1,
    blue_stops=-0.2,
    red_stops=0.4,
    framing=0.6,
    blur=0.6,
    edges_stops=0.8,
    detail=3.9,
    between=BETWEEN,
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(shipped_weights())


def test_a_right_picture_has_no_fault(judge: Judge) -> None:
    assert max(judge.scores(LIT).values()) < 0


@pytest.mark.parametrize(
    ("kind", "reading"),
    [
        (Light.COVERED, replace(LIT, anchor_stops=-9.0, zone_stops=-8.0)),
        (Light.DARK, replace(LIT, anchor_stops=-3.4, zone_stops=-2.9, zone_low_stops=-3.5)),
        (Light.DARK, replace(LIT, between=Between(5.0, 1.6, 2.0, 0.002))),
        (Light.DARK, replace(LIT, light_stops=-3.0, between=Between(2.5, 0.8, 1.0, 0.002))),
        (Light.WARM, replace(LIT, blue_stops=-1.9, white_blue_stops=-1.8, red_stops=0.9)),
        (Light.BLURRED, replace(LIT, blur=0.8, edges_stops=0.2, detail=2.9)),
        (Light.SHAKING, replace(LIT, between=replace(BETWEEN, motion=0.1))),
        (Light.SHADOW, replace(LIT, shadow_stops=2.0)),
        (Light.FAR, replace(LIT, framing=0.02)),
    ],
)
def test_a_plain_fault_is_told(judge: Judge, kind: Light, reading: LightReading) -> None:
    assert judge.scores(reading)[kind] > 0
    assert judge.scores(LIT).get(kind, -1.0) < 0


def test_what_cannot_be_told_is_left_out(judge: Judge) -> None:
    one_frame = judge.scores(replace(LIT, between=None))
    assert {Light.SHADOW, Light.SHAKING} & set(one_frame) == set()
    assert {Light.DARK, Light.BRIGHT, Light.BLURRED} <= set(one_frame)


def test_noise_of_a_clipped_picture_is_not_taken_for_darkness(judge: Judge) -> None:
    noisy = replace(LIT, between=Between(5.0, 1.6, 2.0, 0.002), near_white=0.4, anchor_stops=0.15)
    assert judge.scores(replace(noisy, zone_stops=2.0, zone_low_stops=1.8))[Light.DARK] < 0


def test_no_score_is_without_bounds(judge: Judge) -> None:
    wild = replace(LIT, zone_stops=-1e6, blur=1e6, shadow_stops=1e6, blue_stops=-1e6)
    scores = np.asarray(list(judge.scores(wild).values()))
    assert np.isfinite(scores).all()
    assert np.abs(scores).max() <= MOST


def test_the_weights_name_only_features_that_there_are() -> None:
    weights = shipped_weights()
    assert set(weights) == set(Head)
    for head in weights.values():
        assert set(head.features) <= set(FEATURES)
        assert head.hidden.shape == (1 + len(head.features), len(head.output) - 1)


def test_weights_that_lack_a_head_are_refused() -> None:
    with pytest.raises(KeyError):
        read_weights(json.dumps({}))

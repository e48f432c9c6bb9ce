"""Error rates, intervals and DET curves: what holds for any numbers, and known examples."""

import math
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.measuring.picture import Axes, det_picture
from agent.voice.base import Scores
from agent.voice.scoring import (
    Rate,
    Share,
    Trial,
    accepted,
    best_phrase,
    det,
    equal_error_rate,
    false_accepts,
    threshold_at,
    top_1,
    worst_group,
    wrong,
)

ODDS = st.floats(-30, 30) | st.just(-math.inf)
TRIALS = st.lists(
    st.builds(
        Trial,
        said=st.sampled_from([None, "ja", "nei"]),
        heard=st.sampled_from(["ja", "nei"]),
        log_odds=ODDS,
    )
)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    """From the formula worked by hand; 81 of 263 is Newcombe's published example (1998)."""
    assert Share(hits, of).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(one: int, other: int) -> None:
    share = Share(min(one, other), max(one, other))
    low, high = share.interval
    assert 0 <= low <= high <= 1
    assert not share.of or low <= share.value <= high


@given(st.integers(1, 200), st.integers(2, 20))
def test_more_trials_narrow_the_interval(of: int, times: int) -> None:
    few, many = Share(of // 2, of), Share(of // 2 * times, of * times)
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


@pytest.mark.parametrize(
    ("events", "hours", "low", "high"),
    [
        (0, 1.0, 0.0, 3.689),
        (0, 10.0, 0.0, 0.3689),
        (1, 1.0, 0.0253, 5.572),
        (10, 2.0, 2.398, 9.195),
        (3, 0.0, 0.0, math.inf),
    ],
)
def test_the_interval_of_a_rate(events: int, hours: float, low: float, high: float) -> None:
    """Against the exact Poisson limits of the usual tables."""
    rate = Rate(events, hours)
    assert rate.interval == pytest.approx((low, high), rel=0.02, abs=0.02)
    assert math.isnan(rate.value) or rate.interval[0] <= rate.value <= rate.interval[1]


@pytest.mark.parametrize(
    ("phrases", "garbage", "best", "log_odds"),
    [
        ({"ja": 0.0}, 0.0, "ja", 0.0),
        ({"ja": 2.0, "nei": -50.0}, -1.0, "ja", 3.0),
        ({"ja": 0.0, "nei": 0.0}, -math.inf, "ja", 0.0),
        ({"ja": 0.0, "nei": 0.0}, 0.0, "ja", -math.log(2)),
        ({}, 0.0, None, -math.inf),
        ({"ja": math.nan}, 0.0, None, -math.inf),
        ({"ja": 0.0, "nei": math.nan}, 0.0, None, -math.inf),
        ({"ja": 1.0}, math.nan, None, -math.inf),
        ({"ja": -math.inf}, -math.inf, None, -math.inf),
        ({"ja": 1.0}, -math.inf, "ja", math.inf),
    ],
)
def test_the_log_odds_of_the_best_phrase(
    phrases: dict[str, float], garbage: float, best: str | None, log_odds: float
) -> None:
    found, odds = best_phrase(Scores(phrases, garbage))
    assert found == best
    assert odds == pytest.approx(log_odds, abs=1e-9)


@given(TRIALS)
def test_a_curve_goes_one_way(trials: list[Trial]) -> None:
    curve = det(trials)
    said = [each for each in trials if each.said is not None]
    assert bool(curve) == (0 < len(said) < len(trials))
    for before, after in pairwise(curve):
        assert before.threshold > after.threshold
        assert before.misses >= after.misses
        assert before.false_accepts <= after.false_accepts
    for point in curve:
        assert point.misses == pytest.approx(1 - accepted(trials, point.threshold).value)
        assert point.false_accepts == false_accepts(trials, point.threshold).value
    assert math.isnan(equal_error_rate(curve)) or 0 <= equal_error_rate(curve) <= 1


@given(TRIALS, st.floats(0, 1))
def test_a_threshold_keeps_its_rate_and_is_the_lowest(trials: list[Trial], rate: float) -> None:
    threshold = threshold_at(trials, rate)
    odds = [each.log_odds for each in trials if each.said is None]
    if not odds:
        assert math.isnan(threshold)
        return
    assert false_accepts(trials, threshold).value <= rate + 1e-9
    lower = [each for each in odds if each < threshold]
    if threshold > -math.inf and lower:
        assert false_accepts(trials, max(lower)).value > rate - 1e-9


@given(TRIALS, ODDS)
def test_a_command_is_accepted_or_mistaken_or_missed(trials: list[Trial], level: float) -> None:
    right, mistaken = accepted(trials, level), wrong(trials, level)
    assert right.of == mistaken.of == top_1(trials).of
    assert right.hits + mistaken.hits <= right.of
    assert right.hits <= top_1(trials).hits


def test_known_trials() -> None:
    trials = [
        Trial("ja", "ja", 3.0, {"speaker": "a"}),
        Trial("ja", "ja", 1.0, {"speaker": "b"}),
        Trial("nei", "ja", 2.0, {"speaker": "b"}),
        Trial("nei", None, -math.inf, {"speaker": "b"}),
        *(Trial(None, "ja", odds) for odds in (2.5, 0.0, -1.0, -math.inf)),
    ]

    assert top_1(trials) == Share(2, 4)
    assert threshold_at(trials, 0.0) == pytest.approx(2.5)
    assert accepted(trials, threshold_at(trials, 0.0)) == Share(1, 4)
    assert accepted(trials, threshold_at(trials, 0.25)) == Share(2, 4)
    assert wrong(trials, threshold_at(trials, 0.25)) == Share(1, 4)
    assert worst_group(trials, "speaker", 0.5) == ("b", Share(1, 3))
    assert worst_group(trials, "speaker", 0.5, least=4) is None
    assert worst_group(trials, "room", 0.5) is None


@given(TRIALS)
def test_a_picture_of_any_curve_is_well_formed(trials: list[Trial]) -> None:
    axes = Axes("a < b", "å & ø", "æ")
    picture = det_picture({"<1>": det(trials)}, {"<1>": {"grønn": (0.0, 1.0)}}, axes)
    drawn = ElementTree.fromstring(picture)
    assert "nan" not in picture
    assert any(text.text == "a < b" for text in drawn.iter())

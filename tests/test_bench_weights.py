"""The weights of the recognisers: their slope is the likelihood's, and they learn what tells."""

import numpy as np
import pytest

from bench.weights import NAMES, Example, Numbers, fit_weights, likelihood, log_odds, slope


def example(generator: np.random.Generator, said: bool) -> Example:
    """Three phrases of which the first was said; it fits better, the less the room echoes."""
    clarity = -generator.uniform(0, 40)
    fits = generator.normal(-30 + clarity, 6, 3)
    fits[0] = generator.normal(clarity / 2 - 3, 2) if said else fits[0]
    features = np.column_stack([fits, *generator.normal(0, 1, (3, 3))])
    right = np.array([said, False, False])
    return Example(features, 10, float(clarity), said, right, "made", "made")


@pytest.fixture
def examples() -> list[Example]:
    generator = np.random.default_rng(0)
    return [example(generator, said) for said in [True, False] * 60]


@pytest.mark.parametrize("said", [True, False])
def test_the_slope_is_the_likelihoods(said: bool) -> None:
    one = example(np.random.default_rng(1), said)
    weights: Numbers = np.linspace(0.1, 0.7, len(NAMES))

    def rise(place: int) -> float:
        step = np.eye(len(NAMES))[place] * 1e-5
        return (likelihood([(one, 1.0)], weights + step) - likelihood([(one, 1.0)], weights)) / 1e-5

    assert slope(one, weights) == pytest.approx(
        [rise(place) for place in range(len(NAMES))], rel=1e-3, abs=1e-3
    )


def test_where_nothing_can_fit_well_less_is_asked_of_a_phrase(examples: list[Example]) -> None:
    everything: Numbers = np.ones(len(NAMES))
    blind = np.where(np.array(NAMES) == "clarity", 0, everything)

    with_it, without = fit_weights(examples, everything), fit_weights(examples, blind)

    assert with_it[NAMES.index("clarity")] > 0
    assert without[NAMES.index("clarity")] == 0
    assert right_share(examples, with_it) > right_share(examples, without)


def right_share(examples: list[Example], weights: Numbers) -> float:
    decided = [(each, *log_odds(each, weights)) for each in examples]
    return float(np.mean([each.said == (right and odds > 0) for each, right, odds in decided]))

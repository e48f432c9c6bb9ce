"""Fewer bits: first more seldom, then smaller, never restless."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.video.ladder import RATES, SWITCH_PAUSE_S, Ladder, Rung, needed

STEPS = st.lists(
    st.tuples(st.floats(0.01, 3), st.floats(10_000, 6_000_000)), min_size=1, max_size=60
)


@given(STEPS)
def test_the_size_changes_at_most_once_in_four_seconds(steps: list[tuple[float, float]]) -> None:
    ladder, at = Ladder(1280, 720), 0.0
    changes, size = [], (1280, 720)
    for passed, bitrate in steps:
        at += passed
        rung = ladder.fit(at, bitrate)
        if (rung.width, rung.height) != size:
            size = rung.width, rung.height
            changes.append(at)

    assert all(after - before >= SWITCH_PAUSE_S for before, after in pairwise(changes))


@given(st.integers(2, 2000), st.integers(2, 2000), st.floats(1, 10_000_000))
def test_every_rung_can_be_encoded(width: int, height: int, bitrate: float) -> None:
    rung = Ladder(width, height).fit(0, bitrate)

    assert rung.width % 2 == rung.height % 2 == 0
    assert 2 <= rung.width <= width
    assert 2 <= rung.height <= height
    assert rung.rate in RATES


def test_the_rate_is_given_up_before_the_size() -> None:
    ladder = Ladder(1280, 720)
    down = [
        ladder.fit(at, bits) for at, bits in enumerate((2_500_000, 1_250_000, 900_000, 650_000))
    ]

    assert {(rung.width, rung.height) for rung in down} == {(1280, 720)}
    assert [rung.rate for rung in down] == [60, 30, 20, 12]


def test_a_narrow_link_gets_smaller_pictures_and_a_wide_one_large_ones_again() -> None:
    ladder = Ladder(1280, 720)
    narrow = ladder.fit(0, 390_000)
    soon = ladder.fit(1, 2_000_000)
    later = ladder.fit(SWITCH_PAUSE_S, 2_000_000)

    assert (narrow.width, narrow.height) == (960, 540)
    assert (soon.width, soon.height) == (960, 540)
    assert (later.width, later.height) == (1280, 720)


def test_at_the_edge_of_two_sizes_the_smaller_one_stays() -> None:
    edge = needed(1280, 720, RATES[-1])
    ladder = Ladder(1280, 720)
    ladder.fit(0, edge * 0.99)

    assert ladder.fit(10, edge * 1.01).height == 540
    assert ladder.fit(20, edge * 1.2).height == 720


def test_with_bits_enough_nothing_is_held_back() -> None:
    assert Ladder(1281, 721).rung == Rung(1280, 720, RATES[0])

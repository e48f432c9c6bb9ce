"""When the light is worth a word. Readings come five times a second, time is an argument."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Light, LightChanged
from agent.video.advice import AdviceSettings, Advisor
from agent.video.lighting import LightReading

PAUSE_S = 0.2
DARK = LightReading(anchor_stops=-4.0, zone_stops=-2.6, near_white=0.0, mean_grey=40)
GOOD = LightReading(anchor_stops=-0.2, zone_stops=0.5, near_white=0.0, mean_grey=150)
BRIGHT = LightReading(anchor_stops=0.15, zone_stops=2.3, near_white=0.45, mean_grey=240)
SHEET_AT_THE_EDGE = LightReading(anchor_stops=0.15, zone_stops=0.8, near_white=0.1, mean_grey=170)

TOLD_DARK, STILL_DARK = LightChanged(Light.DARK), LightChanged(Light.DARK, repeated=True)
TOLD_BRIGHT, TOLD_GOOD = LightChanged(Light.BRIGHT), LightChanged(Light.GOOD)


class Visit:
    """Feeds an advisor and keeps what it tells, with the time."""

    def __init__(self, settings: AdviceSettings | None = None) -> None:
        self.advisor = Advisor(settings or AdviceSettings())
        self.told: list[tuple[float, LightChanged]] = []
        self._steps = 0

    def see(self, readings: Iterable[LightReading]) -> "Visit":
        for reading in readings:
            at = 100 + self._steps * PAUSE_S
            self._steps += 1
            if word := self.advisor.follow(reading, at):
                self.told.append((at, word))
        return self

    def see_for(self, seconds: float, reading: LightReading) -> "Visit":
        return self.see([reading] * round(seconds / PAUSE_S))

    @property
    def words(self) -> list[LightChanged]:
        return [word for _, word in self.told]


@pytest.mark.parametrize(
    ("reading", "light", "words"),
    [
        (DARK, Light.DARK, [TOLD_DARK]),
        (GOOD, Light.GOOD, []),
        (BRIGHT, Light.BRIGHT, [TOLD_BRIGHT]),
        (SHEET_AT_THE_EDGE, Light.GOOD, []),
    ],
)
def test_light_that_lasts_is_judged(
    reading: LightReading, light: Light, words: list[LightChanged]
) -> None:
    visit = Visit().see_for(20, reading)
    assert visit.advisor.light is light
    assert visit.words == words


def test_nothing_is_told_before_the_exposure_has_settled_and_the_fault_has_lasted() -> None:
    settings = AdviceSettings(settle_s=4.0, window_s=5.0)
    visit = Visit(settings).see_for(7.5, DARK)
    assert visit.words == []
    assert visit.see_for(3, DARK).words == [TOLD_DARK]


@pytest.mark.parametrize("reading", [DARK, BRIGHT])
def test_a_fault_is_told_within_five_seconds_and_its_end_within_three(
    reading: LightReading,
) -> None:
    visit = Visit().see_for(10, GOOD).see_for(10, reading).see_for(10, GOOD)
    told, over = (at - 100 for at, _ in visit.told)
    assert 10 < told < 15
    assert 20 < over < 23


def test_a_short_darkness_is_nothing() -> None:
    """A hand passes, the head turns."""
    visit = Visit().see_for(10, GOOD)
    for _ in range(20):
        visit.see_for(1.4, DARK).see_for(5, GOOD)
    assert visit.words == []


def test_light_that_flickers_about_the_limit_is_told_once() -> None:
    limit = AdviceSettings().black_zone_stops
    below = LightReading(-0.2, limit - 0.1, 0, 40)
    above = LightReading(-0.2, limit + 0.1, 0, 40)
    visit = Visit().see_for(6, below)
    visit.see([above, below] * 100).see_for(10, above)
    assert visit.words == [TOLD_DARK]
    assert visit.advisor.light is Light.DARK


def test_that_it_is_good_again_is_told_once() -> None:
    visit = Visit().see_for(10, DARK).see_for(60, GOOD)
    assert visit.words == [TOLD_DARK, TOLD_GOOD]


def test_a_fault_that_stays_is_told_again_after_a_growing_pause_and_then_no_more() -> None:
    settings = AdviceSettings(max_per_kind=5)
    visit = Visit(settings).see_for(1800, DARK)
    assert visit.words == [TOLD_DARK, *[STILL_DARK] * 4]
    times = [at for at, _ in visit.told]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == pytest.approx([60, 120, 240, 480], abs=PAUSE_S + 0.01)


def test_the_pause_does_not_grow_beyond_eight_minutes() -> None:
    visit = Visit(AdviceSettings(max_per_kind=6)).see_for(1900, DARK)
    assert visit.told[-1][0] - visit.told[-2][0] == pytest.approx(480, abs=PAUSE_S + 0.01)


def test_the_kinds_are_counted_apart() -> None:
    visit = Visit().see_for(10, DARK).see_for(10, BRIGHT).see_for(10, GOOD)
    assert visit.words == [TOLD_DARK, TOLD_BRIGHT, TOLD_GOOD]


def test_accepted_light_is_not_told_again_but_the_other_kind_is() -> None:
    visit = Visit().see_for(10, DARK)
    visit.advisor.accept()
    visit.see_for(300, DARK).see_for(10, GOOD).see_for(200, DARK)
    assert visit.words == [TOLD_DARK]
    assert visit.see_for(10, BRIGHT).words == [TOLD_DARK, TOLD_BRIGHT]


def test_good_light_cannot_be_accepted_away() -> None:
    visit = Visit().see_for(10, GOOD)
    visit.advisor.accept()
    assert visit.see_for(10, DARK).words == [TOLD_DARK]


def test_none_allowed_means_none_told() -> None:
    assert Visit(AdviceSettings(max_per_kind=0)).see_for(100, DARK).see_for(9, GOOD).words == []


lights = st.lists(
    st.tuples(st.sampled_from([DARK, GOOD, BRIGHT]), st.integers(1, 600)), max_size=30
)


@given(pieces=lights, most=st.integers(0, 4))
def test_whatever_happens_the_agent_does_not_nag(
    pieces: list[tuple[LightReading, int]], most: int
) -> None:
    visit = Visit(AdviceSettings(max_per_kind=most))
    for reading, times in pieces:
        visit.see([reading] * times)
    faults = [word.light for word in visit.words if word.light is not Light.GOOD]
    assert all(faults.count(kind) <= most for kind in (Light.DARK, Light.BRIGHT))
    for kind in (Light.DARK, Light.BRIGHT):
        times_told = [at for at, word in visit.told if word.light is kind]
        gaps = pairwise(times_told)
        assert all(later - earlier > 59.99 for earlier, later in gaps)
    # «Good again» answers a fault that was told, and only once.
    standing = False
    for word in visit.words:
        assert word.light is not Light.GOOD or standing
        standing = word.light is not Light.GOOD

"""When the picture is worth a word. Looks come five times a second, time is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Light, LightChanged
from agent.video.advice import FAULTS, AdviceSettings, Advisor

PAUSE_S = 0.2
Scores = Mapping[Light, float]
GOOD: Scores = dict.fromkeys(FAULTS, -3.0)


def seen(*kinds: Light, score: float = 4.0) -> Scores:
    return {**GOOD, **dict.fromkeys(kinds, score)}


ALL_TOLD = AdviceSettings(shown_only=frozenset())
DARK, BRIGHT, GLARE = seen(Light.DARK), seen(Light.BRIGHT), seen(Light.GLARE)
TOLD_DARK, STILL_DARK = LightChanged(Light.DARK), LightChanged(Light.DARK, repeated=True)
TOLD_BRIGHT, TOLD_GOOD = LightChanged(Light.BRIGHT), LightChanged(Light.GOOD)


class Visit:
    """Feeds an advisor and keeps what it tells, with the time."""

    def __init__(self, settings: AdviceSettings | None = None) -> None:
        self.advisor = Advisor(settings or ALL_TOLD)
        self.told: list[tuple[float, LightChanged]] = []
        self._steps = 0

    def see(self, looks: Iterable[Scores], busy: bool = False) -> "Visit":
        for scores in looks:
            at = 100 + self._steps * PAUSE_S
            self._steps += 1
            if word := self.advisor.follow(scores, at, busy):
                self.told.append((at, word))
        return self

    def see_for(self, seconds: float, scores: Scores, busy: bool = False) -> "Visit":
        return self.see([scores] * round(seconds / PAUSE_S), busy)

    @property
    def words(self) -> list[LightChanged]:
        return [word for _, word in self.told]


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_that_lasts_is_told_and_its_end_too(kind: Light) -> None:
    visit = Visit().see_for(10, GOOD).see_for(15, seen(kind))
    assert visit.advisor.light is kind
    assert visit.see_for(20, GOOD).words == [LightChanged(kind), TOLD_GOOD]


def test_good_light_is_good_and_not_worth_a_word() -> None:
    visit = Visit().see_for(60, GOOD)
    assert visit.advisor.light is Light.GOOD
    assert visit.words == []


def test_nothing_is_told_before_the_exposure_has_settled_and_the_fault_has_lasted() -> None:
    settings = AdviceSettings(settle_s=4.0, window_s=5.0)
    visit = Visit(settings).see_for(7.5, DARK)
    assert visit.words == []
    assert visit.see_for(3, DARK).words == [TOLD_DARK]


def test_too_much_light_has_to_be_surer_than_the_rest() -> None:
    visit = Visit().see_for(10, GOOD).see_for(10, seen(Light.BRIGHT, score=3.0))
    assert visit.words == []
    assert visit.see_for(10, BRIGHT).words == [TOLD_BRIGHT]
    assert Visit().see_for(10, GOOD).see_for(10, seen(Light.DARK, score=3.0)).words == [TOLD_DARK]


@pytest.mark.parametrize("scores", [DARK, BRIGHT, GLARE])
def test_a_fault_is_told_within_five_seconds_and_its_end_within_three(scores: Scores) -> None:
    visit = Visit().see_for(10, GOOD).see_for(10, scores).see_for(10, GOOD)
    told, over = (at - 100 for at, _ in visit.told)
    assert 10 < told < 15
    assert 20 < over < 23.5


def test_a_short_darkness_is_nothing() -> None:
    """A hand passes, the head turns."""
    visit = Visit().see_for(10, GOOD)
    for _ in range(20):
        visit.see_for(1.4, DARK).see_for(5, GOOD)
    assert visit.words == []


def test_a_score_that_wavers_about_the_limit_is_told_once() -> None:
    below, above = seen(Light.DARK, score=2.1), seen(Light.DARK, score=-0.5)
    visit = Visit().see_for(6, below)
    visit.see([above, below] * 100).see_for(10, above)
    assert visit.words == [TOLD_DARK]
    assert visit.advisor.light is Light.DARK


def test_a_fault_that_stays_is_told_again_after_a_growing_pause_and_then_no_more() -> None:
    settings = AdviceSettings(max_per_kind=5)
    visit = Visit(settings).see_for(1800, DARK)
    assert visit.words == [TOLD_DARK, *[STILL_DARK] * 4]
    times = [at for at, _ in visit.told]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == pytest.approx([60, 120, 240, 480], abs=PAUSE_S + 0.01)


def test_only_too_little_and_too_much_light_are_told_again() -> None:
    visit = Visit().see_for(300, GLARE)
    assert visit.words == [LightChanged(Light.GLARE)]


def test_the_first_fault_in_order_is_told_and_the_next_after_a_pause() -> None:
    visit = Visit().see_for(10, GOOD).see_for(10, seen(Light.GLARE, Light.BRIGHT))
    assert visit.words == [TOLD_BRIGHT]
    assert visit.see_for(9, GLARE).words == [TOLD_BRIGHT]
    assert visit.see_for(12, GLARE).words == [TOLD_BRIGHT, LightChanged(Light.GLARE)]


@pytest.mark.parametrize("hidden", [Light.BLURRED, Light.GLARE, Light.SHADOW, Light.WARM])
def test_what_darkness_brings_with_it_is_not_told(hidden: Light) -> None:
    visit = Visit(AdviceSettings(max_per_kind=1)).see_for(120, seen(Light.DARK, hidden))
    assert visit.words == [TOLD_DARK]


def test_a_moving_head_is_not_judged_and_the_exposure_may_adapt_afterwards() -> None:
    visit = Visit().see_for(10, GOOD)
    for _ in range(10):
        visit.see_for(1, seen(Light.SHAKING)).see_for(1.8, DARK).see_for(6, GOOD)
    assert visit.words == []


def test_at_most_three_warnings_in_five_minutes() -> None:
    visit = Visit().see_for(10, GOOD)
    for kind in (Light.DARK, Light.BRIGHT, Light.GLARE, Light.BLURRED, Light.WARM):
        visit.see_for(20, seen(kind)).see_for(10, GOOD)
    assert [word.light for word in visit.words if word is not TOLD_GOOD][:1] == [Light.DARK]
    assert len([word for word in visit.words if word != TOLD_GOOD]) == 3


def test_nothing_is_told_while_somebody_speaks_but_soon_afterwards() -> None:
    visit = Visit().see_for(10, GOOD).see_for(60, DARK, busy=True)
    assert visit.words == []
    assert visit.advisor.light is Light.DARK
    assert visit.see_for(0.2, DARK).words == [TOLD_DARK]
    assert visit.see_for(20, GOOD, busy=True).words == [TOLD_DARK]
    assert visit.see_for(0.2, GOOD).words == [TOLD_DARK, TOLD_GOOD]


def test_what_can_no_longer_be_measured_is_not_called_good_again() -> None:
    """A reference that has grown old tells nothing of the shadow."""
    unknown: Scores = {kind: score for kind, score in GOOD.items() if kind is not Light.SHADOW}
    visit = Visit().see_for(10, GOOD).see_for(10, seen(Light.SHADOW)).see_for(60, unknown)
    assert visit.words == [LightChanged(Light.SHADOW)]


def test_accepted_light_is_not_told_again_but_the_other_kind_is() -> None:
    visit = Visit().see_for(10, DARK)
    visit.advisor.accept()
    assert visit.advisor.muted == {Light.DARK}
    visit.see_for(300, DARK).see_for(10, GOOD).see_for(200, DARK)
    assert visit.words == [TOLD_DARK]
    assert visit.see_for(10, BRIGHT).words == [TOLD_DARK, TOLD_BRIGHT]


def test_good_light_cannot_be_accepted_away() -> None:
    visit = Visit().see_for(10, GOOD)
    visit.advisor.accept()
    assert visit.see_for(10, DARK).words == [TOLD_DARK]


def test_what_is_only_shown_is_never_told_and_hides_nothing_that_is() -> None:
    visit = Visit(AdviceSettings()).see_for(10, GOOD).see_for(20, GLARE)
    assert visit.advisor.light is Light.GLARE
    assert visit.words == []
    visit.see_for(10, seen(Light.GLARE, Light.BLURRED))
    assert visit.words == [LightChanged(Light.BLURRED)]
    assert visit.see_for(10, GLARE).words == [LightChanged(Light.BLURRED), TOLD_GOOD]


def test_none_allowed_means_none_told() -> None:
    assert Visit(AdviceSettings(max_per_kind=0)).see_for(100, DARK).see_for(9, GOOD).words == []


pieces_of_a_visit = st.lists(
    st.tuples(st.sampled_from([GOOD, *map(seen, FAULTS)]), st.integers(1, 400), st.booleans()),
    max_size=30,
)


@given(pieces=pieces_of_a_visit, most=st.integers(0, 4))
def test_whatever_happens_the_agent_does_not_nag(
    pieces: list[tuple[Scores, int, bool]], most: int
) -> None:
    visit = Visit(replace(ALL_TOLD, max_per_kind=most))
    for scores, times, busy in pieces:
        before = len(visit.told)
        visit.see([scores] * times, busy)
        assert not busy or len(visit.told) == before
    warned = [(at, word.light) for at, word in visit.told if word.light is not Light.GOOD]
    for kind in FAULTS:
        times_told = [at for at, light in warned if light is kind]
        assert len(times_told) <= most
        assert all(later - earlier > 59.99 for earlier, later in pairwise(times_told))
    assert all(later[0] - earlier[0] > 19.99 for earlier, later in pairwise(warned))
    assert all(later[0] - first[0] >= 300 for first, later in zip(warned, warned[3:], strict=False))
    # «Good again» answers a fault that was told, and only once.
    standing = False
    for word in visit.words:
        assert word.light is not Light.GOOD or standing
        standing = word.light is not Light.GOOD

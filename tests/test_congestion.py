"""The controller on links with faults, in virtual time: what the clinic would see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.meeting.congestion.control import QUEUE_CUT_S, REMB_SHARE, Congestion, Limits
from agent.meeting.congestion.feedback import Arrival
from agent.meeting.congestion.path import Path, Sent
from bench.link import Link, Weather, way_back
from tests.sending_model import Call

SEEDS = (1, 2, 3)
LIMITS = Limits()


def call(weathers: list[Weather], seconds: float, seed: int, queue_s: float = 0.3) -> Call:
    link, back = Link(weathers, queue_s, seed), Link(way_back(weathers), 10.0, seed + 7)
    return Call(link, back, seed=seed).run(seconds)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("before", [2_500_000, 1e9])
def test_a_link_that_shrinks_to_a_fifth_and_recovers(before: float, seed: int) -> None:
    shrinks = [Weather(bps=before), Weather(10, bps=500_000), Weather(30, bps=before)]

    seen = call(shrinks, 45, seed)

    assert seen.longest_gap(9, 13) <= 1.0
    assert seen.wire(11.5, 13) < 500_000
    assert max(rate for at, rate in seen.rates if 11.5 < at < 30) < 600_000
    assert seen.queue(13, 30) < 0.1
    assert seen.longest_gap(13, 30) < 0.4
    assert seen.wire(13, 30) > 350_000, "what there is is used"
    assert max(rate for at, rate in seen.rates if at < 40) >= 2_000_000
    assert seen.sizes[-1][1] == (1280, 720)
    assert seen.sizes[-1][0] < 40


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_alone_does_not_narrow_the_picture(seed: int) -> None:
    for loss in (0.05, 0.1):
        seen = call([Weather(loss=loss)], 30, seed)

        assert seen.wire(5, 30) > 2_000_000
        assert seen.sizes == []
        assert seen.frames(5, 30) > 28


@pytest.mark.parametrize("seed", SEEDS)
def test_an_outage_of_a_second_is_over_when_the_link_is_back(seed: int) -> None:
    seen = call([Weather(), Weather(10, bps=0), Weather(11)], 20, seed)

    assert seen.longest_gap(9, 15) < 1.6
    assert seen.wire(13, 20) > 2_000_000
    assert seen.sizes == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_swings_is_followed_without_freezing(seed: int) -> None:
    swings = [Weather(2.0 * n, bps=2_500_000 if n % 2 else 1_000_000) for n in range(20)]

    seen = call(swings, 40, seed)

    assert seen.longest_gap(5, 40) < 0.5
    assert seen.wire(5, 40) > 700_000
    assert len(seen.sizes) <= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_bursts_and_packets_that_overtake_each_other(seed: int) -> None:
    bursts = call([Weather(burst=0.01)], 30, seed)
    overtaking = call([Weather(jitter=0.02)], 30, seed)

    assert bursts.wire(5, 30) > 1_500_000
    assert overtaking.wire(5, 30) > 2_000_000
    assert overtaking.longest_gap(5, 30) < 0.3
    assert overtaking.keys == 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stall", [0.05, 0.08, 0.12])
def test_a_radio_that_stops_for_a_moment_now_and_then_is_not_taken_for_a_narrow_one(
    stall: float, seed: int
) -> None:
    seen = call([Weather(bps=5e6, stall=stall)], 30, seed)

    assert seen.wire(8, 30) > 1_700_000


@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_worst_the_rate_comes_back_soon(seed: int) -> None:
    seen = call([Weather(), Weather(5, bps=100_000), Weather(15)], 35, seed)

    assert max(rate for at, rate in seen.rates if at < 27) > 1_500_000
    assert seen.longest_gap(16, 35) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_drops_what_is_too_much_is_found_out(seed: int) -> None:
    policed = [Weather(), Weather(10, bps=500_000, policed=True), Weather(30)]

    seen = call(policed, 45, seed)

    assert max(rate for at, rate in seen.rates if 13 < at < 30) < 900_000
    assert seen.frames(13, 30) > 5
    assert seen.wire(42, 45) > 2_000_000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_way_that_becomes_longer_is_not_taken_for_a_queue_for_ever(seed: int) -> None:
    seen = call([Weather(delay=0.05), Weather(10, delay=0.15)], 35, seed)

    assert seen.wire(30, 35) > 1_500_000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_is_narrow_from_the_beginning(seed: int) -> None:
    seen = call([Weather(bps=300_000)], 30, seed)

    assert seen.longest_gap(5, 30) < 0.5
    assert seen.queue(5, 30) < 0.25
    assert 180_000 < seen.wire(5, 30) < 300_000


# Far ends without feedback about every packet


def test_the_receivers_own_estimate_is_obeyed_up_and_down() -> None:
    one = Congestion(LIMITS, 0.0)
    one.receiver_estimate(1.0, 400_000)
    low, may = one.rate, one.may_send(1.0)
    one.report(1.5, 0.0, 0.1)
    still = one.rate
    one.receiver_estimate(2.0, 2_000_000)
    one.receiver_estimate(3.0, 99_000_000)

    assert (low, still) == (REMB_SHARE * 400_000, REMB_SHARE * 400_000)
    assert not may, "the queue is given time to drain"
    assert one.may_send(1.5)
    assert one.rate == LIMITS.most


@pytest.mark.parametrize("seed", [*SEEDS, 4, 5, 6])
@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize("bucket", [0.05, 0.2])
def test_a_server_that_drops_what_is_beyond_its_estimate_gets_whole_pictures(
    bucket: float, reports: bool, seed: int
) -> None:
    """What is sent again must fit in as well, or it is dropped, too, and asked for for ever."""
    low = 500_000
    weathers = [Weather(), Weather(10, bps=low, policed=True, bucket=bucket), Weather(30)]
    seen = Call(
        Link(weathers, 0.3, seed),
        Link(way_back(weathers), 10.0, seed + 7),
        reports=reports,
        seed=seed,
        estimate=lambda at: low if 10 <= at < 30 else 5e6,
    ).run(45)

    assert seen.longest_gap(9, 13) <= 1.0
    assert seen.longest_gap(13, 30) < 0.4
    assert seen.frames(13, 30) > 9
    assert 300_000 < seen.wire(11.5, 30) < low
    assert seen.keys <= 5
    assert max(rate for at, rate in seen.rates if at > 38) >= 2_000_000


def test_loss_and_delay_of_receiver_reports_decide_where_there_is_nothing_else() -> None:
    one = Congestion(LIMITS, 0.0)
    rates = [one.rate]
    for at, loss, rtt in ((1, 0.0, 0.05), (2, 0.0, 0.05), (3, 0.3, 0.05), (5, 0.0, 0.3)):
        one.report(at, loss, rtt)
        rates.append(one.rate)

    assert rates[1] > rates[0]
    assert rates[2] > rates[1]
    assert rates[3] == pytest.approx(0.85 * rates[2])
    assert rates[4] < rates[3]


def test_what_the_far_end_wants_at_most_is_never_exceeded() -> None:
    one = Congestion(LIMITS, 0.0)
    one.limit(700_000)
    for at in range(1, 100):
        one.report(at, 0.0, 0.05)
        one.receiver_estimate(at + 0.5, 5_000_000)

    assert one.rate == 700_000


EVENTS = st.lists(
    st.tuples(
        st.floats(0.001, 3),
        st.one_of(
            st.tuples(st.just("sent"), st.integers(1, 1500)),
            st.tuples(st.just("arrived"), st.lists(st.none() | st.floats(0, 2), max_size=5)),
            st.tuples(st.just("remb"), st.floats(0, 1e8)),
            st.tuples(st.just("report"), st.floats(0, 1)),
        ),
    ),
    max_size=80,
)


@settings(deadline=None)
@given(EVENTS)
def test_whatever_is_reported_the_rate_keeps_its_limits_and_something_may_leave(
    events: list[tuple[float, tuple[str, object]]],
) -> None:
    one, at, number, told = Congestion(LIMITS, 0.0), 0.0, 0, 0
    for passed, event in events:
        at += passed
        match event:
            case "sent", int(size):
                one.sent(number % 65536, Sent(at, size, number // 3))
                number += 1
            case "arrived", list(delays):
                known = [
                    Arrival(told + n, None if delay is None else at + delay)
                    for n, delay in enumerate(delays)
                ]
                told += len(delays)
                one.reported(at, known)
            case "remb", float(bitrate):
                one.receiver_estimate(at, bitrate)
            case "report", float(loss):
                one.report(at, loss, 0.1)
        assert LIMITS.least <= one.rate <= LIMITS.most
        assert one.queue >= 0
        assert one.pace(at) >= one.rate

    assert one.may_send(at + 10)


# The way


def flown(path: Path, delays: list[float], gap: float = 0.01, size: int = 1000) -> None:
    """Packets one after the other, each with its delay on another clock, reported in tens."""
    for start in range(0, len(delays), 10):
        part = range(start, min(start + 10, len(delays)))
        for number in part:
            path.sent(number, Sent(number * gap, size, number))
        path.reported(
            part[-1] * gap + 0.1,
            [Arrival(number, 500 + number * gap + delays[number]) for number in part],
        )


def test_the_queue_is_what_is_longer_than_the_shortest() -> None:
    path = Path()
    flown(path, [0.05] * 50 + [0.05 + 0.001 * n for n in range(100)])

    assert path.queue == pytest.approx(0.095)
    assert path.queue > QUEUE_CUT_S
    assert path.delivered == pytest.approx(1000 * 8 / 0.011, rel=0.1)
    assert path.in_flight == 0
    path.settle()
    assert path.queue == 0


def test_trains_show_how_wide_the_way_is() -> None:
    path = Path()
    for picture in range(10):
        numbers = range(picture * 4, picture * 4 + 4)
        for place, number in enumerate(numbers):
            path.sent(number, Sent(picture * 0.1 + place * 0.001, 1250, picture))
        path.reported(
            picture * 0.1 + 0.09,
            [Arrival(n, 7 + picture * 0.1 + 0.01 * place) for place, n in enumerate(numbers)],
        )

    assert path.width == pytest.approx(1_000_000)


def test_packets_that_nobody_reports_are_given_up() -> None:
    path = Path()
    path.sent(1, Sent(0.0, 1000, 0))
    path.sent(2, Sent(0.5, 1000, 0))
    path.reported(0.7, [Arrival(2, 3.0)])

    assert path.in_flight == 0
    path.sent(3, Sent(1.0, 1000, 0))
    path.forget(1.1)
    assert path.in_flight == 1000
    path.forget(9.0)
    assert path.in_flight == 0


def test_loss_is_counted_from_a_moment_on() -> None:
    path = Path()
    for number in range(100):
        path.sent(number, Sent(number / 100, 1000, number))
    path.reported(1.5, [Arrival(n, None if n < 50 and n % 2 else 5 + n / 100) for n in range(100)])

    assert path.loss(since=0.0) == pytest.approx(0.25)
    assert path.loss(since=0.5) == 0.0
    assert path.loss(since=0.95) == 0.0

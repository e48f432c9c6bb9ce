"""Lost packets: sent again while it helps; one key frame where it does not."""

from hypothesis import given
from hypothesis import strategies as st

from agent.meeting.congestion.resending import (
    AGAIN_S,
    BURST_S,
    KEY_PAUSE_S,
    SHARE,
    TRIES,
    Resending,
)

RATE, RTT, SIZE = 2_000_000.0, 0.1, 1200


def ask(one: Resending, at: float, sequence: int, rate: float = RATE) -> bool:
    return one.worth(at, sequence, SIZE, rate, RTT)


def test_a_lost_packet_is_sent_again_but_not_twice_in_one_round_trip() -> None:
    one = Resending()

    assert ask(one, 10.0, 5)
    assert not ask(one, 10.0 + AGAIN_S, 5)
    assert ask(one, 10.0 + RTT, 5)
    assert not one.key_is_due(10.2)


def test_a_packet_that_is_lost_again_and_again_is_worth_a_key_frame() -> None:
    one = Resending()
    answers = [ask(one, 10 + RTT * number, 5) for number in range(TRIES + 1)]

    assert answers == [True] * TRIES + [False]
    assert one.key_is_due(11.0)
    assert not one.key_is_due(12.0), "told once"


@given(st.floats(100_000, 3_000_000))
def test_sending_again_has_a_budget(rate: float) -> None:
    one = Resending()
    sent = sum(ask(one, 10 + number / 1000, number, rate) for number in range(1000))

    assert sent * SIZE * 8 <= rate * (SHARE + BURST_S) + SIZE * 8


def test_packets_that_were_overtaken_bring_no_key_frame_however_many_are_asked_for() -> None:
    # A link with jitter made the browser ask for everything once, and we sent 35 key frames.
    one = Resending()
    for number in range(2000):
        ask(one, 10 + number / 1000, number)

    assert one.refused > 0
    assert not one.key_is_due(20.0)


def test_what_is_missing_beyond_the_budget_brings_a_key_frame() -> None:
    one = Resending()
    for at in (10.0, 10.0 + RTT):
        for number in range(200):
            ask(one, at, number)

    assert one.key_is_due(11.0)


def test_nothing_from_before_a_key_frame_is_sent_again() -> None:
    one = Resending()
    one.keyed(10.0, 3)

    assert not ask(one, 10.1, 2)
    assert not ask(one, 10.1, 65_530)
    assert ask(one, 10.1, 3)
    assert ask(one, 10.1, 4)


def test_a_key_frame_is_given_at_once_and_then_not_too_often() -> None:
    one = Resending()
    one.ask_for_key()
    assert one.key_is_due(1.0)
    one.keyed(1.0, 0)
    one.ask_for_key()
    assert not one.key_is_due(1.0 + KEY_PAUSE_S / 2)
    assert one.key_is_due(1.0 + KEY_PAUSE_S)

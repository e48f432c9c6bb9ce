"""What is played, beside what is heard: two devices with clocks of their own."""

import numpy as np
import pytest

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, AudioFrame, Samples
from agent.voice.reference import KEPT_PIECES, PIECE, SLACK, START_PIECES, Reference

BLOCK = 2
"""Pieces that a loudspeaker takes at once."""


class Clock:
    """Stands where a test puts it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def pieces(count: int) -> list[Samples]:
    """Noise: one place in it is like no other."""
    noise = np.random.default_rng(0).normal(0, 3000, count * PIECE).astype(np.int16)
    return np.split(noise, count)


def beside(reference: Reference, clock: Clock, seconds: float, drift: float = 0.0) -> Samples:
    """Both devices run. drift: how much faster the loudspeaker's clock is."""
    sound = pieces(int(seconds * 120))
    chance = np.random.default_rng(1)
    got, given = [], 0
    for number in range(int(seconds * SAMPLE_RATE / FRAME_SAMPLES)):
        late_s = chance.exponential(0.002)
        now = number * FRAME_SAMPLES / SAMPLE_RATE + late_s
        while (due := given * PIECE / SAMPLE_RATE / (1 + drift)) <= now:
            clock.now = due
            for _ in range(BLOCK):
                reference.put(sound[given])
                given += 1
        clock.now = now
        frame = AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), number * FRAME_SAMPLES)
        got.append(reference.beside(frame))
    return np.concatenate(got)


def late(got: Samples, at_s: float, drift: float = 0.0) -> int:
    """By how many samples what stands at a time is late: the peak of the correlation."""
    start, length, reach = round(at_s * SAMPLE_RATE), SAMPLE_RATE // 2, 3200
    sound = np.concatenate(pieces(int(len(got) / SAMPLE_RATE * 120)))
    place = round(start * (1 + drift))
    sought = got[start : start + length].astype(np.float64)
    around = sound[place - reach : place + length + reach].astype(np.float64)
    return reach - int(np.argmax(np.correlate(around, sought, "valid")))


def test_what_is_played_stands_beside_what_is_heard_a_moment_late() -> None:
    clock = Clock()
    got = beside(Reference(clock), clock, 3)

    assert 0 <= late(got, 1) <= 0.04 * SAMPLE_RATE
    assert abs(late(got, 2) - late(got, 1)) <= PIECE // 2


@pytest.mark.parametrize("drift", [-100e-6, 100e-6])
def test_clocks_that_differ_do_not_move_it(drift: float) -> None:
    """100 ppm are 288 samples in 180 s."""
    clock = Clock()
    reference = Reference(clock)

    got = beside(reference, clock, 180, drift)

    places = [late(got, at, drift) for at in (60, 100, 140, 175)]
    assert reference.gaps <= 1  # It may begin at a moment when the microphone is late.
    assert max(places) - min(places) <= 3 * SLACK


def test_frames_that_the_microphone_lost_are_passed_over() -> None:
    reference = Reference(Clock())
    for piece in pieces(5):
        reference.put(piece)
    quiet = np.zeros(FRAME_SAMPLES, np.int16)
    reference.beside(AudioFrame(quiet, 0))
    for piece in pieces(15)[5:]:
        reference.put(piece)

    after = reference.beside(AudioFrame(quiet, 5 * FRAME_SAMPLES))

    sound = np.concatenate(pieces(15))
    np.testing.assert_array_equal(after, sound[5 * FRAME_SAMPLES : 6 * FRAME_SAMPLES])


@pytest.mark.parametrize(("held", "missing"), [(1, []), (4, [21, 22, 23])])
def test_a_hiccup_of_the_loudspeaker_moves_nothing(held: int, missing: list[int]) -> None:
    # The canceller would have to find the echo anew, and it is heard for seconds meanwhile.
    reference, sound, frames = Reference(Clock()), pieces(100), 40
    taken = [START_PIECES, *[BLOCK] * (frames - 1)]
    taken[20 : 21 + held] = [*[0] * held, BLOCK * (held + 1)]
    got, given = [], 0
    for number, count in enumerate(taken):
        for piece in sound[given : given + count]:
            reference.put(piece)
        given += count
        frame = AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), number * FRAME_SAMPLES)
        got.append(reference.beside(frame))

    expected = np.split(np.concatenate(sound[: BLOCK * frames]), frames)
    wrong = [n for n in range(frames) if not np.array_equal(got[n], expected[n])]
    assert wrong == missing
    assert reference.gaps == bool(missing)


def test_a_loudspeaker_that_is_closed_leaves_silence_and_may_come_back() -> None:
    reference, start = Reference(Clock()), 0

    def read() -> Samples:
        nonlocal start
        start += FRAME_SAMPLES
        return reference.beside(AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), start))

    assert not read().any()
    for piece in pieces(10):
        reference.put(piece)
    assert read().any()
    for _ in range(20):
        last = read()
    assert not last.any()
    for piece in pieces(10):
        reference.put(piece)
    assert read().any()


def test_a_microphone_that_begins_anew_gets_what_is_played_now() -> None:
    reference, sound = Reference(Clock()), pieces(210)
    for piece in sound[:10]:
        reference.put(piece)
    quiet = np.zeros(FRAME_SAMPLES, np.int16)
    reference.beside(AudioFrame(quiet, 0))
    for piece in sound[10:]:  # 2 s without a microphone.
        reference.put(piece)

    after = reference.beside(AudioFrame(quiet, 0))

    newest = np.concatenate(sound)[-START_PIECES * PIECE :]
    np.testing.assert_array_equal(after, newest[:FRAME_SAMPLES])


def test_when_nobody_listens_it_does_not_grow() -> None:
    reference = Reference(Clock())
    for _ in range(3):
        for piece in pieces(KEPT_PIECES):
            reference.put(piece)

    got = reference.beside(AudioFrame(np.zeros(3 * KEPT_PIECES * PIECE, np.int16), 0))

    assert got[: KEPT_PIECES * PIECE].any()
    assert not got[KEPT_PIECES * PIECE :].any()

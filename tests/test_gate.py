"""The gate against other people, and that it can shut nobody out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agent.frames import SAMPLE_RATE, Samples
from agent.messages import Command
from agent.voice.gate import FORGOTTEN_S, KNOWN, REPEAT_S, NearGate, Voice, voice_of

NURSE = Voice(level=68.0, fall=25.0)
OTHER = Voice(level=54.0, fall=14.0)
SOFT = Voice(level=58.0, fall=25.0)
"""The nurse turns away: fainter, but not blurred by the room."""
NOISE = Voice(level=68.0, fall=12.0)
"""A vacuum cleaner fills the gaps of her speech: blurred, but not fainter."""
SECOND = SAMPLE_RATE


def knowing(voice: Voice = NURSE, count: int = KNOWN) -> NearGate:
    gate = NearGate()
    for number in range(count):
        assert gate.admit(Command.STATUS, voice, number * SECOND)
    return gate


def test_it_begins_open() -> None:
    assert NearGate().admit(Command.STATUS, OTHER, 0)


@pytest.mark.parametrize(
    ("voice", "far"), [(NURSE, False), (OTHER, True), (SOFT, False), (NOISE, False)]
)
def test_only_who_is_both_fainter_and_more_blurred_is_far(voice: Voice, far: bool) -> None:
    assert knowing().is_far(voice, 10 * SECOND) is far


def test_what_is_said_again_is_obeyed_and_that_voice_is_the_measure_from_then_on() -> None:
    gate = knowing()

    assert not gate.admit(Command.STATUS, OTHER, 10 * SECOND)
    assert gate.admit(Command.STATUS, OTHER, 15 * SECOND)
    assert gate.admit(Command.ZOOM_MAX, OTHER, 20 * SECOND)


@pytest.mark.parametrize(
    ("command", "after"), [(Command.ZOOM_MAX, 5.0), (Command.STATUS, REPEAT_S + 1)]
)
def test_another_command_or_a_late_one_is_no_repetition(command: Command, after: float) -> None:
    gate = knowing()
    gate.admit(Command.STATUS, OTHER, 10 * SECOND)

    assert not gate.admit(command, OTHER, round((10 + after) * SECOND))


def test_the_nurse_between_two_of_others_ends_their_repetition() -> None:
    gate = knowing()
    gate.admit(Command.STATUS, OTHER, 10 * SECOND)
    gate.admit(Command.ZOOM_MAX, NURSE, 12 * SECOND)

    assert not gate.admit(Command.STATUS, OTHER, 14 * SECOND)


def test_it_forgets_and_is_open_again() -> None:
    assert knowing().admit(Command.STATUS, OTHER, round((FORGOTTEN_S + 10) * SECOND))


def test_what_was_held_back_is_not_learnt_from() -> None:
    gate = knowing()
    for number in range(50):
        command = (Command.STATUS, Command.ZOOM_MAX)[number % 2]
        assert not gate.admit(command, OTHER, (10 + number) * SECOND)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Command.STATUS, Command.END_VIDEO]),
            st.builds(Voice, st.floats(0, 90), st.floats(0, 60)),
            st.integers(1, 60),
        ),
        max_size=60,
    ),
    st.builds(Voice, st.floats(0, 90), st.floats(0, 60)),
)
def test_whatever_came_before_a_command_said_twice_is_obeyed(
    before: list[tuple[Command, Voice, int]], voice: Voice
) -> None:
    gate, now = NearGate(), 0
    for command, heard, seconds in before:
        now += seconds * SECOND
        gate.admit(command, heard, now)

    first = gate.admit(Command.END_VIDEO, voice, now + SECOND)
    assert first or gate.admit(Command.END_VIDEO, voice, now + 5 * SECOND)


@given(hnp.arrays(np.int16, st.integers(0, 4000)))
def test_any_sound_is_measured(samples: Samples) -> None:
    voice = voice_of(samples)

    assert 0 <= voice.level < 97
    assert np.isfinite(voice.fall)


def test_reverberation_blurs() -> None:
    rng = np.random.default_rng(0)
    bursts = np.repeat([1.0, 0, 1, 0, 1], 1600)
    dry = rng.normal(0, 3000, len(bursts)) * bursts
    room = rng.normal(0, 1, 8000) * np.exp(-np.arange(8000) / 2000)
    wet = np.convolve(dry, room)[: len(dry)]
    wet *= np.sqrt(np.mean(dry**2) / np.mean(wet**2))

    near, far = (voice_of(sound.astype(np.int16)) for sound in (dry, wet))

    assert near.fall > far.fall + 10
    assert near.level == pytest.approx(far.level, abs=3)

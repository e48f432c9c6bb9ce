"""Loudness, clipping, and a microphone that is at fault."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agent.faults import Fault
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, Samples
from agent.voice.level import SILENT_S, WATCHED, Level, MicrophoneWatch, measure

FINE = Level(-25.0, 0.0)
CLIPPED = Level(-3.0, 0.05)
FAINT = Level(-70.0, 0.0)
ZEROS = np.zeros(FRAME_SAMPLES, np.int16)
SOUND = np.resize(np.array([3, -3], np.int16), FRAME_SAMPLES)


def tone(level: float, count: int = 16_000, dc: int = 0) -> Samples:
    wave = np.sin(np.arange(count) * 0.3) * level + dc
    clipped: Samples = np.clip(wave, -32768, 32767).astype(np.int16)
    return clipped


@pytest.mark.parametrize(
    ("samples", "void", "faint", "distorted"),
    [
        (np.zeros(16_000, np.int16), True, True, False),
        (np.zeros(0, np.int16), True, True, False),
        (np.full(16_000, 12_345, np.int16), True, True, False),
        (tone(2), False, True, False),
        (tone(2, dc=9000), False, True, False),
        (tone(3000), False, False, False),
        (tone(32_600), False, False, False),
        (tone(60_000), False, False, True),
        (np.full(16_000, -32_768, np.int16), True, True, True),
    ],
)
def test_what_is_seen_of_an_utterance(
    samples: Samples, void: bool, faint: bool, distorted: bool
) -> None:
    level = measure(samples)

    assert (level.void, level.faint, level.distorted) == (void, faint, distorted)


@pytest.mark.parametrize("amplitude", [30, 300, 3000, 30_000])
def test_the_level_is_that_of_the_sound_without_its_dc(amplitude: int) -> None:
    expected = 20 * np.log10(amplitude / np.sqrt(2) / 32768)

    assert measure(tone(amplitude)).dbfs == pytest.approx(expected, abs=0.3)
    assert measure(tone(amplitude, dc=1000)).dbfs == pytest.approx(expected, abs=0.3)


@given(hnp.arrays(np.int16, st.integers(0, 2000)))
def test_any_sound_has_a_level(samples: Samples) -> None:
    level = measure(samples)

    assert -np.inf <= level.dbfs <= 0.1
    assert 0 <= level.clipped <= 1


def watched(*levels: Level) -> list[Fault | None]:
    watch = MicrophoneWatch()
    return [watch.fault for level in levels if watch.utterance(level)]


@pytest.mark.parametrize(
    ("bad", "fault"), [(CLIPPED, Fault.MICROPHONE_CLIPS), (FAINT, Fault.MICROPHONE_FAINT)]
)
def test_a_bad_microphone_is_told_once_and_told_well_again(bad: Level, fault: Fault) -> None:
    told = watched(*[bad] * 30, *[FINE] * 30, *[bad] * 30)

    assert told == [fault, None]


def test_a_few_bad_utterances_are_nobodys_fault() -> None:
    assert watched(*[FAINT, FAINT, FAINT, FINE] * 30) == []
    assert watched(*[CLIPPED] * (WATCHED // 2), *[FINE] * 30) == []


def test_a_microphone_that_a_command_was_understood_through_is_not_too_faint() -> None:
    watch = MicrophoneWatch()
    for _ in range(100):
        assert not watch.utterance(FAINT) or watch.fault is Fault.MICROPHONE_FAINT
        if watch.fault:
            break
    assert watch.understood()
    assert watch.fault is None


def test_people_in_the_background_are_no_fault_while_commands_are_understood() -> None:
    watch = MicrophoneWatch()
    for _ in range(20):
        assert not any(watch.utterance(FAINT) for _ in range(8))
        assert not watch.understood()


def test_zeros_are_told_every_time() -> None:
    watch = MicrophoneWatch()
    count = round(SILENT_S / FRAME_SECONDS)
    told = []
    for samples in [*[ZEROS] * count, SOUND, *[ZEROS] * (count + 5), SOUND]:
        if watch.frame(samples):
            told.append(watch.fault)

    assert told == [Fault.MICROPHONE_SILENT, None] * 2

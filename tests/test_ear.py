"""The agent's sentence and the room's sound, mixed into one ear."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from agent.voice.ear import DUCKED, KNEE, ROOM_FRAMES, Ear

SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


def tone(seconds: float, level: float = 0.25) -> Samples:
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * 400 * at) * level * 32767).astype(np.int16)


def power(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def test_silence_without_anything_to_play() -> None:
    assert not Ear().read(1000).any()


def test_a_sentence_is_heard_unchanged_and_then_it_has_ended() -> None:
    ear, sentence = Ear(), tone(0.1)
    line = ear.say(sentence)

    heard = np.concatenate([ear.read(FRAME_SAMPLES) for _ in range(5)])

    assert line.ended
    # But for the last 5 ms, which fade out.
    assert np.abs(heard[:-80].astype(int) - sentence[:-80]).max() <= 1
    assert not ear.read(FRAME_SAMPLES).any()


@given(sizes=st.lists(st.integers(0, 1000), max_size=20), length=st.integers(0, 5000))
def test_any_reading_rhythm_gives_the_same_sound(sizes: list[int], length: int) -> None:
    sentence = tone(1)[:length]
    ear, other = Ear(), Ear()
    ear.say(sentence)
    other.say(sentence)

    pieces = [ear.read(size) for size in sizes]

    assert [len(piece) for piece in pieces] == sizes
    assert ear.played == sum(sizes)
    if pieces:
        assert np.array_equal(np.concatenate(pieces), other.read(sum(sizes)))


def test_a_stopped_sentence_is_silent_after_five_milliseconds() -> None:
    ear = Ear()
    line = ear.say(tone(1))
    ear.read(FRAME_SAMPLES)

    line.stop()
    rest = ear.read(FRAME_SAMPLES)

    assert line.ended
    assert rest[:40].any()
    assert not rest[80:].any()


def test_a_new_sentence_cuts_off_the_old_one() -> None:
    ear = Ear()
    ear.say(tone(1, 0.5))
    ear.read(FRAME_SAMPLES)

    ear.say(tone(1, 0.1))

    assert np.abs(ear.read(FRAME_SAMPLES)).max() <= 0.1 * 32768


def test_the_room_is_heard_when_40_ms_of_it_are_there() -> None:
    ear = Ear()
    ear.hear_room(tone(0.02))
    assert not ear.read(FRAME_SAMPLES).any()

    ear.hear_room(tone(0.02))
    assert ear.read(FRAME_SAMPLES).any()


def test_the_room_is_12_db_quieter_while_the_agent_speaks_and_comes_back() -> None:
    ear = Ear()
    room = tone(0.02)

    def listen(frames: int) -> float:
        heard = []
        for _ in range(frames):
            ear.hear_room(room)
            heard.append(ear.read(FRAME_SAMPLES))
        return power(np.concatenate(heard[-5:]))

    before = listen(20)
    line = ear.say(np.zeros(SAMPLE_RATE, np.int16))
    during = listen(20)
    line.stop()
    after = listen(20)

    assert during / before == pytest.approx(DUCKED, rel=0.05)
    assert after / before == pytest.approx(1, rel=0.01)


def test_at_most_200_ms_of_the_room_are_kept() -> None:
    ear = Ear()
    for _ in range(ROOM_FRAMES + 3):
        ear.hear_room(tone(0.02))

    heard = [ear.read(FRAME_SAMPLES) for _ in range(ROOM_FRAMES + 3)]

    assert ear.room.lost == 3
    assert heard[0].any()
    assert not heard[-1].any()


@given(
    agent=st.integers(-32768, 32767),
    room=st.integers(-32768, 32767),
    volume=st.floats(0, 2),
)
def test_the_mix_never_wraps_around_and_keeps_its_sign(
    agent: int, room: int, volume: float
) -> None:
    ear = Ear(volume)
    for _ in range(2):
        ear.hear_room(np.full(FRAME_SAMPLES, room, np.int16))
    ear.read(FRAME_SAMPLES)
    ear.say(np.full(10_000, agent, np.int16))
    for _ in range(3):  # By then the resampler has settled on a constant.
        ear.hear_room(np.full(FRAME_SAMPLES, room, np.int16))
        heard = int(ear.read(FRAME_SAMPLES)[-1])

    ducked = room * DUCKED
    wanted = (agent + ducked) * volume
    assert abs(heard) <= 32767
    assert heard == 0 or (heard > 0) == (wanted > 0)
    if abs(wanted) < KNEE * 32767:
        assert heard == pytest.approx(wanted, abs=60)


def test_volume_changes_what_follows() -> None:
    ear = Ear()
    ear.say(tone(1, 0.2))
    loud = power(ear.read(3200))

    ear.volume = 0.5

    assert power(ear.read(3200)) / loud == pytest.approx(0.5, rel=0.02)

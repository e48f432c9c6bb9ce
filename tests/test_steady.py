"""Four seconds of a steady look: what is found, and when nothing can be told."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agent.messages import Light, LightFound, LightGround
from agent.video.lighting import LightReading
from agent.video.lighting.between import Between
from agent.video.steady import LIMIT_S, STEADY_S, SteadyLook

READING = LightReading(-0.4, 0.1, 0.0, 120.0, between=Between(0.6, 0.2, 0.3, 0.002))
LIT = {Light.DARK: -4.0, Light.BRIGHT: -5.0, Light.SHAKING: -3.0, Light.FAR: -9.0}
SEEN = frozenset({LightGround.TONES, LightGround.NOISE})


def look(
    scores: Mapping[Light, float],
    reading: LightReading = READING,
    later: Mapping[Light, float] | None = None,
) -> tuple[LightFound | None, float]:
    """What comes of it, and after how many seconds; later: the scores from 2 s on."""
    steady = SteadyLook()
    for number in range(int(5 * (LIMIT_S + 2))):
        at = number / 5
        now = later if later is not None and at >= 2 else scores
        found = steady.follow(reading, now, 100 + at)
        if found is not None:
            return found, at
    return None, LIMIT_S + 2


@pytest.mark.parametrize(
    ("scores", "light"),
    [
        (LIT, Light.GOOD),
        (LIT | {Light.DARK: 3.0}, Light.DARK),
        (LIT | {Light.BRIGHT: 3.0}, Light.BRIGHT),
        (LIT | {Light.GLARE: 2.5}, Light.GLARE),
        (LIT | {Light.GLARE: 1.0}, Light.GOOD),
        (LIT | {Light.WARM: 2.0}, Light.WARM),
        (LIT | {Light.DARK: 2.0, Light.WARM: 2.0}, Light.DARK),
        (LIT | {Light.BLURRED: 5.0}, Light.GOOD),
    ],
)
def test_a_steady_look_of_four_seconds_finds_the_light(
    scores: Mapping[Light, float], light: Light
) -> None:
    assert look(scores) == (LightFound(light, SEEN), STEADY_S)


@pytest.mark.parametrize("kind", [Light.SHAKING, Light.FAR, Light.COVERED])
def test_without_a_steady_look_at_the_motif_the_light_is_unknown(kind: Light) -> None:
    found, at = look(LIT | {kind: 1.0})
    assert found == LightFound()
    assert at > LIMIT_S


def test_the_four_seconds_begin_anew_after_a_movement() -> None:
    found, at = look(LIT | {Light.SHAKING: 2.0}, later=LIT)
    assert found == LightFound(Light.GOOD, SEEN)
    assert at == 2 + STEADY_S


@pytest.mark.parametrize("score", [-0.3, 0.0])
def test_nothing_is_called_good_that_is_nearly_dark(score: float) -> None:
    assert look(LIT | {Light.DARK: score})[0] == LightFound(Light.UNKNOWN, SEEN)


def test_what_comes_and_goes_is_neither_there_nor_good() -> None:
    found, _ = look(LIT, later=LIT | {Light.DARK: 2.0})
    assert found == LightFound(Light.UNKNOWN, SEEN)


def test_one_picture_alone_is_no_ground() -> None:
    assert look(LIT, replace(READING, between=None))[0] == LightFound()


def test_a_calibrated_camera_gives_lux() -> None:
    found, _ = look(LIT, replace(READING, light_stops=1.0))
    assert found == LightFound(Light.GOOD, SEEN | {LightGround.EXPOSURE}, 200.0)


def test_the_exposure_has_to_settle_first() -> None:
    steady = SteadyLook()
    for number in range(40):
        at = number / 5
        adapting = replace(READING, zone_stops=max(0.0, 2 - at))
        found = steady.follow(adapting, LIT, at)
        if found is not None:
            break
    assert found is not None
    assert at > STEADY_S

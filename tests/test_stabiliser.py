"""A zoomed view follows the motif: it shakes less, never strays, and comes along when asked to."""

from collections.abc import Iterable, Iterator
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.frames import Pixels
from agent.messages import Zoom
from agent.video.stabiliser import GAP_S, MIDDLE, REACH, Shift, Stabiliser

WIDTH, HEIGHT, ROOM, RATE = 640, 360, 160, 30
ZOOMS = (Zoom.DOUBLE, Zoom.MAX)


@cache
def surface(seed: int = 0) -> Pixels:
    """Soft blots, larger than what a camera sees of them."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 1, (HEIGHT + 2 * ROOM, WIDTH + 2 * ROOM)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    grey = np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def seen(place: tuple[float, float], of: Pixels) -> Pixels:
    """The camera's picture when the motif lies so far to the right of and below the middle."""
    move = np.asarray([[1, 0, place[0] - ROOM], [0, 1, place[1] - ROOM]], np.float32)
    return np.asarray(cv2.warpAffine(of, move, (WIDTH, HEIGHT)), np.uint8)


def followed(zoom: Zoom, pictures: Iterable[Pixels]) -> list[Shift]:
    stabiliser = Stabiliser(zoom)
    return [stabiliser.follow(pixels, number / RATE) for number, pixels in enumerate(pictures)]


def trembling(seconds: float) -> list[tuple[float, float]]:
    times = np.arange(int(seconds * RATE)) / RATE
    return [(5 * np.sin(18 * t), 4 * np.sin(27 * t + 1)) for t in times]


def reach(zoom: Zoom) -> tuple[float, float]:
    return REACH * WIDTH / zoom.value, REACH * HEIGHT / zoom.value


@pytest.mark.parametrize("zoom", ZOOMS)
def test_what_lies_still_is_seen_in_the_middle(zoom: Zoom) -> None:
    still, random = seen((0, 0), surface()), np.random.default_rng(0)
    noisy = (
        np.clip(still + random.normal(0, 4, still.shape), 0, 255).astype(np.uint8)
        for _ in range(2 * RATE)
    )

    assert set(followed(zoom, noisy)) == {MIDDLE}


@pytest.mark.parametrize("zoom", ZOOMS)
@pytest.mark.parametrize("hand", [False, True])
def test_a_view_that_trembles_is_held_whatever_a_hand_does_in_it(zoom: Zoom, hand: bool) -> None:
    places = trembling(3)

    def pictures() -> Iterator[Pixels]:
        for number, place in enumerate(places):
            picture = seen(place, surface())
            if hand:
                at = WIDTH // 2 + number % 20 - 10, HEIGHT // 2 + 30
                cv2.circle(picture, at, 60 // zoom.value, (150, 160, 215), -1)
            yield picture

    left = np.asarray(places) - np.asarray(followed(zoom, pictures()))

    settled = slice(RATE, None)
    assert left[settled].std() < 0.35 * np.asarray(places)[settled].std()


def test_a_turn_of_the_head_is_followed_and_the_view_comes_back_to_the_middle() -> None:
    across = np.concatenate([np.linspace(0, 100, RATE), np.full(3 * RATE, 100.0)])

    shifts = followed(Zoom.DOUBLE, (seen((place, 0.0), surface()) for place in across))

    assert 10 < max(right for right, _ in shifts) <= round(reach(Zoom.DOUBLE)[0])
    assert abs(shifts[-1][0]) <= 1


@given(
    st.sampled_from(ZOOMS),
    st.lists(
        st.tuples(
            st.floats(-ROOM, ROOM), st.floats(-ROOM, ROOM), st.integers(0, 2), st.floats(0.001, 1)
        ),
        max_size=12,
    ),
)
def test_wherever_the_camera_looks_the_view_stays_near_the_middle(
    zoom: Zoom, looks: list[tuple[float, float, int, float]]
) -> None:
    stabiliser, at, far = Stabiliser(zoom), 0.0, reach(zoom)
    for right, below, what, gap in looks:
        at += gap
        right_most, low_most = stabiliser.follow(seen((right, below), SURFACES[what]), at)
        assert abs(right_most) <= far[0] + 0.5
        assert abs(low_most) <= far[1] + 0.5


SURFACES = (surface(0), surface(1), np.zeros_like(surface()))


def test_after_a_gap_it_begins_anew() -> None:
    stabiliser = Stabiliser(Zoom.DOUBLE)
    for number in range(6):
        off = stabiliser.follow(seen((4 * number, 0), surface()), number / RATE)
    assert off != MIDDLE

    assert stabiliser.follow(seen((20, 0), surface()), 1 + GAP_S) == MIDDLE


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(1, 900)), min_size=1, max_size=4))
@settings(max_examples=40)
def test_pictures_of_any_size_in_any_order(sizes: list[tuple[int, int]]) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    for zoom in ZOOMS:
        stabiliser = Stabiliser(zoom)
        for number, pixels in enumerate([each for each in pictures for _ in range(2)]):
            right, below = stabiliser.follow(pixels, number / RATE)
            assert abs(right) <= REACH * max(2, pixels.shape[1] // zoom.value) + 0.5
            assert abs(below) <= REACH * max(2, pixels.shape[0] // zoom.value) + 0.5

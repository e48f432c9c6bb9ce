"""Zoom, size, colour format and cards."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Pixels
from agent.messages import Zoom
from agent.video.picture import card, fitted, to_i420, zoomed

SIDES = st.integers(min_value=8, max_value=200)


def coordinates(width: int, height: int) -> Pixels:
    """A picture whose pixels tell where they were: column in blue, row in green."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([columns, rows, np.zeros_like(rows)]).astype(np.uint8)


@given(SIDES, SIDES, st.sampled_from(Zoom))
def test_zoom_shows_the_middle(width: int, height: int, zoom: Zoom) -> None:
    part = zoomed(coordinates(width, height), zoom)

    assert part.shape[:2] == (max(2, height // zoom.value), max(2, width // zoom.value))
    columns, rows = part[..., 0].astype(int), part[..., 1].astype(int)
    assert abs(columns.min() + columns.max() - (width - 1)) <= 1
    assert abs(rows.min() + rows.max() - (height - 1)) <= 1


@given(SIDES, SIDES, st.sampled_from(Zoom), st.integers(-300, 300), st.integers(-300, 300))
def test_a_view_aside_has_the_same_size_and_ends_where_the_picture_does(
    width: int, height: int, zoom: Zoom, across: int, down: int
) -> None:
    picture = coordinates(width, height)

    middle, aside = zoomed(picture, zoom), zoomed(picture, zoom, (across, down))

    assert aside.shape == middle.shape
    left, top = (int(value) for value in middle[0, 0, :2])
    moved = int(aside[0, 0, 0]) - left, int(aside[0, 0, 1]) - top
    assert moved == (
        int(np.clip(across, -left, width - middle.shape[1] - left)),
        int(np.clip(down, -top, height - middle.shape[0] - top)),
    )


@given(SIDES, SIDES, SIDES, SIDES)
def test_every_picture_fits_any_size(
    width: int, height: int, to_width: int, to_height: int
) -> None:
    picture = np.full((height, width, 3), 200, np.uint8)

    assert fitted(picture, to_width, to_height).shape == (to_height, to_width, 3)


def test_a_picture_is_not_distorted_but_gets_bars() -> None:
    whole = fitted(np.full((100, 100, 3), 200, np.uint8), 320, 180)

    assert (whole[:, :70] == 0).all()
    assert (whole[:, 72:248] == 200).all()
    assert (whole[:, 250:] == 0).all()


def test_the_format_for_the_encoder_keeps_the_colours() -> None:
    picture = np.full((16, 32, 3), (40, 120, 200), np.uint8)

    planes = to_i420(picture)

    assert planes.shape == (24, 32)
    back = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    assert np.abs(back.astype(int) - picture).max() <= 4


@pytest.mark.parametrize("letter", "æøåÆØÅ«»–")
def test_cards_have_the_norwegian_letters(letter: str) -> None:
    # A letter that the font lacks would be drawn as a question mark.
    assert not np.array_equal(card(letter, 160, 90), card("?", 160, 90))


@given(st.text("abcæøå ", min_size=1, max_size=80))
def test_no_text_runs_over_the_edge(text: str) -> None:
    pixels = card(text, 320, 180)

    paper = pixels[0, 0]
    edges = np.concatenate([pixels[:, :4].reshape(-1, 3), pixels[:, -4:].reshape(-1, 3)])
    assert pixels.shape == (180, 320, 3)
    assert (edges == paper).all()


def test_the_text_stands_in_the_middle() -> None:
    ink = (card("Pause", 640, 360) != card(" ", 640, 360)).any(axis=2)
    rows, columns = np.nonzero(ink)

    assert abs((columns.min() + columns.max()) / 2 - 320) < 12
    assert abs((rows.min() + rows.max()) / 2 - 180) < 12


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (426, 240)])
def test_fine_stripes_become_grey_when_the_picture_shrinks(size: tuple[int, int]) -> None:
    # Leaving pixels out would turn them into broad ones, which no skin has.
    stripes = np.zeros((1080, 1920, 3), np.uint8)
    stripes[:, ::2] = 200

    small = fitted(stripes, *size)[8:-8, 8:-8]

    assert np.abs(small.astype(int) - 100).max() <= 2

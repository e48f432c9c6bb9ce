"""Whatever a driver hands over, the house sees a picture or nothing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import Pixels, VideoFrame
from agent.messages import Zoom
from agent.video.picture import fitted, to_i420, zoomed
from agent.video.soundness import FROZEN_LIMIT_S, Freshness, mended
from agent.video.watch import Watch


@pytest.mark.parametrize(
    "pixels",
    [
        None,
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((480, 0, 3), np.uint8),
        np.zeros((12, 640, 3), np.uint8),
        np.zeros((5000, 640, 3), np.uint8),
        np.zeros((480, 640, 2), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros(640 * 480, np.uint8),
    ],
)
def test_what_is_no_picture_is_none(pixels: Any) -> None:
    assert mended(pixels) is None


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((480, 640, 3), np.uint8),
        ((480, 640), np.uint8),
        ((480, 640, 1), np.uint8),
        ((480, 640, 4), np.uint8),
        ((480, 640), np.uint16),
        ((2160, 3840, 3), np.uint8),
        ((479, 641, 3), np.uint8),
    ],
)
def test_every_picture_comes_out_in_colour_with_8_bits(shape: tuple[int, ...], kind: Any) -> None:
    pixels = np.full(shape, np.iinfo(kind).max // 2, kind)
    picture = mended(pixels)
    assert picture is not None
    assert picture.shape == (*shape[:2], 3)
    assert picture.dtype == np.uint8
    assert 126 <= picture.min() <= picture.max() <= 128


SIDES = st.integers(64, 200)


@given(st.lists(st.tuples(SIDES, SIDES), min_size=2, max_size=4), st.sampled_from(list(Zoom)))
def test_a_size_that_changes_in_mid_stream_is_sent_and_measured_all_the_same(
    sizes: list[tuple[int, int]], zoom: Zoom
) -> None:
    generator = np.random.default_rng(0)
    watch, before = Watch(), None
    for at, (height, width) in enumerate(sizes):
        pixels = generator.integers(0, 255, (height, width, 3)).astype(np.uint8)
        frame = VideoFrame(pixels, float(at))
        assert to_i420(fitted(zoomed(pixels, zoom), 320, 180)).shape == (270, 320)
        assert 0 <= watch.look(frame, before or frame).mean_grey <= 255
        before = frame


def test_zoom_is_cut_out_of_what_the_camera_gives_before_it_is_scaled() -> None:
    """A line a pixel wide in the middle of 1080p is still there in a double zoom to 720p."""
    full: Pixels = np.zeros((1080, 1920, 3), np.uint8)
    full[:, 960:1440:4] = 255
    shown = fitted(zoomed(full, Zoom.DOUBLE), 1280, 720)
    scaled_first = fitted(zoomed(fitted(full, 1280, 720), Zoom.DOUBLE), 1280, 720)
    assert shown[360].std() > 1.3 * scaled_first[360].std()


def test_pixels_that_never_change_are_frozen_but_a_covered_lens_is_not() -> None:
    same, black = (np.full((64, 80, 3), grey, np.uint8) for grey in (90, 2))
    still, dark, live = Freshness(), Freshness(), Freshness()
    for at in range(0, 20):
        late = at > FROZEN_LIMIT_S
        assert still.frozen(same, float(at)) is late
        assert not dark.frozen(black, float(at))
        assert not live.frozen(same + np.uint8(at % 2), float(at))

"""Which format is settled on, from what a camera offers."""

from collections.abc import Sequence

import cv2
import pytest

from agent.frames import Pixels
from agent.video.backends.opencv_format import MJPEG, RAW, Offer, agree, is_enough, worth

FULL, HD, VGA = (1920, 1080), (1280, 720), (640, 480)


class Offers:
    """A camera with these formats; a wish that it has not gets the nearest, as drivers do."""

    def __init__(self, *offers: Offer) -> None:
        self._offers = offers
        self._asked: dict[int, float] = {}
        self.given = offers[0]

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def read(self) -> tuple[bool, Pixels | None]:
        return False, None

    def set(self, prop: int, value: float, /) -> bool:
        self._asked[prop] = value
        if prop == cv2.CAP_PROP_FPS:
            self.given = min(self._offers, key=self._distance)
        return True

    def _distance(self, offer: Offer) -> tuple[bool, float]:
        code = cv2.VideoWriter.fourcc(*offer.format) if offer.format else 0
        area = self._asked[cv2.CAP_PROP_FRAME_WIDTH] * self._asked[cv2.CAP_PROP_FRAME_HEIGHT]
        return code != self._asked[cv2.CAP_PROP_FOURCC], abs(offer.width * offer.height - area)

    def get(self, prop: int, /) -> float:
        code = cv2.VideoWriter.fourcc(*self.given.format) if self.given.format else 0
        return {
            cv2.CAP_PROP_FOURCC: code,
            cv2.CAP_PROP_FRAME_WIDTH: self.given.width,
            cv2.CAP_PROP_FRAME_HEIGHT: self.given.height,
            cv2.CAP_PROP_FPS: self.given.rate,
        }[prop]

    def release(self) -> None:
        """Nothing to free."""


CAMERAS: list[tuple[str, Sequence[Offer], tuple[str, tuple[int, int]]]] = [
    ("has what is wanted", [Offer(MJPEG, *FULL, 30), Offer(RAW, *FULL, 5)], (MJPEG, FULL)),
    ("raw is starved", [Offer(RAW, *FULL, 5), Offer(MJPEG, *HD, 30)], (MJPEG, HD)),
    ("1080p is slow", [Offer(MJPEG, *FULL, 10), Offer(MJPEG, *HD, 30)], (MJPEG, HD)),
    ("only raw", [Offer(RAW, *FULL, 5), Offer(RAW, *HD, 10), Offer(RAW, *VGA, 30)], (RAW, VGA)),
    ("boasts of raw", [Offer(RAW, *FULL, 30), Offer(RAW, *VGA, 30)], (RAW, VGA)),
    ("tells nothing", [Offer("", *HD, 0)], ("", HD)),
    ("tells no rate", [Offer(MJPEG, *FULL, 0)], (MJPEG, FULL)),
    ("has 4K as well", [Offer(MJPEG, 3840, 2160, 30), Offer(MJPEG, *FULL, 30)], (MJPEG, FULL)),
]


@pytest.mark.parametrize(("name", "offers", "settled"), CAMERAS)
def test_the_format_is_chosen_from_what_a_camera_offers(
    name: str, offers: Sequence[Offer], settled: tuple[str, tuple[int, int]]
) -> None:
    source = Offers(*offers)
    offer = agree(source, *FULL, 30)
    assert (offer.format, (offer.width, offer.height)) == settled, name
    assert source.given == offer, "what was settled on is what the camera was asked for last"


def test_yuyv_and_yuy2_are_one_format() -> None:
    class Linux(Offers):
        def get(self, prop: int, /) -> float:
            if prop == cv2.CAP_PROP_FOURCC:
                return cv2.VideoWriter.fourcc(*"YUYV")
            return super().get(prop)

    assert agree(Linux(Offer(RAW, *VGA, 30)), *VGA, 30) == Offer(RAW, *VGA, 30)


def test_a_picture_too_few_counts_more_than_a_line_too_few() -> None:
    wanted = Offer(MJPEG, *FULL, 30)
    assert worth(Offer(MJPEG, *HD, 30), wanted) > worth(Offer(MJPEG, *FULL, 15), wanted)
    assert worth(Offer(MJPEG, *VGA, 30), wanted) < worth(Offer(MJPEG, *HD, 30), wanted)
    assert not is_enough(Offer(MJPEG, *FULL, 15), wanted)

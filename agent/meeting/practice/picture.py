"""PURE: pictures as the encoder wants them (I420), and the card that stands in for one.

The card has no words, so that it needs neither a font nor a language: a door that is ajar, and
three dots that take turns.
"""

from functools import cache

import av
import cv2
import numpy as np

from agent.frames import Pixels

MOST_WIDTH, MOST_HEIGHT = 960, 540
CARD_WIDTH, CARD_HEIGHT = 640, 360
CARD_PHASES = 3

_GROUND = (74, 58, 22)
_PAPER = (246, 242, 236)
_SHADE = (128, 110, 74)
# Blue, green, red.


def planes(frame: av.VideoFrame, most: tuple[int, int] = (MOST_WIDTH, MOST_HEIGHT)) -> Pixels:
    """A decoded picture as I420, shape (height * 3/2, width), even sides.

    most: width and height at most, in pixels.
    """
    scale = min(1.0, most[0] / frame.width, most[1] / frame.height)
    width, height = (max(2, int(side * scale) & ~1) for side in (frame.width, frame.height))
    if (width, height, frame.format.name) != (frame.width, frame.height, "yuv420p"):
        frame = frame.reformat(width, height, "yuv420p", interpolation="FAST_BILINEAR")
    return frame.to_ndarray().astype(np.uint8, copy=False)


def jpeg(picture: Pixels) -> bytes:
    """A picture (I420) as JPEG."""
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420))
    return coded.tobytes()


@cache
def card(phase: int) -> Pixels:
    """The waiting card as I420; `phase` from 0 to `CARD_PHASES` - 1 says which dot is lit."""
    pixels = np.full((CARD_HEIGHT, CARD_WIDTH, 3), _GROUND, np.uint8)
    middle = CARD_WIDTH // 2
    cv2.rectangle(pixels, (middle - 46, 84), (middle + 46, 222), _SHADE, 6, cv2.LINE_AA)
    leaf = np.array([(middle - 46, 84), (middle + 22, 100), (middle + 22, 238), (middle - 46, 222)])
    cv2.fillPoly(pixels, [leaf], _PAPER, cv2.LINE_AA)
    cv2.circle(pixels, (middle + 8, 170), 5, _GROUND, -1, cv2.LINE_AA)
    for dot in range(CARD_PHASES):
        at = (middle + (dot - 1) * 36, 284)
        cv2.circle(pixels, at, 8, _PAPER if dot == phase else _SHADE, -1, cv2.LINE_AA)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)

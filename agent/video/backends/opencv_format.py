"""Which format, size and rate a camera is asked for: the first that is good enough, else the best.

OpenCV lists nothing; one asks and reads what came of it. MJPEG is asked for first: uncompressed
720p goes through USB 2 at no more than 10 pictures a second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2

from agent.video.backends.opencv_source import Source

MJPEG, RAW = "MJPG", "YUY2"

SMALLER = ((1920, 1080), (1280, 720), (960, 540), (640, 480))
"""What is asked for when a camera has not the wanted size, largest first."""

RATE_SHARE = 0.8
"""Of the wanted rate; less is a starved format."""

_RAW_MOST = 1280 * 720 * 10
"""Pixels a second that go uncompressed through USB 2. A camera may promise more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a camera says that it will give."""

    format: str
    """Four letters; empty: it does not tell."""
    width: int
    height: int
    rate: float
    """Pictures a second; 0: it does not tell."""


def agree(source: Source, width: int, height: int, rate: int) -> Offer:
    """Settle on a format with an open camera that gives no pictures yet; returns what it says.

    width, height: pixels, rate: pictures a second, as wanted.
    """
    wanted = Offer(MJPEG, width, height, rate)
    tried: list[tuple[float, Offer, Offer]] = []
    for ask in _candidates(wanted):
        offer = _ask(source, ask)
        if is_enough(offer, ask):
            break
        tried.append((worth(offer, wanted), ask, offer))
    else:
        _, ask, _ = max(tried, key=lambda one: one[0])
        offer = _ask(source, ask)
    source.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return offer


def _candidates(wanted: Offer) -> Iterator[Offer]:
    sizes = [(wanted.width, wanted.height)]
    sizes += [size for size in SMALLER if _pixels(size) < wanted.width * wanted.height]
    for name in (MJPEG, RAW):
        for width, height in sizes:
            yield Offer(name, width, height, wanted.rate)


def is_enough(offer: Offer, asked: Offer) -> bool:
    """As asked, and fast enough. A camera that does not tell its rate is believed."""
    return (
        offer.format == asked.format
        and (offer.width, offer.height) == (asked.width, asked.height)
        and (offer.rate == 0 or offer.rate >= RATE_SHARE * asked.rate)
        and not (asked.format == RAW and _throughput(offer, asked.rate) > _RAW_MOST)
    )


def worth(offer: Offer, wanted: Offer) -> float:
    """How good it is beside others: pictures a second come first, then how much is on them.

    Neither counts above what is wanted.
    """
    pixels = max(1, offer.width * offer.height)
    rate = offer.rate or wanted.rate
    if offer.format != MJPEG:
        rate = min(rate, _RAW_MOST / pixels)
    share = min(1.0, pixels / (wanted.width * wanted.height))
    return float(min(1.0, rate / (RATE_SHARE * wanted.rate)) * share**0.5)


def _ask(source: Source, wanted: Offer) -> Offer:
    source.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*wanted.format))
    source.set(cv2.CAP_PROP_FRAME_WIDTH, wanted.width)
    source.set(cv2.CAP_PROP_FRAME_HEIGHT, wanted.height)
    source.set(cv2.CAP_PROP_FPS, wanted.rate)
    return Offer(
        _letters(source.get(cv2.CAP_PROP_FOURCC)),
        int(source.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(source.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        max(0.0, source.get(cv2.CAP_PROP_FPS)),
    )


def _letters(code: float) -> str:
    """OpenCV's number for a format as its four letters. V4L2 calls raw pictures YUYV."""
    if not 0 < code < 2**32:
        return ""
    text = int(code).to_bytes(4, "little").decode("ascii", "replace")
    return RAW if text == "YUYV" else text


def _pixels(size: Sequence[int]) -> int:
    return size[0] * size[1]


def _throughput(offer: Offer, rate: float) -> float:
    return offer.width * offer.height * (offer.rate or rate)

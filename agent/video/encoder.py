"""Encoders of pictures that a laptop can afford: libx264 «superfast», and libvpx without denoiser.

libx264 at its preset «medium», which aiortc uses, costs 1.1 to 1.4 cores for 720p30; «superfast»
has the same PSNR (36.2 against 36.3 dB at 2.5 Mbit/s) at a fifth of the cost.
"""

from fractions import Fraction

import av
from av.video.frame import PictureType

LEAST_BITRATE = 60_000
START_BITRATE = 900_000
MOST_BITRATE = 3_000_000
"""Bits per second; what is asked for is kept between the outer two."""

FRAME_RATE = 30
"""The rate that libx264 is told. It reckons in pictures, not in time: see `_follow_clock`."""

SLOWEST_RATE = 5
"""Stills and cards come so often; what is more seldom still gets no more bits."""

VBV_S = 0.25
"""A key frame takes no more of the rate than this at once: no burst that a home's line queues."""

VP8_LESS, VP8_MORE = 0.85, 1.4
"""libvpx does not follow a changed rate: it is opened anew, with a key frame, beyond these."""

_NEVER = 1 << 30
"""Pictures from one key frame to the next that nobody asked for: what libx264 takes for no limit,
and more than a year. A lower number is reached: 100 000 after 56 minutes of a call."""

_TICKS = 90_000


class X264Encoder:
    """libx264 «superfast», baseline, one thread; follows bit rate and frame rate while it runs."""

    def __init__(self, most: int = MOST_BITRATE) -> None:
        """most: the highest bit rate, bits per second."""
        self._most = most
        self._bitrate = min(START_BITRATE, most)
        self._context: av.VideoCodecContext | None = None
        self._gap = 1 / FRAME_RATE
        self._last_pts: int | None = None

    @property
    def bitrate(self) -> int:
        """Bits per second."""
        return self._bitrate

    @bitrate.setter
    def bitrate(self, bitrate: int) -> None:
        self._bitrate = max(LEAST_BITRATE, min(bitrate, self._most))

    def encode(self, frame: av.VideoFrame, key: bool) -> bytes:
        """One picture (yuv420p, pts in 1/90000 s) as NAL units in the byte stream of Annex B.

        key: make it one that needs no other; the first one, and the first of another size, is
        one anyway.
        """
        context = self._context
        if context is None or (context.width, context.height) != (frame.width, frame.height):
            context = self._context = self._open(frame.width, frame.height)
        self._follow_clock(frame)
        # A changed rate is taken over with the next picture, without a key frame.
        context.bit_rate = int(self._bitrate * FRAME_RATE * self._gap)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        return b"".join(bytes(packet) for packet in context.encode(frame))

    def _follow_clock(self, frame: av.VideoFrame) -> None:
        """The time from picture to picture, smoothed over about ten.

        libx264 spends a share of the bit rate on each picture that is right at `FRAME_RATE` only;
        a camera with half the rate would get half the bits. (Its own mode for that, `force-cfr=0`,
        holds every picture back until the next one comes.)
        """
        pts = frame.pts or 0
        gap = (pts - self._last_pts) / _TICKS if self._last_pts is not None else 0.0
        self._last_pts = pts
        if 0 < gap <= 1.5 / SLOWEST_RATE:
            gap = max(1 / FRAME_RATE, min(gap, 1 / SLOWEST_RATE))
            # After a still, the first live pictures must not be as large as stills.
            self._gap = gap if gap < self._gap / 2 else self._gap + (gap - self._gap) / 10

    def _open(self, width: int, height: int) -> av.VideoCodecContext:
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.framerate, context.time_base = Fraction(FRAME_RATE, 1), Fraction(1, _TICKS)
        context.gop_size = _NEVER
        context.max_b_frames = 0
        context.thread_count = 1  # More would spin while the recogniser holds the other core.
        # libx264 follows a changed bit rate only if it was opened with a constant one (`maxrate`
        # equal to it), and never above that one: so it is opened with the highest that is ever
        # set. The buffer is as asked for as soon as the rate has been changed, before the first.
        highest = self._most * FRAME_RATE // SLOWEST_RATE
        context.bit_rate = highest
        context.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "maxrate": str(highest),
            "bufsize": str(int(self._bitrate * VBV_S)),
            "forced-idr": "1",
            "x264-params": "scenecut=0",
        }
        context.profile = "Baseline"
        context.open()
        return context


class VpxContexts:
    """Contexts of libvpx for VP8 without its denoiser, for a far end that has no H.264."""

    def __init__(self, most: int = MOST_BITRATE) -> None:
        """most: the highest bit rate, bits per second."""
        self._most = most
        self._bitrate = min(START_BITRATE, most)
        self._context: av.VideoCodecContext | None = None

    @property
    def bitrate(self) -> int:
        """Bits per second."""
        return self._bitrate

    @bitrate.setter
    def bitrate(self, bitrate: int) -> None:
        self._bitrate = max(LEAST_BITRATE, min(bitrate, self._most))

    def context(self, width: int, height: int) -> av.VideoCodecContext:
        """The open context if size and bit rate still fit, else a new one."""
        context = self._context
        if context is None or not self._fits(context, width, height):
            context = self._context = _open_vp8(width, height, self._bitrate)
        return context

    def _fits(self, context: av.VideoCodecContext, width: int, height: int) -> bool:
        ratio = self._bitrate / (context.bit_rate or 1)
        same_size = (context.width, context.height) == (width, height)
        return same_size and VP8_LESS <= ratio <= VP8_MORE


def _open_vp8(width: int, height: int, bitrate: int) -> av.VideoCodecContext:
    """aiortc's settings, but for `noise-sensitivity` (4), `cpu-used` (-6), its threads, and a key
    frame after 3000 pictures."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate, codec.gop_size = bitrate, _NEVER
    codec.framerate, codec.time_base = Fraction(FRAME_RATE, 1), Fraction(1, _TICKS)
    codec.qmin, codec.qmax = 2, 56
    codec.thread_count = 1
    codec.options = {
        "deadline": "realtime",
        "lag-in-frames": "0",
        "cpu-used": "-8",
        "noise-sensitivity": "0",
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate),
        "partitions": "0",
        "static-thresh": "1",
        "overshoot-pct": "15",
        "undershoot-pct": "100",
    }
    return codec

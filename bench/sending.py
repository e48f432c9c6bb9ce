# ruff: noqa: T201 - it speaks JSON lines with the program that started it
"""One sender of the scene, in a process of its own. Started by `bench.video`.

It prints its offer, reads the answer, and then tells twice a second what it spends.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
from aiortc import MediaStreamTrack, RTCSessionDescription

from agent.encoders import use_fast_encoders
from agent.frames import VideoFrame
from agent.meeting.aiortc_hooks import try_loopback
from agent.meeting.base import Media
from agent.meeting.congestion.control import Limits
from agent.meeting.congestion.feedback import URI
from agent.meeting.connection import Route, close_connection, new_connection
from agent.meeting.peer import Peer
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Picture, Zoom
from agent.video.ladder import Ladder
from agent.video.track import CameraTrack
from bench import scene

TELL_S = 0.5


@dataclass(frozen=True)
class Order:
    """What to send and how."""

    kind: str
    """ours: our track, encoder and governor; stock: aiortc as it is."""
    file: str
    width: int
    height: int
    bitrate: int
    """Bits per second at most on the way."""
    codec: str = "H264"
    bgr: bool = False
    """Camera pictures as the product gets them, in BGR; else the scene's planes as they are."""
    sound: bool = True
    """Whether ours sends sound, too: silence, as while the microphone is muted."""
    remb: bool = False
    """Ours does not ask for feedback about every packet: all that it is told are the receiver's own
    estimate (REMB) and reports, as by an old conference server."""
    stamped: bool = False
    core: int | None = None
    """The one core that it may use; None: any. Where the system cannot do that, any."""


class Source:
    """Shows the scene at 30 pictures a second; a picture that is late is left out."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.frames = scene.Frames(Path(order.file), order.width, order.height)
        self.began = 0.0
        self.number = -1

    async def next(self) -> av.VideoFrame:
        """The picture that is due, with the time it was due at."""
        now = time.monotonic()
        self.began = self.began or now
        self.number = max(self.number + 1, int((now - self.began) * scene.RATE))
        due = self.began + self.number / scene.RATE
        await asyncio.sleep(due - now)
        return self.picture(self.number)

    def picture(self, number: int) -> av.VideoFrame:
        planes = self.frames[scene.frame_of(number)]
        if self.order.stamped:
            planes = scene.stamp(planes, self.order.height, int(self.now_ms()) % (1 << scene.BITS))
        frame = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
        frame.pts, frame.time_base = (
            int((time.monotonic() - self.began) * 90_000),
            Fraction(1, 90_000),
        )
        return frame

    @staticmethod
    def now_ms() -> float:
        """The clock that receivers on this machine share."""
        return time.time() * 1000


class PlainTrack(MediaStreamTrack):
    """The scene as it is, at its own size: what a stock sender gets."""

    kind = "video"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    async def recv(self) -> av.VideoFrame:
        return await self._source.next()


class AdaptedTrack(PlainTrack):
    """The scene's planes at the size and rate of the ladder."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._ladder = Ladder(source.order.width, source.order.height)
        self._rung = self._ladder.rung
        self._last = 0.0

    def adapt(self, bitrate: int) -> None:
        self._rung = self._ladder.fit(time.monotonic(), bitrate)

    async def recv(self) -> av.VideoFrame:
        frame = await self._source.next()
        while time.monotonic() - self._last < 0.9 / self._rung.rate:
            frame = await self._source.next()
        self._last = time.monotonic()
        if (self._rung.width, self._rung.height) != (frame.width, frame.height):
            small = frame.reformat(self._rung.width, self._rung.height, interpolation="AREA")
            small.pts, small.time_base = frame.pts, frame.time_base
            return small
        return frame


class NoSound(MicrophoneTrack):
    """Never has any, not even silence."""

    async def recv(self) -> av.AudioFrame:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def film(source: Source, track: CameraTrack) -> None:
    """Offer the scene to the product's track as its camera would."""
    while True:
        frame = await source.next()
        pixels = cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2BGR_I420)
        track.offer(VideoFrame(np.asarray(pixels, np.uint8), time.monotonic()))


async def read_line() -> dict[str, str]:
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    answer: dict[str, str] = json.loads(line)
    return answer


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


def spent() -> float:
    """Seconds of CPU so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def send_ours(order: Order) -> None:
    """As the product does it."""
    use_fast_encoders(order.bitrate)
    source = Source(order)
    track: CameraTrack | AdaptedTrack
    if order.bgr:
        track = CameraTrack(dict.fromkeys(Picture, ""), order.width, order.height)
        track.transmit(Picture.LIVE, Zoom.NORMAL)
    else:
        track = AdaptedTrack(source)
    microphone = MicrophoneTrack() if order.sound else NoSound()
    limits = Limits(most=order.bitrate / 0.9)
    media = Media(track, microphone, lambda _: None, adapt=track.adapt, limits=limits)
    async with asyncio.TaskGroup() as group:
        if isinstance(track, CameraTrack):
            group.create_task(film(source, track))
        async with Peer.open(media, Route(loopback=True), send_only=True) as peer:
            await peer.offer()
            offer = _preferring(order.codec, peer.description)
            tell(offer=_with_remb_alone(offer) if order.remb else offer)
            await peer.answer((await read_line())["answer"])
            await peer.connect(10)
            while True:
                governor = peer.governor
                tell(
                    cpu=spent(),
                    rate=round(governor.congestion.rate),
                    detailed=governor.congestion.detailed,
                    cuts=governor.congestion.cuts,
                    resent=governor.resending.resent,
                    rss=psutil.Process().memory_info().rss >> 20,
                )
                await asyncio.sleep(TELL_S)


async def send_stock(order: Order) -> None:
    """aiortc as it is, but for the limit of its bit rate, which is too low to compare at."""
    from aiortc.codecs import h264, vpx

    for module in (h264, vpx):
        module.MAX_BITRATE = module.DEFAULT_BITRATE = order.bitrate  # type: ignore[attr-defined]
    connection = new_connection(Route(loopback=True))
    connection.addTrack(MicrophoneTrack())
    connection.addTrack(PlainTrack(Source(order)))
    try_loopback(connection)
    await connection.setLocalDescription(await connection.createOffer())
    tell(offer=_preferring(order.codec, connection.localDescription.sdp))
    answer = (await read_line())["answer"]
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        while True:
            tell(cpu=spent(), rss=psutil.Process().memory_info().rss >> 20)
            await asyncio.sleep(TELL_S)
    finally:
        await close_connection(connection)


def _preferring(codec: str, offer: str) -> str:
    """The offer without the other codec of pictures."""
    other = "VP8" if codec == "H264" else "H264"
    gone = set(re.findall(rf"a=rtpmap:(\d+) {other}/", offer))
    gone |= {kind for kind, of in re.findall(r"a=fmtp:(\d+) apt=(\d+)", offer) if of in gone}
    for kind in gone:
        offer = re.sub(rf"(?m)^a=(?:rtpmap|fmtp|rtcp-fb):{kind} .*\r\n", "", offer)
        offer = re.sub(rf"(?m)^(m=video [^\r]*?) {kind}(?=[ \r])", r"\1", offer)
    return offer


def _with_remb_alone(offer: str) -> str:
    """The offer without transport-wide feedback."""
    return re.sub(
        rf"(?m)^a=(?:extmap:\d+ {re.escape(URI)}|rtcp-fb:\d+ transport-cc)\r\n", "", offer
    )


def main() -> None:
    """Read the order from the command line and send until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("order", help="JSON")
    order = Order(**json.loads(parser.parse_args().order))
    if order.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {order.core})
    asyncio.run(send_ours(order) if order.kind == "ours" else send_stock(order))


def told(order: Order) -> str:
    """The command line's argument for an order."""
    return json.dumps(asdict(order))


if __name__ == "__main__":
    main()

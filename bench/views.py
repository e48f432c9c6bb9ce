# ruff: noqa: T201 - a program of the terminal
"""What the clinic really gets to see, as pictures: each zoom at each width of the way.

    python -m bench.views FOLDER [--picture FILE]

The product's track, encoder and governor send one still picture that moves a little, 1920 x 1080,
to a Chromium on this machine, over a relay of the named rate. The frame that Chromium shows at the
end of each is written into FOLDER as `zoom-rate.png`, for somebody to look at; its size and how
sharp it is are printed: the variance of the Laplacian of the received frame at 1280 x 720. Without
a picture of yours it is a made one: texture, a colour chart and lines of text of falling size.
"""

import argparse
import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from agent.encoders import use_fast_encoders
from agent.frames import Pixels, VideoFrame
from agent.meeting.base import Media
from agent.meeting.connection import Route
from agent.meeting.peer import Peer
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Picture, Zoom
from agent.tasks import task_group
from agent.video.track import CameraTrack
from bench import scene
from bench.calls import address_of, browser_path, child, through, without_ways
from bench.link import Weather
from bench.receiving import Receiver, chromium

RATES = (2_500_000, 1_000_000, 500_000, 250_000)
SETTLE_S, EACH_S = 12.0, 4.0
WIDTH, HEIGHT = 1920, 1080
GRAB = """() => {
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1]; }"""


def made() -> Pixels:
    """Skin-like texture with colours and letters in the middle, where each zoom still sees some."""
    surface = scene.texture(np.random.default_rng(5), WIDTH)[:HEIGHT]
    colours = ((40, 40, 200), (60, 180, 220), (70, 150, 70), (180, 90, 40), (230, 230, 230))
    for place, colour in enumerate(colours):
        left = WIDTH // 2 - 150 + 60 * place
        cv2.rectangle(surface, (left, 500), (left + 55, 555), colour, -1)
    for line, size in enumerate((28, 20, 14, 10)):
        text, at = f"{size} px: sårkant 3 mm", (WIDTH // 2 - 150, 600 + 36 * line)
        cv2.putText(surface, text, at, (20, 20, 20), cv2.FontFace("sans"), size)
    return surface


def shaken(picture: Pixels) -> Iterator[VideoFrame]:
    """The picture as a hand-held camera sees it, with the sensor's noise."""
    random, number = np.random.default_rng(1), 0
    noise = random.normal(0, scene.NOISE, (HEIGHT + 64, WIDTH, 3)).astype(np.int16)
    while True:
        left, top = (round(6 * np.sin(number / turn)) for turn in (7.0, 11.0))
        moved = np.roll(picture, (top, left), (0, 1))
        grain = noise[number * 7 % 64 :][:HEIGHT]
        yield VideoFrame(np.clip(moved + grain, 0, 255).astype(np.uint8), 0.0)
        number += 1


async def film(track: CameraTrack, picture: Pixels) -> None:
    """Thirty a second, prepared beforehand: the encoder shall have the machine."""
    moving = shaken(picture)
    frames = [next(moving) for _ in range(45)]
    while True:
        for frame in (*frames, *frames[::-1]):
            track.offer(frame)
            await asyncio.sleep(1 / 30)


async def look(folder: Path, picture: Pixels, rate: int) -> None:
    """One call over a way of this rate; a picture for each zoom."""
    track = CameraTrack(dict.fromkeys(Picture, ""), 1280, 720)
    track.transmit(Picture.LIVE, Zoom.NORMAL)
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(chromium(browser_path()))
        group = await stack.enter_async_context(task_group())
        media = Media(track, MicrophoneTrack(), lambda _: None, adapt=track.adapt)
        peer = await stack.enter_async_context(Peer.open(media, Route(loopback=True)))
        answer = await far.answer(without_ways(await peer.offer()))
        weather = json.dumps([asdict(Weather(bps=rate))])
        to = "{}:{}".format(*address_of(answer))
        relay = await stack.enter_async_context(
            child("bench.link", "--to", to, "--weather", weather)
        )
        await peer.answer(through((await relay.line())["port"], answer))
        await relay.say(begin=True)
        following = group.create_task(relay.follow())
        filming = group.create_task(film(track, picture))
        await peer.connect(10)
        await asyncio.sleep(SETTLE_S)
        for zoom in Zoom:
            track.transmit(Picture.LIVE, zoom)
            await asyncio.sleep(EACH_S)
            await keep(far, folder / f"{zoom.name.lower()}-{rate // 1000}.png")
        track.transmit(Picture.FROZEN, Zoom.NORMAL)
        await asyncio.sleep(EACH_S)
        await keep(far, folder / f"frozen-{rate // 1000}.png")
        track.stop()
        filming.cancel()
        following.cancel()


async def keep(far: Receiver, file: Path) -> None:
    """Write what is shown, and tell about it."""
    data = base64.b64decode(await far.page.evaluate(GRAB))
    await asyncio.to_thread(file.write_bytes, data)
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert seen is not None
    sharp = cv2.Laplacian(cv2.resize(seen, (1280, 720)), cv2.CV_32F).var()
    print(f"{file.name:20} {seen.shape[1]} x {seen.shape[0]}  sharpness {sharp:7.1f}", flush=True)


async def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    picture = made()
    if options.picture:
        read = cv2.imread(str(options.picture))
        if read is None:
            raise SystemExit(f"{options.picture} is no picture")
        picture = np.asarray(cv2.resize(read, (WIDTH, HEIGHT)), np.uint8)
    options.folder.mkdir(parents=True, exist_ok=True)
    use_fast_encoders(2_500_000)
    for rate in RATES:
        await look(options.folder, picture, rate)


if __name__ == "__main__":
    asyncio.run(main())

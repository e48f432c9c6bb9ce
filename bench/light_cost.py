"""For `bench.light`: processor time of one look, one thread."""

import time

import cv2
import numpy as np

from agent.frames import Pixels, VideoFrame
from agent.video.lighting.judging import Judge
from agent.video.sight import shipped_weights
from agent.video.watch import Watch
from bench.light_camera import SENSORS, expose, take
from bench.light_scenes import Skin, scene

SIZES = ((640, 360), (1280, 720), (1920, 1080))
LOOKS = 100


def costs() -> str:
    """Milliseconds of processor time a look, with the reference once a second."""
    generator = np.random.default_rng(0)
    light = scene(Skin.MEDIUM, generator)
    exposure = expose(light, 300, None, SENSORS[0])
    frames = [take(light, 300, exposure, generator) for _ in range(2)]
    lines = ["\nprocessor time of a look at two frames, reference and scores included:"]
    for size in SIZES:
        scaled = [np.asarray(cv2.resize(pixels, size), np.uint8) for pixels in frames]
        times = _times(scaled)
        late = np.quantile(times, 0.95)
        lines.append(f"  {size[0]} x {size[1]}: mean {np.mean(times):.1f}, 95 % {late:.1f} ms")
    return "\n".join(lines)


def _times(frames: list[Pixels]) -> list[float]:
    watch, judge = Watch(), Judge(shipped_weights())
    times = []
    for number in range(LOOKS):
        before = VideoFrame(frames[number % 2], number / 5)
        now = VideoFrame(frames[1 - number % 2], number / 5 + 0.03)
        begin = time.process_time()
        judge.scores(watch.look(now, before))
        times.append((time.process_time() - begin) * 1000)
    return times[5:]

# ruff: noqa: T201 - a program of the terminal
"""How much a zoomed view still shakes, and what it costs: `python -m bench.shaking`.

A head that is held as still as it can, made: sway below 0.4 Hz (12 pixels RMS of a 1920 x 1080
camera with a field of view of some 70 degrees, half a degree), tremor and small movements from 1 to
9 Hz (6 pixels), sensor noise. It looks at generated scenes: textured skin, limbs of flat colours,
and the same with a hand that works before them. The agent's own stabiliser follows. Told is how far
the motif jumps about in the view that is sent at 1280 x 720: RMS above 1 Hz, known exactly, since
the movement is made; and what happens when the head turns, 30 % of the view's width in a second.
With --picture FILE a picture of yours, too. No real head camera has been tried.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from agent.frames import Pixels
from agent.messages import Zoom
from agent.video.stabiliser import Stabiliser
from bench import scene
from bench.light_camera import coded
from bench.light_scenes import Skin
from bench.light_scenes import scene as limb

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT, RATE = 1920, 1080, 30
ROOM = 240
"""Pixels of the surface beyond each edge of the picture."""
SECONDS = 12
SENT = 1280
TURN_S, TURN = 1.0, 0.3


def head(random: np.random.Generator) -> Floats:
    """Where the motif is, shape (n, 2): pixels of the camera, from the middle."""
    times = np.arange(SECONDS * RATE)[:, np.newaxis] / RATE

    def waves(low: float, high: float, size: float) -> Floats:
        hertz, phase = random.uniform(low, high, 40), random.uniform(0, 2 * np.pi, 40)
        moved = (np.sin(2 * np.pi * hertz * times + phase) / hertz).sum(axis=1)
        return np.asarray(size * moved / moved.std())

    return np.stack([waves(0.05, 0.4, 12) + waves(1, 9, 6) for _ in range(2)], axis=1)


def turning(zoom: Zoom) -> Floats:
    """Still, then a turn of the head, then still."""
    times = np.arange(6 * RATE) / RATE - 1
    across = np.clip(times / TURN_S, 0, 1) * TURN * WIDTH / zoom.value
    return np.stack([across, np.zeros_like(across)], axis=1)


def surfaces(picture: Path | None) -> Iterator[tuple[str, Pixels, bool]]:
    """Name, surface, and whether a hand works before it."""
    size = WIDTH + 2 * ROOM, HEIGHT + 2 * ROOM
    yield "textured skin", scene.texture(np.random.default_rng(5), size[0])[: size[1]], False
    for skin in Skin:
        flat = coded(limb(skin, np.random.default_rng(1)))
        drawn = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        yield f"limb, {skin.value} skin", drawn, False
        yield f"limb, {skin.value} skin, a hand", drawn, True
    if picture is not None:
        read = cv2.imread(str(picture))
        if read is None:
            raise SystemExit(f"{picture} is no picture")
        yield "the picture", np.asarray(cv2.resize(read, size), np.uint8), False


def filmed(surface: Pixels, places: Floats, hand: bool) -> Iterator[Pixels]:
    """What the camera sees."""
    random = np.random.default_rng(1)
    noise = random.normal(0, 2 * scene.NOISE, (HEIGHT + 64, WIDTH, 3)).astype(np.int16)
    for number, (across, down) in enumerate(places):
        move = np.asarray([[1, 0, across - ROOM], [0, 1, down - ROOM]], np.float32)
        seen = np.asarray(cv2.warpAffine(surface, move, (WIDTH, HEIGHT)))
        if hand:
            at = WIDTH // 2 + round(160 * np.sin(number / 9)), HEIGHT // 2 + 90
            cv2.ellipse(seen, at, (150, 110), 30, 0, 360, (150, 160, 215), -1)
        grain = noise[number * 7 % 64 :][:HEIGHT]
        yield np.clip(seen + grain, 0, 255).astype(np.uint8)


def followed(frames: Iterator[Pixels], zoom: Zoom) -> tuple[Floats, Floats]:
    """Where the view was, shape (n, 2), and what each picture cost, CPU seconds, shape (n,)."""
    stabiliser, shifts, costs = Stabiliser(zoom), [], []
    for number, pixels in enumerate(frames):
        begun = time.process_time()
        shifts.append(stabiliser.follow(pixels, number / RATE))
        costs.append(time.process_time() - begun)
    return np.asarray(shifts, np.float64), np.asarray(costs)


def shaking(places: Floats, zoom: Zoom) -> float:
    """RMS above 1 Hz of both directions together, in pixels sent."""
    spectrum = np.fft.rfft(places * np.hanning(len(places))[:, np.newaxis], axis=0)
    spectrum[np.fft.rfftfreq(len(places), 1 / RATE) < 1] = 0
    left = np.fft.irfft(spectrum, len(places), axis=0)
    middle = left[len(left) // 4 : -len(left) // 4]
    return float(np.sqrt((middle**2).sum(axis=1).mean()) * SENT * zoom.value / WIDTH)


def turn_told(surface: Pixels, zoom: Zoom) -> str:
    """How a turn of the head is followed."""
    places = turning(zoom)
    shifts, _ = followed(filmed(surface, places, hand=False), zoom)
    off = np.abs(shifts[:, 0]) / (WIDTH / zoom.value)
    after = off[round((1 + TURN_S) * RATE) :]
    back = np.argmax(after < 0.01) / RATE if (after < 0.01).any() else np.inf
    return f"a turn of the head: {100 * off.max():.0f} % behind at most, back after {back:.1f} s"


def report(line: Callable[[str], None], picture: Path | None) -> None:
    """Measure and tell."""
    places = head(np.random.default_rng(0))
    for zoom in (Zoom.DOUBLE, Zoom.MAX):
        line(f"\n{zoom.name:<32}{'shaking':>9}{'followed':>10}{'ms: half':>10}{'95 %':>6}")
        for name, surface, hand in surfaces(picture):
            shifts, costs = followed(filmed(surface, places, hand), zoom)
            before, now = shaking(places, zoom), shaking(places - shifts, zoom)
            half, most = 1e3 * np.quantile(costs, (0.5, 0.95))
            line(f"  {name:<30}{before:>9.1f}{now:>10.1f}{half:>10.2f}{most:>6.2f}")
        line(f"  {turn_told(next(surfaces(None))[1], zoom)}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    report(lambda told: print(told, flush=True), options.picture)


if __name__ == "__main__":
    main()

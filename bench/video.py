# ruff: noqa: T201 - a program of the terminal
"""Our picture against other senders: what it costs, how old it is, what a bad link does to it.

    python -m bench.video                   all of it, about 30 minutes
    python -m bench.video --only cost       or: «cost 1080», latency, load, link
    python -m bench.video --rounds 1 --senders ours,stock

All senders send the same made scene (`bench.scene`) to a Chromium on this machine. «ours» is the
product's encoder, ladder and governor fed with planar YUV, «ours, no sound» the same without its
microphone's stream, «ours, BGR» its whole way from the camera's BGR pictures, «ours, REMB» (links
only) with a far end that does not report packets, only its own estimate, «stock» is aiortc as it
comes but for its limit of the bit rate, «gstreamer» a native x264 «superfast» pipeline with RTP,
SRTP and UDP but without sound, ICE, feedback or adaptation (a lower bound; left out where GStreamer
is not installed; its start counts, a tenth of it), «chromium» a second browser whose camera shows
the scene; its CPU counts all of its processes. CPU is in cores.
Links are a relay on loopback (`bench.link`), 50 ms one way, with a queue of 300 ms.
"""

import argparse
import asyncio
import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import calls, scene
from bench.link import Weather
from bench.sending import Order

COST_S = 12.0
BITRATE = 2_500_000
BITRATES = {720: BITRATE, 1080: 4_000_000}
OURS = ("ours", "ours, no sound", "ours, BGR")
SENDERS = (*OURS, "ours, REMB", "stock H264", "stock VP8", "gstreamer", "chromium")
BUSY = """import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {0})
while True:
    pass"""
NARROW = 500_000.0
LINKS: dict[str, tuple[list[Weather], float]] = {
    "500 kbit/s for 20 s": ([Weather(), Weather(10, bps=NARROW), Weather(30)], 45),
    "500 kbit/s, policed": ([Weather(), Weather(10, bps=NARROW, policed=True), Weather(30)], 45),
    "5 % loss": ([Weather(loss=0.05)], 25),
    "10 % loss": ([Weather(loss=0.1)], 25),
    "bursts": ([Weather(burst=0.01)], 25),
    "outage of 1 s": ([Weather(), Weather(10, bps=0), Weather(11)], 20),
    "overtaking": ([Weather(jitter=0.02)], 20),
    "swings every 2 s": ([Weather(2.0 * n, bps=2.5e6 if n % 2 else 1e6) for n in range(15)], 30),
}


def order_for(name: str, file: Path, width: int, height: int, bitrate: int) -> Order:
    """What a sender of the table is told."""
    kind = name.split(",")[0].split(" ")[0]
    codec = "VP8" if "VP8" in name else "H264"
    order = Order(kind, str(file), width, height, bitrate, codec, bgr="BGR" in name)
    return replace(order, sound="no sound" not in name, remb="REMB" in name)


async def cost(names: Sequence[str], rounds: int, file: Path, height: int) -> None:
    """Cores and frame rate on an unlimited way, rounds interleaved."""
    width, bitrate = height * 16 // 9, BITRATES[height]
    print(f"\n{width} x {height}, {scene.RATE} a second, {bitrate / 1e6} Mbit/s: cores (and range)")
    spent: dict[str, list[float]] = {name: [] for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    keys: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            if name == "gstreamer":
                spent[name].append(gstreamer(file, width, height, bitrate))
                continue
            order = order_for(name, file, width, height, bitrate)
            outcome = await calls.run(order, COST_S, before=6)
            spent[name].append(outcome.cpu(0, COST_S))
            rates[name].append(outcome.stats["framesDecoded"] / COST_S)
            keys[name].append(outcome.stats["keyFramesDecoded"])
    base = statistics.median(spent["ours"]) if "ours" in spent else float("nan")
    print("sender        cores               times ours   pictures/s   key frames")
    for name in names:
        middle = statistics.median(spent[name])
        spread = f"{middle:.3f} ({min(spent[name]):.3f}-{max(spent[name]):.3f})"
        rate = f"{statistics.median(rates[name]):.1f}" if rates[name] else "-"
        key = f"{max(keys[name]):.0f}" if keys[name] else "-"
        print(f"{name:13} {spread:19} {middle / base:10.2f} {rate:>12} {key:>12}")


def gstreamer(file: Path, width: int, height: int, bitrate: int) -> float:
    """Cores of a native pipeline for the scene in real time."""
    caps = f"width={width},height={height},framerate={scene.RATE}/1"
    rate = bitrate // 1000
    key = "0123456789ABCDEF" * 3 + "0123456789AB"
    pipeline = (
        f"filesrc location={file} ! rawvideoparse format=i420 "
        f"{caps.replace(',', ' ')} ! clocksync ! "
        f"x264enc speed-preset=superfast tune=zerolatency bitrate={rate} threads=1 "
        "key-int-max=100000 ! video/x-h264,profile=constrained-baseline ! "
        f"rtph264pay ! srtpenc key={key} ! udpsink host=127.0.0.1 port=9"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used / (scene.FRAMES / scene.RATE)


async def latency(names: Sequence[str], file: Path) -> None:
    """From the moment a picture was made to its presentation in the browser."""
    print("\nage of pictures in Chromium, ms (pictures carry the time; loopback)")
    print("sender          p50    p95    most")
    for name in names:
        if name in {"gstreamer", "chromium", "ours, REMB"}:
            continue
        order = replace(order_for(name, file, 1280, 720, BITRATE), stamped=True)
        ages = (await calls.run(order, 20, before=6)).ages(0, 20)
        p50, p95 = percentiles(ages)
        print(f"{name:13} {p50:5.0f} {p95:6.0f} {1000 * ages[-1]:7.0f}")


async def load(names: Sequence[str], file: Path) -> None:
    """What becomes of rate and age when the sender shares its only core with busy programs.

    The receiver has the other cores to itself: what is late is late at the sender.
    """
    print("\nthe sender on one core, together with busy programs: ms, pictures a second")
    print("sender        programs   pictures/s    p50    p95")
    for name in names:
        if name in {"gstreamer", "chromium", "ours, REMB"}:
            continue
        for programs in (0, 1, 3):
            order = replace(order_for(name, file, 1280, 720, BITRATE), stamped=True, core=0)
            busy = busy_programs(programs)
            try:
                seen = await calls.run(order, 20, before=6)
            finally:
                for one in busy:
                    one.kill()
                    one.wait()
            p50, p95 = percentiles(seen.ages(0, 20))
            rate = seen.stats["framesDecoded"] / 20
            print(f"{name:13} {programs:8} {rate:12.1f} {p50:6.0f} {p95:6.0f}")


def busy_programs(number: int) -> list[subprocess.Popen[bytes]]:
    """Programs that do nothing but take the first core."""
    return [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(number)]


def percentiles(ages: Sequence[float]) -> tuple[float, float]:
    """The middle and the 95th, in ms, of rising seconds."""
    if not ages:
        return math.nan, math.nan
    return 1000 * ages[len(ages) // 2], 1000 * ages[int(0.95 * (len(ages) - 1))]


async def links(names: Sequence[str], file: Path, part: str) -> None:
    """What links with faults, those with this part in their name, do to the picture."""
    for link, (weathers, seconds) in LINKS.items():
        if part not in link:
            continue
        print(f"\nlink: {link}")
        print("sender      longest gap s   decoded/s   kbit/s   longest queue ms   size changes")
        for name in names:
            if name in {"gstreamer", *OURS[1:]}:
                continue
            order = order_for(name, file, 1280, 720, BITRATE)
            seen = await calls.run(order, seconds, weathers, before=8)
            rate = seen.stats["framesDecoded"] / seconds
            print(
                f"{name:13} {seen.gap(1, seconds - 1):11.2f} {rate:11.1f} "
                f"{seen.wire(0, seconds):8.0f} {1000 * seen.wait(0, seconds):18.0f}   "
                f"{seen.sizes()}"
            )
            if link.startswith("500"):
                _narrow(seen)


def _narrow(seen: calls.Outcome) -> None:
    back = [line["at"] for line in seen.link if line["at"] > 30 and line["kbps"] >= 2000]
    print(
        f"              after the fall: gap {seen.gap(9.9, 13):.2f} s, "
        f"{seen.wire(11.5, 13):.0f} kbit/s after 1.5 s, "
        f"queue {1000 * seen.wait(13, 30):.0f} ms after 3 s, "
        f"{seen.fps(13, 30):.1f} pictures/s shown; "
        f"2 Mbit/s again after {back[0] - 30 if back else float('nan'):.1f} s"
    )


async def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("cost", "cost 1080", "latency", "load", "link"))
    parser.add_argument("--links", help="only links whose name has this in it", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", default=",".join(SENDERS).replace("ours, ", "ours "))
    asked = parser.parse_args()
    wanted = [name.replace("ours ", "ours, ") for name in asked.senders.split(",")]
    names = [n for n in wanted if n != "gstreamer" or shutil.which("gst-launch-1.0")]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scene.yuv"
        scene.write(file, 1280, 720)
        if asked.only in {None, "cost"}:
            await cost([n for n in names if "REMB" not in n], asked.rounds, file, 720)
        if asked.only in {None, "cost 1080"}:
            larger = Path(folder) / "scene1080.yuv"
            scene.write(larger, 1920, 1080)
            await cost(
                [n for n in names if n not in {"chromium", "ours, REMB"}],
                asked.rounds,
                larger,
                1080,
            )
            larger.unlink()
        if asked.only in {None, "latency"}:
            await latency(names, file)
        if asked.only in {None, "load"}:
            await load(names, file)
        if asked.only in {None, "link"}:
            await links(names, file, asked.links)


if __name__ == "__main__":
    asyncio.run(main())

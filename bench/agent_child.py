"""The agent that `bench.agent` measures: the whole of it, but for the camera's own decoding.

Its arguments are the room's address, the room's name, and the height of the camera's picture in
pixels. When it is in the room it tells once a second, until it is killed, how many pictures of the
camera it has handed to the encoder and how many bytes of picture have left.
Like `agent.__main__` this module imports nothing of the agent at its top, for it is imported anew
in the process of each engine.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

LIMIT_S = 100.0
RATE = 30
PICTURES = 45
"""Shown forth and back."""


class StoredCamera:
    """A Camera that shows pictures which were made before, as one that delivers them decoded."""

    def __init__(self, pictures: Sequence[Any], rate: int) -> None:
        """pictures: BGR, each of shape (height, width, 3), uint8; rate: a second."""
        self._pictures = pictures
        self._rate = rate
        self.abilities: frozenset[Any] = frozenset()

    def adjust(self) -> None:
        """See `Camera`."""

    def lamp(self, on: bool) -> None:
        """See `Camera`."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Any]]:
        """See `Camera`."""
        yield self._film()

    async def _film(self) -> AsyncIterator[Any]:
        from agent.frames import VideoFrame

        now = asyncio.get_running_loop().time
        begun, number = now(), 0
        while True:
            await asyncio.sleep(begun + number / self._rate - now())
            yield VideoFrame(self._pictures[number % len(self._pictures)], now())
            number = max(number + 1, int((now() - begun) * self._rate))


def main() -> None:
    """Be an agent in the room until killed."""
    server, room, height = sys.argv[1:]
    asyncio.run(_visit(server, room, int(height)))


async def _visit(server: str, room: str, height: int) -> None:
    from dataclasses import replace

    from agent.app import App
    from agent.cli.commands import ROOT
    from agent.config.content import load_content
    from agent.config.loading import load_settings
    from agent.encoders import use_fast_encoders
    from agent.messages import Command, Heard, HearingReady, Joined
    from agent.parts import make_parts
    from agent.tasks import task_group

    left = _counted_bytes()
    use_fast_encoders()
    where = [f"meeting.server={server}", f"meeting.room={room}", "status.port=0"]
    where += ["meeting.allowed_hosts=[127.0.0.1]"]
    settings = load_settings([ROOT / "config" / "agent.yaml"], where).settings
    content = load_content(ROOT / "config", settings)
    parts = make_parts(settings, ROOT / "models", content.pronunciation, {})
    app = App(settings, content, replace(parts, camera=StoredCamera(_pictures(height), RATE)))
    hears, joined = asyncio.Event(), asyncio.Event()

    def look(event: Any, _session: Any, _actions: Any) -> None:
        if isinstance(event, HearingReady):
            hears.set()
        elif isinstance(event, Joined):
            joined.set()

    app.runner.observe(look)
    async with task_group() as group:
        working = group.create_task(app.run())
        async with asyncio.timeout(LIMIT_S):
            await hears.wait()
            app.runner.post(Heard(Command.START_VIDEO))
            await joined.wait()
        while not working.done():
            sys.stdout.write(f"{app.sending.sent.live} {left()}\n")
            sys.stdout.flush()
            await asyncio.sleep(1)


def _counted_bytes() -> Callable[[], int]:
    from agent.meeting.congestion.governor import Governor

    send, count = Governor.send, 0

    async def counted(self: Any, data: bytes, transmit: Any) -> None:
        nonlocal count
        count += len(data)
        await send(self, data, transmit)

    setattr(Governor, "send", counted)  # noqa: B010 - the product has no use for such a count
    return lambda: count


def _pictures(height: int) -> Sequence[Any]:
    import tempfile
    from pathlib import Path

    import cv2

    from bench import scene

    width = height * 16 // 9
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scene.yuv"
        scene.write(file, width, height)
        planes = scene.Frames(file, width, height)
        forth = [cv2.cvtColor(planes[at], cv2.COLOR_YUV2BGR_I420) for at in range(PICTURES)]
        return [*forth, *forth[-2:0:-1]]


if __name__ == "__main__":
    main()

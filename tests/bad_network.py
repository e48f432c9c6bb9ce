"""A network between a client and a server that can be made to fail in many ways. Plain TCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agent.tasks import task_group

PIECE = 65_536


@dataclass
class BadNetwork:
    """Passes bytes on between clients and the server at `server`; change it at any time."""

    server: str
    address: str = ""
    """Where clients connect: the server's, to them."""
    refuse: bool = False
    """New connections are closed at once."""
    still: bool = False
    """Nothing passes in either direction, and nobody is told: half-open."""
    answer_bytes: int | None = None
    """So many bytes of answers still pass; then the connection is closed."""
    delay_s: float = 0.0
    """Each piece of an answer is held back for so long."""
    opened: int = 0
    _writers: dict[asyncio.StreamWriter, bytearray] = field(default_factory=dict)

    def cut(self, asking_for: bytes = b"") -> int:
        """Close all connections whose newest request names this; how many."""
        hit = [writer for writer, asked in self._writers.items() if asking_for in bytes(asked)]
        for writer in hit:
            writer.transport.abort()
        return len(hit)

    @asynccontextmanager
    async def stand(self) -> AsyncIterator["BadNetwork"]:
        """Listen on loopback."""
        async with task_group() as group:
            serving = await asyncio.start_server(
                lambda reader, writer: group.create_task(self._pass(reader, writer)), "127.0.0.1", 0
            )
            self.address = f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}"
            try:
                yield self
            finally:
                serving.close()
                self.still = False
                self.cut()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        if self.refuse:
            writer.transport.abort()
            return
        there = urlsplit(self.server)
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
            asked = self._writers[writer] = bytearray()
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, far_writer, asked))
                    both.create_task(self._pump(far_reader, writer, None))
            except* OSError:
                pass
            finally:
                del self._writers[writer]
                writer.transport.abort()
                far_writer.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, asked: bytearray | None
    ) -> None:
        """asked: keeps the newest request; None: this is the way of the answers."""
        while piece := await source.read(PIECE):
            while self.still:  # noqa: ASYNC110 - it is set from outside, by hand
                await asyncio.sleep(0.02)
            if asked is not None:
                asked[:] = piece[:500]
            else:
                await asyncio.sleep(self.delay_s)
                piece = self._rationed(piece)
            to.write(piece)
            await to.drain()
            if asked is None and self.answer_bytes == 0:
                break
        raise ConnectionResetError

    def _rationed(self, piece: bytes) -> bytes:
        if self.answer_bytes is None:
            return piece
        piece = piece[: self.answer_bytes]
        self.answer_bytes -= len(piece)
        return piece

"""PortAudio: opening and closing one-way streams, none of which may hang the agent.

Every call into PortAudio may block for seconds or for ever (a driver, a sound server that is gone),
so each stream has a daemon thread that opens it, waits, and closes it. Whoever waits for that
thread has a limit, and abandons it when the limit has passed. Not the loop's default executor: it
belongs to the video encoder, and the interpreter waits for its threads at the end.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from agent.faults import Fault, PartError
from agent.voice.backends.portaudio_devices import Direction, formats, load
from agent.voice.backends.portaudio_format import Format

log = logging.getLogger(__name__)

OPEN_LIMIT_S = 10.0
"""The first opening loads PortAudio and asks every driver for its devices."""

CLOSE_LIMIT_S = 2.0

LATENCY_S = 0.04
"""What PortAudio is asked to buffer: two blocks."""

BLOCKS_PER_SECOND = 50

Callback = Callable[[Any, int, Any, Any], None]
MakeCallback = Callable[[Format], Callback]

# PortAudio keeps global lists and is not thread-safe; `_open_streams` is guarded by it as well.
_portaudio = threading.Lock()
_open_streams = 0


def list_devices() -> tuple[list[str], list[str]]:
    """The names of the microphones and of the loudspeakers, as PortAudio gives them.

    Blocks, for seconds on some systems. Raises PartError(SOUND_SYSTEM_MISSING).
    """
    with _exclusive():
        sounddevice = load(fresh=_open_streams == 0)
        devices = list(sounddevice.query_devices())
    inputs = [str(device["name"]) for device in devices if device["max_input_channels"]]
    outputs = [str(device["name"]) for device in devices if device["max_output_channels"]]
    return inputs, outputs


@asynccontextmanager
async def opened(
    direction: Direction, names: Sequence[str], make: MakeCallback, ended: Callable[[], None]
) -> AsyncIterator[float]:
    """A running raw 16-bit stream of the first device that fits, in blocks of 20 ms.

    names: parts of device names in order of preference; after them the system's default is tried.
    make: gets the format that was agreed and returns the callback.
    ended: called in PortAudio's thread when the stream is over for any reason.
    Yields the stream's latency in seconds.
    Raises PartError (MICROPHONE_MISSING, LOUDSPEAKER_MISSING, SOUND_SYSTEM_MISSING).
    """
    loop = asyncio.get_running_loop()
    running: asyncio.Future[float] = loop.create_future()
    closed: asyncio.Future[None] = loop.create_future()
    leave = threading.Event()

    def live() -> None:
        # The thread that opens a stream also closes it, so one that opens too late is not lost.
        try:
            stream = _open(direction, names, make, ended)
        except PartError as error:
            _settle(loop, running, partial(running.set_exception, error))
            return
        _settle(loop, running, partial(running.set_result, float(stream.latency)))
        leave.wait()
        _close(stream)
        _settle(loop, closed, partial(closed.set_result, None))

    threading.Thread(target=live, name=f"portaudio-{direction.value}", daemon=True).start()
    try:
        yield await _within(OPEN_LIMIT_S, running)
    finally:
        leave.set()
        if running.done() and not running.cancelled() and running.exception() is None:
            await _closed(closed)


async def _within(limit: float, running: asyncio.Future[float]) -> float:
    try:
        async with asyncio.timeout(limit):
            return await running
    except TimeoutError as error:
        raise PartError(Fault.SOUND_SYSTEM_MISSING) from error


async def _closed(closed: asyncio.Future[None]) -> None:
    """A hanging driver costs a thread and its device, but never the agent."""
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await closed
    except TimeoutError:
        log.warning("a sound device does not close and is abandoned")


def _settle(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], settle: Callable[[], None]
) -> None:
    """Settle a future of `loop` from another thread, unless nobody waits for it any more."""

    def unless_done() -> None:
        if not future.done():
            settle()

    with contextlib.suppress(RuntimeError):  # The loop has ended.
        loop.call_soon_threadsafe(unless_done)


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    """One thread at a time in PortAudio; a thread that hangs there must not hang the others."""
    if not _portaudio.acquire(timeout=OPEN_LIMIT_S):
        raise PartError(Fault.SOUND_SYSTEM_MISSING)
    try:
        yield
    finally:
        _portaudio.release()


def _open(
    direction: Direction, names: Sequence[str], make: MakeCallback, ended: Callable[[], None]
) -> Any:
    global _open_streams
    with _exclusive():
        library = load(fresh=_open_streams == 0)
        raw = library.RawInputStream if direction is Direction.IN else library.RawOutputStream
        for form in formats(library, direction, names):
            try:
                stream = raw(
                    device=form.device,
                    samplerate=form.rate,
                    channels=form.channels,
                    blocksize=form.rate // BLOCKS_PER_SECOND,
                    dtype="int16",
                    latency=LATENCY_S,
                    callback=make(form),
                    finished_callback=ended,
                )
            except library.PortAudioError:
                continue  # In use by another program, or it does not know this format.
            try:
                stream.start()
            except library.PortAudioError:
                stream.close(ignore_errors=True)
                continue
            _open_streams += 1
            return stream
    raise PartError(direction.missing, names=", ".join(names))


def _close(stream: Any) -> None:
    global _open_streams
    # Not `abort`, which cancels PortAudio's thread while it may hold a lock of the driver. Outside
    # our own lock, because this call may hang: libpulse does when its server was killed.
    stream.stop(ignore_errors=True)
    with _exclusive():
        stream.close(ignore_errors=True)
        _open_streams -= 1

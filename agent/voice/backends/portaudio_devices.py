"""PortAudio's devices: loading the library, and which device to open in which format."""

import atexit
import contextlib
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE
from agent.voice.backends.portaudio_format import Format


class Direction(Enum):
    """Recording or playing; the value is PortAudio's word for it."""

    IN = "input"
    OUT = "output"

    @property
    def missing(self) -> Fault:
        """There is no such device."""
        return Fault.MICROPHONE_MISSING if self is Direction.IN else Fault.LOUDSPEAKER_MISSING


def load(*, fresh: bool) -> Any:
    """The library; `fresh` makes PortAudio look again for devices, which ends open streams."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: the wheel is there, PortAudio is not.
        raise PartError(Fault.SOUND_SYSTEM_MISSING) from error
    # At the end of the process it would wait for every stream, for ever if a driver hangs; the
    # operating system frees the devices without that.
    atexit.unregister(sounddevice._exit_handler)
    try:
        if fresh:
            # The only way to see a device that was plugged in after the start
            # (python-sounddevice, issue 125); it has no public name.
            sounddevice._terminate()
            sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise PartError(Fault.SOUND_SYSTEM_MISSING) from error
    return sounddevice


def formats(library: Any, direction: Direction, names: Sequence[str]) -> Iterator[Format]:
    """What to try, best first: for each device 16 kHz mono, then its own rate, then stereo."""
    devices = list(library.query_devices())
    for index in _indices(library, devices, direction, names):
        own = int(devices[index]["default_samplerate"])
        most = devices[index][f"max_{direction.value}_channels"]
        yield Format(index, SAMPLE_RATE, 1)
        if own != SAMPLE_RATE:
            yield Format(index, own, 1)
        if most >= 2:
            yield Format(index, own, 2)


def _indices(
    library: Any, devices: list[Any], direction: Direction, names: Sequence[str]
) -> Iterator[int]:
    usable = {
        index: str(device["name"]).casefold()
        for index, device in enumerate(devices)
        if device[f"max_{direction.value}_channels"]
    }
    for wanted in names:
        yield from (index for index, name in usable.items() if wanted.casefold() in name)
    with contextlib.suppress(library.PortAudioError, ValueError):
        yield int(library.query_devices(kind=direction.value)["index"])

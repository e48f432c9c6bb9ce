"""A camera's settings on Linux, by the kernel's own numbers.

OpenCV knows neither the mains frequency nor the steady rate, and the library that knows them all
(linuxpy) may not be shipped with us (GPL-3). It is two calls (linux/videodev2.h, struct
v4l2_control: id and value, 32 bits each). Reading an exposure never switches its automatic off.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.frames import Told
from agent.video.backends.controls import Control

_READ, _WRITE = 0xC008561B, 0xC008561C
"""VIDIOC_G_CTRL and VIDIOC_S_CTRL."""

_IDS = {
    Control.MAINS: 0x00980918,
    Control.STEADY_RATE: 0x009A0903,
    Control.EXPOSURE_MODE: 0x009A0901,
    Control.AUTO_FOCUS: 0x009A090C,
    Control.FOCUS: 0x009A090A,
    Control.AUTO_WHITE: 0x0098090C,
    Control.WHITE: 0x0098091A,
    Control.LAMP: 0x00980925,
}
"""V4L2_CID_…; the lamp is V4L2_CID_ILLUMINATORS_1."""

_EXPOSURE, _GAIN = 0x009A0902, 0x00980913

_TICK_S = 1e-4
"""The unit of V4L2_CID_EXPOSURE_ABSOLUTE."""

Ioctl = Callable[[int, int, bytes], bytes]
"""As fcntl.ioctl: a file's number, a request, the structure; raises OSError."""


class V4l2Controls:
    """See `Controls`."""

    automatic_exposure = 3  # V4L2_EXPOSURE_APERTURE_PRIORITY: UVC's automatic, and the default.

    def __init__(self, file: int, ioctl: Ioctl, camera: str) -> None:
        """file: the open device's number; camera: `FoundCamera.id`."""
        self._file, self._ioctl, self._camera = file, ioctl, camera

    def read(self, control: Control) -> int | None:
        """See `Controls`."""
        return self._read(_IDS[control])

    def write(self, control: Control, value: int) -> bool:
        """See `Controls`."""
        try:
            self._ioctl(self._file, _WRITE, struct.pack("=Ii", _IDS[control], value))
        except OSError:
            return False
        return True

    def told(self) -> Told | None:
        """See `Controls`."""
        exposure, gain = self._read(_EXPOSURE), self._read(_GAIN)
        if not exposure or exposure < 0:
            return None
        return Told(exposure * _TICK_S, float(gain or 0), self._camera)

    def _read(self, number: int) -> int | None:
        try:
            answer = self._ioctl(self._file, _READ, struct.pack("=Ii", number, 0))
        except OSError:
            return None
        value: int = struct.unpack("=Ii", answer)[1]
        return value


@contextmanager
def v4l2_controls(index: int, camera: str) -> Iterator[V4l2Controls | None]:
    """The settings of /dev/video`index`, beside whoever streams from it; None: not to be had."""
    import fcntl  # There is none on Windows.

    try:
        file = os.open(f"/dev/video{index}", os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        yield None
        return
    try:
        yield V4l2Controls(file, fcntl.ioctl, camera)
    finally:
        os.close(file)

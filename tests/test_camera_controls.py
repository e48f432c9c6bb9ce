"""A camera's settings: what is written, that it is put back, and that reading never writes."""

import errno
import struct

import cv2
import pytest

from agent.frames import Pixels, Told
from agent.video.backends.controls import Control, Settled, wanted
from agent.video.backends.opencv_controls import OpenCvControls, opencv_controls
from agent.video.backends.v4l2 import V4l2Controls, v4l2_controls

AUTO = wanted(50, None, None)


class Knobs:
    """A camera with these settings, which refuses a fixed value while «automatic» is on."""

    automatic_exposure = 3

    def __init__(self, values: dict[Control, int]) -> None:
        self.values = values
        self.written: list[tuple[Control, int]] = []

    def read(self, control: Control) -> int | None:
        return self.values.get(control)

    def write(self, control: Control, value: int) -> bool:
        self.written.append((control, value))
        automatic = {Control.FOCUS: Control.AUTO_FOCUS, Control.WHITE: Control.AUTO_WHITE}
        if self.values.get(automatic.get(control, control)) and control in automatic:
            return False
        self.values[control] = value
        return True

    def told(self) -> Told | None:
        return Told(0.02, 16.0, "a")


ALL = {
    Control.MAINS: 2,
    Control.STEADY_RATE: 1,
    Control.EXPOSURE_MODE: 1,
    Control.AUTO_FOCUS: 1,
    Control.FOCUS: 30,
    Control.AUTO_WHITE: 1,
    Control.WHITE: 4600,
    Control.LAMP: 0,
}


@pytest.mark.parametrize(("focus", "white"), [(None, None), (120, None), (None, 5000), (0, 3200)])
def test_settings_are_written_as_configured_and_put_back(
    focus: int | None, white: int | None
) -> None:
    knobs = Knobs(dict(ALL))
    settled = Settled(knobs, wanted(50, focus, white))

    settled.begin()
    assert knobs.values[Control.MAINS] == 1
    assert knobs.values[Control.STEADY_RATE] == 0
    assert knobs.values[Control.EXPOSURE_MODE] == knobs.automatic_exposure
    assert knobs.values[Control.AUTO_FOCUS] == (focus is None)
    assert knobs.values[Control.FOCUS] == (30 if focus is None else focus)
    assert knobs.values[Control.WHITE] == (white or 4600)
    settled.lamp(True)
    assert knobs.values[Control.LAMP] == 1

    settled.end()
    assert knobs.values == ALL


def test_what_a_camera_has_not_is_let_be() -> None:
    knobs = Knobs({Control.MAINS: 1})
    settled = Settled(knobs, AUTO)
    settled.begin()
    settled.lamp(True)
    settled.adjust()
    settled.end()

    assert not settled.has_lamp
    assert not settled.adjusts
    assert {control for control, _ in knobs.written} <= {Control.MAINS}


def test_adjusting_switches_what_is_automatic_off_and_on() -> None:
    knobs = Knobs(dict(ALL))
    settled = Settled(knobs, wanted(50, 40, None))
    settled.begin()
    knobs.written.clear()

    settled.adjust()

    assert [pair for pair in knobs.written if pair[0] is Control.AUTO_WHITE] == [
        (Control.AUTO_WHITE, 0),
        (Control.AUTO_WHITE, 1),
    ]
    assert knobs.values[Control.AUTO_FOCUS] == 0
    assert knobs.values[Control.FOCUS] == 40


class Kernel:
    """A V4L2 device: answers VIDIOC_G_CTRL and, unless it must not be written, VIDIOC_S_CTRL."""

    def __init__(self, values: dict[int, int], writable: bool = True) -> None:
        self.values, self._writable = values, writable

    def ioctl(self, _file: int, request: int, data: bytes) -> bytes:
        number, value = struct.unpack("=Ii", data)
        if number not in self.values or (request == 0xC008561C and not self._writable):
            raise OSError(errno.EINVAL, "no such control")
        if request == 0xC008561C:
            self.values[number] = value
        return struct.pack("=Ii", number, self.values[number])


MAINS, EXPOSURE, GAIN = 0x00980918, 0x009A0902, 0x00980913


def test_linux_knows_the_settings_by_the_kernels_numbers() -> None:
    kernel = Kernel({MAINS: 2, EXPOSURE: 200, GAIN: 64})
    controls = V4l2Controls(0, kernel.ioctl, "a")

    assert controls.read(Control.MAINS) == 2
    assert controls.read(Control.LAMP) is None
    assert controls.write(Control.MAINS, 1)
    assert not controls.write(Control.LAMP, 1)
    assert kernel.values[MAINS] == 1
    assert controls.told() == Told(0.02, 64.0, "a")


def test_reading_what_a_camera_tells_never_writes() -> None:
    kernel = Kernel(dict.fromkeys((MAINS, EXPOSURE, GAIN), 1), writable=False)
    before = dict(kernel.values)
    controls = V4l2Controls(0, kernel.ioctl, "a")
    for control in Control:
        controls.read(control)
    assert controls.told() is not None
    assert kernel.values == before


def test_a_camera_that_tells_no_exposure_is_not_made_to() -> None:
    assert V4l2Controls(0, Kernel({GAIN: 3}).ioctl, "a").told() is None
    assert V4l2Controls(0, Kernel({EXPOSURE: 0}).ioctl, "a").told() is None


def test_a_device_that_is_not_there_has_no_settings() -> None:
    with v4l2_controls(4711, "a") as controls:
        assert controls is None


class Properties:
    """A cv2.VideoCapture with these properties; what it has not is -1."""

    def __init__(self, values: dict[int, float]) -> None:
        self.values = values

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return True

    def read(self) -> tuple[bool, Pixels | None]:
        return False, None

    def get(self, prop: int, /) -> float:
        return self.values.get(prop, -1.0)

    def set(self, prop: int, value: float, /) -> bool:
        known = prop in self.values
        if known:
            self.values[prop] = value
        return known

    def release(self) -> None:
        """Nothing to free."""


def test_elsewhere_opencvs_properties_stand_for_the_settings() -> None:
    source = Properties({cv2.CAP_PROP_AUTOFOCUS: 1, cv2.CAP_PROP_EXPOSURE: -5})
    controls = OpenCvControls(source, "b")

    assert controls.read(Control.AUTO_FOCUS) == 1
    assert controls.read(Control.MAINS) is None
    assert controls.read(Control.WHITE) is None
    assert controls.write(Control.AUTO_FOCUS, 0)
    assert not controls.write(Control.MAINS, 1)
    assert controls.told() == Told(2**-5, 0.0, "b")


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_elsewhere_a_camera_without_the_property_tells_nothing(value: float) -> None:
    assert OpenCvControls(Properties({cv2.CAP_PROP_EXPOSURE: value}), "b").told() is None


def test_where_opencv_answers_0_to_everything_there_are_no_settings() -> None:
    source = Properties({})

    assert isinstance(opencv_controls(source, "b", "win32"), OpenCvControls)
    assert opencv_controls(source, "b", "darwin") is None

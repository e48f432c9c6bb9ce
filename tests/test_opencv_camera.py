"""Cameras that are missing, hang, end, or go on telling an old picture."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agent.faults import Fault, PartError
from agent.frames import Pixels, VideoFrame
from agent.messages import Ability
from agent.video import soundness
from agent.video.backends import filming, opencv, opencv_devices
from agent.video.backends.controls import Control
from agent.video.backends.opencv import OpenCvCamera, list_cameras
from agent.video.backends.opencv_devices import find_cameras
from tests.test_camera_controls import Knobs

LIMIT_S = 10.0


class Device:
    """A camera that gives one picture and then whatever `then` gives."""

    def __init__(
        self, then: Callable[[], tuple[bool, Pixels | None]], is_open: bool = True
    ) -> None:
        self._then = then
        self._open = is_open
        self._begun = False
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self._open

    def read(self) -> tuple[bool, Pixels | None]:
        if self._begun:
            return self._then()
        self._begun = True
        return True, np.full((64, 80, 3), 90, np.uint8)

    def get(self, prop: int, /) -> float:
        return 0.0

    def set(self, prop: int, value: float, /) -> bool:
        return True

    def release(self) -> None:
        self.released = True


async def fault_of(camera: OpenCvCamera) -> PartError:
    """What ends the stream of a camera's pictures."""
    async with asyncio.timeout(LIMIT_S), camera.open() as frames:
        with pytest.raises(PartError) as caught:
            await _exhaust(frames)
    return caught.value


async def _exhaust(frames: AsyncIterator[VideoFrame]) -> None:
    async for _ in frames:
        pass


async def test_a_camera_that_gives_no_more_pictures_is_lost_and_released() -> None:
    device = Device(lambda: (False, None))

    error = await fault_of(OpenCvCamera(opener=lambda: device))

    assert error.fault is Fault.CAMERA_LOST
    assert device.released


async def test_pixels_that_never_change_are_a_lost_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "FROZEN_LIMIT_S", 0.2)
    pace = threading.Event()

    def same() -> tuple[bool, Pixels | None]:
        pace.wait(0.01)
        return True, np.full((64, 80, 3), 90, np.uint8)

    error = await fault_of(OpenCvCamera(opener=lambda: Device(same)))

    assert error.fault is Fault.CAMERA_LOST


async def test_a_driver_that_throws_is_a_lost_camera_without_the_drivers_words() -> None:
    def explode() -> tuple[bool, Pixels | None]:
        raise RuntimeError("/dev/video0 of Kari Nordmann")

    error = await fault_of(OpenCvCamera(opener=lambda: Device(explode)))

    assert error.fault is Fault.CAMERA_LOST
    assert "Kari" not in f"{error} {error.values}"


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """For a read that waits for ever; let go at the test's end, so that its thread ends too."""
    never = threading.Event()
    yield never
    never.set()


async def test_a_camera_that_hangs_is_lost_and_its_thread_abandoned(
    hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv, "SILENCE_LIMIT_S", 0.2)
    monkeypatch.setattr(filming, "CLOSE_LIMIT_S", 0.2)
    abandoned = filming.Abandoned.count

    error = await fault_of(OpenCvCamera(opener=lambda: Device(lambda: (hang.wait(), None))))

    assert error.fault is Fault.CAMERA_LOST
    assert filming.Abandoned.count == abandoned + 1


async def test_a_camera_that_hangs_while_it_opens_is_lost(
    hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv, "OPENING_LIMIT_S", 0.2)
    monkeypatch.setattr(filming, "CLOSE_LIMIT_S", 0.2)

    def stuck() -> Device:
        hang.wait()
        return Device(lambda: (False, None))

    assert (await fault_of(OpenCvCamera(opener=stuck))).fault is Fault.CAMERA_LOST


async def test_a_device_that_does_not_open_is_missing() -> None:
    device = Device(lambda: (False, None), is_open=False)

    assert (await fault_of(OpenCvCamera(opener=lambda: device))).fault is Fault.CAMERA_MISSING


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Pretend that these cameras are there, each with a second node for its metadata.

    Returns a list of the numbers that are opened later.
    """
    opened: list[int] = []

    def plug(*names: str) -> list[int]:
        for number, name in enumerate(names):
            for index in (0, 1):
                node = tmp_path / f"video{2 * number + index}"
                node.mkdir()
                (node / "index").write_text(f"{index}\n")
                (node / "name").write_text(f"{name}\n")
        return opened

    def open_device(index: int) -> Device:
        opened.append(index)
        return Device(lambda: (False, None))

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(opencv_devices, "SYSFS", tmp_path)
    monkeypatch.setattr(opencv, "_open_device", open_device)
    return plug


async def test_cameras_are_listed_by_name(plugged: Callable[..., list[int]]) -> None:
    plugged("Integrated Webcam", "HeadCam 720p")

    assert list_cameras() == ["Integrated Webcam", "HeadCam 720p"]


@pytest.mark.parametrize(
    ("names", "index"),
    [((), 0), (("headcam",), 2), (("Vuzix", "HEADCAM"), 2), (("webcam", "headcam"), 0)],
)
async def test_the_camera_is_chosen_by_preference(
    plugged: Callable[..., list[int]], names: tuple[str, ...], index: int
) -> None:
    opened = plugged("Integrated Webcam", "HeadCam 720p")

    await fault_of(OpenCvCamera(names))

    assert opened == [index]


async def test_another_camera_than_the_wanted_one_is_never_opened(
    plugged: Callable[..., list[int]],
) -> None:
    opened = plugged("Integrated Webcam")

    error = await fault_of(OpenCvCamera(names=("HeadCam",)))

    assert error.fault is Fault.CAMERA_MISSING
    assert error.values["detail"] == "Integrated Webcam"
    assert not opened


async def test_no_camera_at_all_is_missing(plugged: Callable[..., list[int]]) -> None:
    plugged()

    assert (await fault_of(OpenCvCamera())).fault is Fault.CAMERA_MISSING
    assert list_cameras() == []


async def test_elsewhere_a_library_tells_the_names_and_the_numbers(
    plugged: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = plugged()
    monkeypatch.setattr(sys, "platform", "win32")
    found = [
        SimpleNamespace(index=0, name="Webcam", path=None, vid=None, pid=None),
        SimpleNamespace(index=1, name="HeadCam", path="usb#7", vid=0x46D, pid=0x82D),
    ]
    library = SimpleNamespace(enumerate_cameras=lambda _interface: found)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", library)

    assert [one.id for one in find_cameras()] == ["Webcam/-", "046d:082d HeadCam/usb#7"]
    await fault_of(OpenCvCamera(names=("headcam",)))

    assert opened[-1] == 1


def test_on_linux_the_serial_number_tells_two_of_a_kind_apart(
    plugged: Callable[..., list[int]], tmp_path: Path
) -> None:
    plugged("HeadCam", "HeadCam")
    for number, serial in ((0, "A1"), (2, "")):
        usb = tmp_path / "usb" / str(number)
        (usb / "1-1:1.0").mkdir(parents=True)
        (tmp_path / f"video{number}" / "device").symlink_to(usb / "1-1:1.0")
        for part, text in (("idVendor", "046d"), ("idProduct", "082d"), ("serial", serial)):
            (usb / part).write_text(f"{text}\n")

    assert [one.id for one in find_cameras()] == ["046d:082d HeadCam/A1", "046d:082d HeadCam/-"]


async def test_a_few_spoilt_pictures_are_skipped() -> None:
    spoilt: list[tuple[bool, Pixels | None]] = [
        (False, None),
        (True, np.zeros((0, 0, 3), np.uint8)),
        (True, np.zeros((48, 64), np.uint8)),
    ]
    device = Device(lambda: spoilt.pop() if spoilt else (True, np.full((120, 160), 7, np.uint8)))
    async with asyncio.timeout(LIMIT_S), OpenCvCamera(opener=lambda: device).open() as frames:
        await anext(frames)
        while (frame := await anext(frames)).pixels.shape != (120, 160, 3):
            pass

    assert not spoilt
    assert frame.pixels.max() == 7


async def test_settings_are_written_read_and_put_back_whatever_ends_the_pictures() -> None:
    knobs = Knobs({Control.MAINS: 2, Control.AUTO_FOCUS: 0, Control.LAMP: 0})
    before = dict(knobs.values)
    pace = threading.Event()

    def noise() -> tuple[bool, Pixels | None]:
        pace.wait(0.005)
        return True, np.random.default_rng().integers(0, 99, (64, 80, 3)).astype(np.uint8)

    camera = OpenCvCamera(opener=lambda: Device(noise), controls=lambda _source: nullcontext(knobs))
    async with asyncio.timeout(LIMIT_S), camera.open() as frames:
        frame = await anext(frames)
        assert camera.abilities == {Ability.LAMP, Ability.ADJUST}
        assert frame.told == knobs.told()
        assert knobs.values == {Control.MAINS: 1, Control.AUTO_FOCUS: 1, Control.LAMP: 0}
        camera.lamp(True)
        camera.adjust()
        while knobs.written[-1] != (Control.AUTO_FOCUS, 1) or not knobs.values[Control.LAMP]:
            await anext(frames)

    assert knobs.values == before

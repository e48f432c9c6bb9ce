"""Which cameras there are: their names, their numbers for OpenCV, and what tells them apart.

OpenCV opens a camera by number and tells no names. Linux tells them in sysfs; on Windows and macOS
`cv2-enumerate-cameras` asks DirectShow and AVFoundation, whose order OpenCV's numbers follow.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from agent.faults import Fault, PartError

SYSFS = Path("/sys/class/video4linux")

NO_SERIAL = "-"

INTERFACES = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
"""The platform's own interface: the generic one tries several, slowly."""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera of this machine."""

    index: int
    """OpenCV's number."""
    name: str
    id: str = ""
    """Model and copy, e.g. «046d:082d HD Webcam C525/5A3F»: what a calibration belongs to.
    Windows and macOS tell where it is plugged in, in place of a serial number."""


def interface() -> int:
    """OpenCV's number for this platform's cameras."""
    return INTERFACES.get(sys.platform, cv2.CAP_ANY)


def find_cameras() -> list[FoundCamera]:
    """All cameras, in the platform's order."""
    return list(_on_linux() if sys.platform == "linux" else _elsewhere())


def choose(names: Sequence[str]) -> FoundCamera:
    """The first camera that has a part of its name here, in order of preference; no names: any.

    Raises PartError(CAMERA_MISSING) with what there is instead: another camera is never opened.
    """
    cameras = find_cameras()
    for wanted in names:
        for camera in cameras:
            if wanted.casefold() in camera.name.casefold():
                return camera
    if names or not cameras:
        raise missing(cameras)
    return cameras[0]


def missing(cameras: Sequence[FoundCamera]) -> PartError:
    """With what there is instead."""
    return PartError(Fault.CAMERA_MISSING, detail=", ".join(one.name for one in cameras) or "–")


def _on_linux() -> Iterator[FoundCamera]:
    """From sysfs. A UVC camera has a second node for its metadata, which is no camera."""
    for node in sorted(SYSFS.glob("video*"), key=lambda path: int(path.name[5:] or 0)):
        with contextlib.suppress(OSError, ValueError):
            if (node / "index").read_text().strip() == "0":
                name = (node / "name").read_text().strip()
                yield FoundCamera(int(node.name[5:]), name, _usb_id(node, name))


def _usb_id(node: Path, name: str) -> str:
    # `device` is the USB interface; the camera itself is the folder around it.
    usb = (node / "device").resolve().parent
    model = ":".join(_line(usb / part) for part in ("idVendor", "idProduct")).strip(":")
    return f"{model} {name}".strip() + f"/{_line(usb / 'serial') or NO_SERIAL}"


def _line(file: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return file.read_text("utf-8").strip()
    return ""


def _elsewhere() -> Iterator[FoundCamera]:
    # Imported on use: on Linux it is not installed.
    from cv2_enumerate_cameras import enumerate_cameras

    for one in enumerate_cameras(interface()):
        model = "" if one.vid is None or one.pid is None else f"{one.vid:04x}:{one.pid:04x} "
        yield FoundCamera(one.index, one.name, f"{model}{one.name}/{one.path or NO_SERIAL}")

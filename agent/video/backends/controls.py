"""A camera's settings: written when it is opened, put back when it is closed, read in between.

Which of them a camera has, and under which numbers, the platform's file knows (`v4l2`, or OpenCV's
properties in `opencv_controls`).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from agent.frames import Told


class Control(StrEnum):
    """A setting that a camera may have. The values are V4L2's names for them."""

    MAINS = "power_line_frequency"
    STEADY_RATE = "exposure_dynamic_framerate"
    EXPOSURE_MODE = "auto_exposure"
    AUTO_FOCUS = "focus_automatic_continuous"
    FOCUS = "focus_absolute"
    AUTO_WHITE = "white_balance_automatic"
    WHITE = "white_balance_temperature"
    LAMP = "illuminator_1"


class Controls(Protocol):
    """The settings of one open camera. Reading never writes."""

    automatic_exposure: int
    """What `EXPOSURE_MODE` is called when the camera decides."""

    def read(self, control: Control) -> int | None:
        """As it is; None when the camera has no such thing."""
        ...

    def write(self, control: Control, value: int) -> bool:
        """Whether the camera took it."""
        ...

    def told(self) -> Told | None:
        """The exposure as the camera tells it; None when it does not."""
        ...


MAINS = {50: 1, 60: 2}
"""Hertz -> what UVC calls it."""

LAMP_OFF, LAMP_ON = 0, 1

Written = Sequence[tuple[Control, int]]


def wanted(mains_hz: int, focus: int | None, white_kelvin: int | None) -> Written:
    """What is written at the start, in order: a fixed value is taken only after «automatic» is off.

    mains_hz: 50 or 60; focus: in the camera's own unit, None: automatic; white_kelvin: kelvin,
    None: automatic.
    """
    focusing = [(Control.AUTO_FOCUS, int(focus is None))]
    whites = [(Control.AUTO_WHITE, int(white_kelvin is None))]
    if focus is not None:
        focusing.append((Control.FOCUS, focus))
    if white_kelvin is not None:
        whites.append((Control.WHITE, white_kelvin))
    # A rate that may fall in the dark gives motion blur and hides that it is dark.
    return [(Control.MAINS, MAINS[mains_hz]), (Control.STEADY_RATE, 0), *focusing, *whites]


class Settled:
    """Writes settings and remembers what they were."""

    def __init__(self, controls: Controls, written: Written) -> None:
        """written: from `wanted`."""
        self._controls = controls
        self._written = written
        self._before: dict[Control, int] = {}

    @property
    def has_lamp(self) -> bool:
        """Whether the camera has a lamp that can be switched from here."""
        return self._controls.read(Control.LAMP) is not None

    @property
    def adjusts(self) -> bool:
        """Whether anything can be measured anew."""
        return any(self._controls.read(control) is not None for control in _AUTOMATIC)

    @property
    def before(self) -> Mapping[Control, int]:
        """What stood there and will again."""
        return dict(self._before)

    def begin(self) -> None:
        """Exposure is left to the camera, whatever another program did before."""
        self._write(Control.EXPOSURE_MODE, self._controls.automatic_exposure)
        for control, value in self._written:
            self._write(control, value)

    def adjust(self) -> None:
        """Have what is automatic measured anew: off and on. What is fixed is written again."""
        for control, value in self._written:
            if control in _AUTOMATIC and value:
                self._write(control, 0)
            self._write(control, value)

    def lamp(self, on: bool) -> None:
        """Switch the camera's lamp; nothing when it has none."""
        self._write(Control.LAMP, LAMP_ON if on else LAMP_OFF)

    def end(self) -> None:
        """Put back what was there, in the other order: fixed values before «automatic»."""
        for control, value in reversed(list(self._before.items())):
            self._controls.write(control, value)
        self._before.clear()

    def _write(self, control: Control, value: int) -> None:
        was = self._controls.read(control)
        if was is None:
            return
        self._before.setdefault(control, was)
        if was != value or control in _AUTOMATIC:
            self._controls.write(control, value)


_AUTOMATIC = frozenset({Control.AUTO_FOCUS, Control.AUTO_WHITE})

"""A camera's settings through OpenCV's properties, for Windows.

Mains frequency, steady rate and lamps have no property there. Not tried with a real camera.
"""

import cv2

from agent.frames import Told
from agent.video.backends.controls import Control, Controls
from agent.video.backends.opencv_source import Source

_PROPERTIES = {
    Control.EXPOSURE_MODE: cv2.CAP_PROP_AUTO_EXPOSURE,
    Control.AUTO_FOCUS: cv2.CAP_PROP_AUTOFOCUS,
    Control.FOCUS: cv2.CAP_PROP_FOCUS,
    Control.AUTO_WHITE: cv2.CAP_PROP_AUTO_WB,
    Control.WHITE: cv2.CAP_PROP_WB_TEMPERATURE,
}

_NONE = -1
"""What OpenCV gives for a property that there is not."""


def opencv_controls(source: Source, camera: str, platform: str) -> Controls | None:
    """None on macOS: there OpenCV knows a camera's size and rate alone, and answers 0 when it is
    asked for anything else (OpenCV 4, `cap_avfoundation_mac.mm`, `CvCaptureCAM::getProperty`).

    camera: `FoundCamera.id`; platform: as `sys.platform`.
    """
    return None if platform == "darwin" else OpenCvControls(source, camera)


class OpenCvControls:
    """See `Controls`."""

    automatic_exposure = 1

    def __init__(self, source: Source, camera: str) -> None:
        """camera: `FoundCamera.id`."""
        self._source, self._camera = source, camera

    def read(self, control: Control) -> int | None:
        """See `Controls`."""
        if control not in _PROPERTIES:
            return None
        value = self._source.get(_PROPERTIES[control])
        return None if value == _NONE else round(value)

    def write(self, control: Control, value: int) -> bool:
        """See `Controls`."""
        return control in _PROPERTIES and self._source.set(_PROPERTIES[control], value)

    def told(self) -> Told | None:
        """See `Controls`. DirectShow tells the exposure as the logarithm of seconds."""
        exposure = self._source.get(cv2.CAP_PROP_EXPOSURE)
        if exposure >= _NONE:
            return None
        gain = self._source.get(cv2.CAP_PROP_GAIN)
        return Told(2.0**exposure, max(0.0, gain), self._camera)

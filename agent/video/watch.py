"""PURE: one look after another at the same scene: the reference that a shadow is told by.

It changes, but knows no clock: time is an argument. What it keeps of a picture stays in
memory, for at most as long as a reference may be old, and is forgotten with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent.frames import Pixels, VideoFrame
from agent.video.lighting import LightReading, read_light
from agent.video.lighting.exposure import Calibration, Trust
from agent.video.lighting.reference import Reference, make_reference, shadow_stops

COMPARE_S = 1.0
"""Between two comparisons with the reference."""

OLDEST_S = 30.0
"""A reference older than this shows another scene."""

RENEW_S = 10.0
"""So often it is renewed while nothing has changed."""

STILL_STOPS = 0.5
"""Below this ratio nothing has changed."""


MOTION_S = 0.1
"""Motion is told as the shift in so long a time, whatever the camera's rate."""


@dataclass
class Watch:
    """Looks at one visit's pictures."""

    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    """By camera. Without one the light in lux is unknown, whatever the camera tells."""
    _trust: Trust = field(default_factory=Trust)
    _reference: Reference | None = None
    _made_at: float = 0.0
    _compared_at: float = float("-inf")
    _shadow: float | None = None
    _last: LightReading | None = None

    def look(self, frame: VideoFrame, before: VideoFrame) -> LightReading:
        """Measure a picture of at least 64 pixels a side; before: the frame just before it.

        Once a second the picture is compared with the reference instead, and the other numbers
        are the last ones: no look costs as much as both.
        """
        if self._last is not None and frame.at - self._compared_at >= COMPARE_S:
            self._compared_at = frame.at
            self._compare(frame.pixels, frame.at)
        else:
            self._last = self._lit(_measured(frame, before), frame)
        return replace(self._last, shadow_stops=self._shadow)

    def _lit(self, reading: LightReading, frame: VideoFrame) -> LightReading:
        told = frame.told
        believed = self._trust.follow(told, reading.zone_stops, frame.at)
        calibration = self.calibrations.get(told.camera) if told else None
        if told is None or calibration is None or not believed:
            return reading
        return replace(reading, light_stops=calibration.light_stops(reading.anchor_stops, told))

    def _compare(self, pixels: Pixels, at: float) -> None:
        now = make_reference(pixels)
        self._shadow = None
        if self._reference is not None and now is not None:
            self._shadow = shadow_stops(self._reference, now)
        age = at - self._made_at
        unchanged = self._shadow is None or self._shadow < STILL_STOPS
        if self._reference is None or age > OLDEST_S or (age > RENEW_S and unchanged):
            self._reference, self._made_at = now, at


def _measured(frame: VideoFrame, before: VideoFrame) -> LightReading:
    reading = read_light(frame.pixels, before.pixels)
    if reading.between is None:
        return reading
    speed = reading.between.motion * MOTION_S / max(frame.at - before.at, 1e-3)
    return replace(reading, between=replace(reading.between, motion=speed))

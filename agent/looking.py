"""The measure of our own picture, ready to be run: scores, warnings and the meter."""

import math
from collections.abc import Callable

from agent.config.settings import Settings
from agent.frames import VideoFrame
from agent.messages import Event, Light
from agent.status.meter import Meter
from agent.video.advice import AdviceSettings
from agent.video.capture import Analysis
from agent.video.lighting import LightReading
from agent.video.lighting.judging import Judge
from agent.video.sight import shipped_weights


class Looking:
    """Tells what of the picture is worth a word, as `LightChanged` events."""

    def __init__(
        self, settings: Settings, post: Callable[[Event], None], busy: Callable[[], bool]
    ) -> None:
        """busy: somebody speaks or is asked something; then nothing is told."""
        self._analysis = Analysis(
            Judge(shipped_weights()).scores, advice_settings(settings), post, busy
        )

    def offer(self, frame: VideoFrame) -> None:
        """The camera's newest picture. Never waits."""
        self._analysis.offer(frame)

    def accept(self) -> None:
        """The nurse says that the picture is fine as it is."""
        self._analysis.accept()

    async def run(self) -> None:
        """Measure until cancelled, for one visit."""
        await self._analysis.run()

    def meter(self) -> Meter:
        """The picture as it is measured now."""
        analysis, reading = self._analysis, self._analysis.reading
        figures = {} if reading is None else _figures(reading)
        return Meter(analysis.light, figures, dict(analysis.minutes), analysis.muted)


def _figures(reading: LightReading) -> dict[str, float]:
    return {
        "white": reading.anchor_stops,
        "middle": reading.zone_stops,
        "blur": reading.blur,
        "noise": reading.between.noise if reading.between else math.nan,
    }


def advice_settings(settings: Settings) -> AdviceSettings:
    """When the picture is worth a word, as configured."""
    light = settings.light
    return AdviceSettings(
        window_s=light.window_s,
        settle_s=light.settle_s,
        cool_down_s=light.cool_down_s,
        max_per_kind=light.max_per_kind,
        pause_s=light.pause_s,
        max_in_five_minutes=light.max_in_five_minutes,
        enter_margin=light.enter_margin,
        leave_margin=light.leave_margin,
        shown_only=frozenset(Light[kind.upper()] for kind in light.shown_only),
    )

"""The measure of our own picture, ready to be run: scores, warnings and the meter."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from agent.config.settings import Settings
from agent.frames import VideoFrame
from agent.messages import Event, Light, LightFound
from agent.status.meter import Meter, Readout, Spoken
from agent.video.advice import AdviceSettings
from agent.video.capture import Analysis
from agent.video.diary import Warned
from agent.video.lighting import LightReading
from agent.video.lighting.exposure import Calibration, lux
from agent.video.lighting.judging import Judge
from agent.video.sight import shipped_weights
from agent.video.steady import SteadyLook

POLL_S = 0.1


class Looking:
    """Tells what of the picture is worth a word, as `LightChanged` events."""

    def __init__(
        self,
        settings: Settings,
        post: Callable[[Event], None],
        busy: Callable[[], bool],
        calibrations: Callable[[], Mapping[str, Calibration]] = dict,
    ) -> None:
        """busy: somebody speaks or is asked something; then nothing is told. calibrations: of
        the cameras, asked for at the beginning of each visit.
        """
        self._analysis = Analysis(
            Judge(shipped_weights()).scores, advice_settings(settings), post, busy, calibrations
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

    async def steady(self) -> LightFound:
        """What a steady look finds, from the pictures that come; waits for them without limit."""
        look, last = SteadyLook(), self._analysis.looks
        while True:
            await asyncio.sleep(POLL_S)
            reading = self._analysis.reading
            if reading is None or self._analysis.looks == last:
                continue
            last = self._analysis.looks
            now = asyncio.get_running_loop().time()
            found = look.follow(reading, self._analysis.scores(reading), now)
            if found is not None:
                return found

    def meter(self) -> Meter:
        """The picture as it is measured now."""
        analysis, reading = self._analysis, self._analysis.reading
        figures = {} if reading is None else _figures(reading)
        return Meter(
            analysis.light,
            figures,
            dict(analysis.minutes),
            analysis.muted,
            self._readout(),
            tuple(_spoken(one) for one in analysis.diary.warned),
        )

    def _readout(self) -> Readout | None:
        analysis, reading = self._analysis, self._analysis.reading
        if reading is None:
            return None
        told, light = analysis.told, reading.light_stops
        return Readout(
            exposure_s=told.exposure_s if told else None,
            gain=told.gain if told else None,
            rate=analysis.rate,
            lux=None if light is None else lux(light),
        )


def _spoken(warned: Warned) -> Spoken:
    """With the time of day, which the camera's clock does not know."""
    ago = timedelta(seconds=time.monotonic() - warned.at)
    clock = (datetime.now().astimezone() - ago).strftime("%H.%M")
    return Spoken(warned.light, clock, warned.over_at and warned.over_at - warned.at)


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

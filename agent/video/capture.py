"""Camera -> whoever wants its pictures, and the measure of their light beside it."""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from agent.faults import Fault, PartError
from agent.frames import Told, VideoFrame
from agent.mailbox import Mailbox
from agent.messages import Light, LightChanged
from agent.video.advice import AdviceSettings, Advisor
from agent.video.base import Camera
from agent.video.diary import Diary
from agent.video.lighting import LightReading
from agent.video.lighting.exposure import Calibration
from agent.video.watch import Watch

FIRST_FRAME_S = 12.0
"""A camera may take so long from opening to its first picture."""

STALL_S = 3.0
"""Later, a camera that delivers nothing for so long is lost."""

LOOKS_PER_SECOND = 5.0

READ_LIMIT_S = 2.0

PAUSE_S = 0.8
"""Somebody who was heard so short a time ago may only have drawn breath."""

LONGEST_SILENCE_S = 20.0
"""Who never pauses, such as a radio at the clinic, holds a word back no longer than this."""

RATE_OVER = 31
"""The camera's rate is measured over so many pictures."""


async def capture(
    camera: Camera, consumers: Sequence[Callable[[VideoFrame], None]], works: Callable[[], None]
) -> None:
    """Hand every picture to the consumers until cancelled; `works` is called at the first one.

    Raises PartError (CAMERA_MISSING, CAMERA_LOST).
    """
    async with camera.open() as frames:
        first = True
        while True:
            try:
                async with asyncio.timeout(FIRST_FRAME_S if first else STALL_S):
                    frame = await anext(frames)
            except (TimeoutError, StopAsyncIteration) as error:
                raise PartError(Fault.CAMERA_LOST) from error
            for consume in consumers:
                consume(frame)
            if first:
                first = False
                works()


class Analysis:
    """Looks at the newest pictures a few times a second and tells what is worth a word."""

    def __init__(
        self,
        judge: Callable[[LightReading], Mapping[Light, float]],
        settings: AdviceSettings,
        tell: Callable[[LightChanged], None],
        busy: Callable[[], bool] = lambda: False,
        calibrations: Callable[[], Mapping[str, Calibration]] = dict,
    ) -> None:
        """judge: a reading -> the scores of its faults, as `Judge.scores`.

        busy: whether somebody speaks just now; then nothing is told. calibrations: asked for at
        the beginning of each visit; camera -> what its exposure means.
        """
        self._calibrations = calibrations
        self._judge = judge
        self._settings = settings
        self._tell = tell
        self._busy = busy
        self._advisor = Advisor(settings)
        self._frames: Mailbox[VideoFrame] | None = None
        self.reading: LightReading | None = None
        """The newest measure; None while no camera is open."""
        self.minutes: dict[Light, float] = {}
        """How long the picture has been in each state this visit, in minutes."""
        self.diary = Diary()
        """What was told this visit."""
        self.told: Told | None = None
        """The newest exposure that the camera told, believed or not."""
        self.looks = 0
        """Counts the measures."""
        self._quiet_at = -math.inf
        self._talked_since = math.inf
        self._arrived: deque[float] = deque(maxlen=RATE_OVER)

    @property
    def light(self) -> Light:
        """The picture as it stands; UNKNOWN while no camera is open."""
        return self._advisor.light if self._frames is not None else Light.UNKNOWN

    @property
    def muted(self) -> frozenset[Light]:
        """The faults that the nurse has accepted this visit."""
        return self._advisor.muted

    @property
    def rate(self) -> float | None:
        """The camera's pictures a second, lately; None: too few yet."""
        if len(self._arrived) < RATE_OVER:
            return None
        return (RATE_OVER - 1) / max(1e-3, self._arrived[-1] - self._arrived[0])

    def scores(self, reading: LightReading) -> Mapping[Light, float]:
        """What the judge says."""
        return self._judge(reading)

    def offer(self, frame: VideoFrame) -> None:
        """The camera's newest picture. Never waits."""
        if self._frames is not None:
            self._arrived.append(frame.at)
            self._frames.put(frame)

    def accept(self) -> None:
        """See `Advisor.accept`."""
        self._advisor.accept()

    async def run(self) -> None:
        """Measure until cancelled, for one visit; in a thread of its own, not the encoder's."""
        self._advisor = Advisor(self._settings)
        self._frames = Mailbox(1)
        self.minutes, self.diary, self.told = {}, Diary(), None
        self._arrived.clear()
        self._quiet_at, self._talked_since = -math.inf, math.inf
        watch = Watch(self._calibrations())
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="light")
        last: float | None = None
        try:
            while True:
                before, frame = await self._frames.get(), await self._frames.get()
                # One look that is late says nothing about the light; the next one will.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(READ_LIMIT_S):
                        self.reading = await loop.run_in_executor(thread, watch.look, frame, before)
                    self.told, self.looks = frame.told, self.looks + 1
                    self._follow(self.reading, frame.at, last)
                    last = frame.at
                await asyncio.sleep(1 / LOOKS_PER_SECOND)
        finally:
            self._frames = self.reading = None
            thread.shutdown(wait=False)

    def _follow(self, reading: LightReading, at: float, last: float | None) -> None:
        if last is not None:
            passed = min(at - last, READ_LIMIT_S) / 60
            self.minutes[self.light] = self.minutes.get(self.light, 0.0) + passed
        if self._busy():
            self._quiet_at = at + PAUSE_S
        talking = at < self._quiet_at
        if not talking or self._talked_since > at:
            self._talked_since = at
        waits = talking and at - self._talked_since < LONGEST_SILENCE_S
        word = self._advisor.follow(self._judge(reading), at, waits)
        if word is not None:
            self._talked_since = at
            self.diary.note(word, at)
            self._tell(word)

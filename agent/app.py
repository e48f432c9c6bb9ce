"""Opens the parts, wires them to the session, and closes them in reverse order."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from agent.config.content import Content, rules
from agent.config.loading import pin
from agent.config.settings import Settings
from agent.faults import Fault, Value
from agent.hearing import Hearing
from agent.lamp import LampCommand
from agent.light_check import LightCheck
from agent.looking import Looking
from agent.machine import MachineWatch
from agent.meeting.base import Invitation, Media
from agent.meeting.congestion.governor import limits_for
from agent.messages import (
    Ability,
    AdjustCamera,
    CameraOrder,
    CameraReady,
    Event,
    MeasureLight,
    Part,
    PartDown,
    PartUp,
    Picture,
    Say,
    SpeechDone,
    SwitchLamp,
    Transmit,
    VisitEnded,
)
from agent.network import NetworkWatch
from agent.parts import Parts
from agent.runner import Runner
from agent.screen import Screen
from agent.sending import Sending
from agent.session import Session, Window
from agent.status.meter import Meter
from agent.supervise import supervised
from agent.tasks import task_group
from agent.video.calibration import calibrations
from agent.video.capture import capture
from agent.visit import Seat, Visitor
from agent.voice.base import LoudspeakerStream
from agent.voice.speech import Speaker
from agent.worker import Worker

VOLUME_STEP = 1.25
"""Factor of one «høyere volum»."""

SLOWLY = 0.9
"""How fast a sentence is said that was asked for again, as a share of the usual rate."""

FAULTS_AT_WORK = ("HK-2", "HK-3", "HK-4")
"""Codes of devices, engines and the meeting: what a nurse may hear in a consultation."""

VOLUME_LIMITS = (0.2, 2.0)


class App:
    """One running agent."""

    def __init__(self, settings: Settings, content: Content, parts: Parts) -> None:
        self.settings = settings
        self.content = content
        self.parts = parts
        self.runner = Runner(Session(rules(settings, content)), self)
        leaving = settings.sending
        self.sending = Sending(
            _cards(content), leaving.width, leaving.height, steady=leaving.steady_zoom
        )
        self.said: Callable[[str], None] = lambda _sentence: None
        """Told each sentence when it begins; for the demonstration's narrator."""
        self._looking = Looking(settings, self.runner.post, self.busy, calibrations)
        self._filming = asyncio.Lock()
        """One at a time: a visit, or the measure of the light before it."""
        camera = settings.camera
        self._lamp = LampCommand(camera.lamp_on, camera.lamp_off, self.runner.post)
        self._light_check = LightCheck(
            self._looking, self._film, self._filming.locked, self.runner.post
        )
        self.screen = Screen(settings, content, self.runner, self._meter)
        self._other_words = asyncio.Event()
        self._volume = settings.loudspeaker.volume
        self._stream: LoudspeakerStream | None = None
        self._synthesiser = Worker(
            parts.synthesiser, Fault.SYNTHESISER_FAILED, Fault.SYNTHESISER_FAILED
        )
        self.hearing = Hearing(settings, content, parts, self.screen.grammar, self._happened)
        self._speaker = Speaker(
            self._synthesiser,
            spoken=self._spoken,
            idle=lambda: self.runner.post(SpeechDone()),
            quiet=self.hearing.quiet,
            volume=self._volume,
        )
        self._network = NetworkWatch(self._happened)
        self._machine = MachineWatch(settings.site.fixed_times, self._happened)
        self._visitor = Visitor(
            parts.meeting, _invitation(settings), self._take_seat, self.runner.post
        )
        self.hearing.connect(
            self.sending.offer_sound, lambda: self.speaking, lambda: self.runner.session.called
        )

    async def run(self, begin: Callable[[], Any] | None = None) -> None:
        """Work until cancelled. `begin` is called when the status page answers.

        Raises PartError(PORT_IN_USE). Everything else that fails is told to the nurse, restarted,
        and leaves the other parts working.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.screen.server.serve())
            await stack.enter_async_context(self._synthesiser)
            await stack.enter_async_context(self.hearing)
            group = await stack.enter_async_context(task_group())
            group.create_task(self.runner.run(), name="runner")
            group.create_task(self._supervise(Part.LOUDSPEAKER, self._speak), name="speak")
            group.create_task(self._supervise(Part.RECOGNISER, self.hearing.run), name="hear")
            group.create_task(self._visitor.run(), name="visit")
            group.create_task(self._machine.run(), name="machine")
            group.create_task(self._light_check.run(), name="light check")
            group.create_task(self._lamp.run(), name="lamp")
            group.create_task(self._prepare(), name="prepare")
            if begin is not None:
                begin()

    @property
    def speaking(self) -> bool:
        """The agent itself can be heard just now."""
        return self._speaker.speaking

    def busy(self) -> bool:
        """Somebody speaks, or the nurse is asked something: no moment for the picture."""
        asked = self.runner.session.window is not Window.CLOSED
        return asked or self.speaking or self.hearing.room_sounds or not self.hearing.quiet()

    # What the runner asks for (`Hands`).

    def say(self, line: Say) -> None:
        """See `Hands`."""
        words = self.content.texts.render(line.line, line.values)
        self._speaker.say(words, line.urgency, SLOWLY if line.slowly else 1.0)

    def join(self) -> None:
        """See `Hands`. Without a room in the settings there is nowhere to go."""
        if self.settings.meeting.room:
            self._light_check.yield_camera()
            self._visitor.join()
        else:
            self.runner.post(VisitEnded(Fault.ROOM_UNKNOWN))

    def leave(self) -> None:
        """See `Hands`."""
        self._visitor.leave()

    def transmit(self, what: Transmit) -> None:
        """See `Hands`."""
        self.sending.transmit(what)

    def change_volume(self, change: int) -> None:
        """See `Hands`."""
        least, most = VOLUME_LIMITS
        self._volume = min(most, max(least, self._volume * VOLUME_STEP**change))
        self._speaker.set_volume(self._volume)

    def change_language(self, form: str) -> None:
        """See `Hands`."""
        self.content = self.content.in_form(form)
        self.screen.use(self.content)
        self.sending.name_cards(_cards(self.content))
        self._other_words.set()

    def accept_light(self) -> None:
        """See `Hands`."""
        self._looking.accept()

    def order_camera(self, order: CameraOrder) -> None:
        """See `Hands`."""
        camera = self.parts.camera
        match order:
            case AdjustCamera():
                camera.adjust()
            case SwitchLamp() if Ability.LAMP in camera.abilities and self._filming.locked():
                camera.lamp(order.on)
            case SwitchLamp():
                self._lamp.switch(order.on)
            case MeasureLight():
                self._light_check.want(order.on)

    def explain(self, fault: Fault, values: Mapping[str, Value]) -> str:
        """A fault for the terminal: its code, what is wrong, and what to do."""
        return f"{fault.value}: {self.content.texts.explain(fault, values)}"

    # The parts.

    def _meter(self) -> Meter:
        return replace(self._looking.meter(), outgoing=self.sending.outgoing)

    async def _supervise(self, part: Part, run: Callable[[Callable[[], None]], Any]) -> None:
        await supervised(part, _STALLED[part], run, self._happened)

    def _happened(self, event: Event) -> None:
        if isinstance(event, PartDown | PartUp):
            self.screen.part(event)
        self.runner.post(event)

    async def _speak(self, works: Callable[[], None]) -> None:
        async with self.parts.loudspeaker.open(self.hearing.hear_loudspeaker) as stream:
            self._stream = stream
            works()
            try:
                await self._speaker.run(stream)
            finally:
                self._stream = None

    def _take_seat(self) -> Seat:
        video, audio = self.sending.tracks()
        self._network.begin()

        def adapt(bitrate: int) -> None:
            video.adapt(bitrate)
            self._network.offer(bitrate)

        media = Media(
            video,
            audio,
            self._play_room,
            self.screen.show_slides,
            adapt=adapt,
            limits=limits_for(1000 * self.settings.sending.kbps),
        )
        return Seat(media, self._film_visit)

    def _play_room(self, frame: Any) -> None:
        if self._stream is not None:
            self._stream.play_room(frame)
            self.hearing.hear_room(frame)

    async def _film_visit(self) -> None:
        self._light_check.yield_camera()
        await self._film()

    async def _film(self) -> None:
        """The camera and the measure of its light, for one visit or one measure."""
        async with self._filming:
            await self._filmed()

    async def _filmed(self) -> None:
        camera = self.parts.camera
        consumers = (self.sending.offer_picture, self._looking.offer)

        async def film(works: Callable[[], None]) -> None:
            def ready() -> None:
                works()
                self.runner.post(CameraReady(camera.abilities))

            await capture(camera, consumers, ready)

        try:
            async with task_group() as group:
                group.create_task(self._looking.run(), name="light")
                group.create_task(self._supervise(Part.CAMERA, film), name="camera")
        finally:
            self.screen.forget(Part.CAMERA)

    def _spoken(self, sentence: str) -> None:
        self.screen.said(sentence)
        self.said(sentence)

    async def _prepare(self) -> None:
        """Have the sentences ready, again whenever the written form has changed."""
        while True:
            self._other_words.clear()
            await self._speaker.prepare(prepared(self.content))
            await self._other_words.wait()


def prepared(content: Content) -> list[str]:
    """What is synthesised ahead: the fixed sentences, the lists' prompts, and what can fail."""
    texts = content.texts
    fixed = [texts.in_form(sentence) for sentence in texts.phrases.values()]
    prompts = [
        texts.in_form(sentence)
        for checklist in content.checklists.values()
        for point in checklist.points
        for sentence in (point.prompt, point.advice, point.prompt_good, point.prompt_bad)
        if sentence
    ]
    faults = [
        texts.in_form(words.say)
        for fault, words in texts.faults.items()
        if fault.value.startswith(FAULTS_AT_WORK)
    ]
    return [text for text in dict.fromkeys((*fixed, *prompts, *faults)) if "{" not in text]


_STALLED: Mapping[Part, Fault] = {
    Part.LOUDSPEAKER: Fault.LOUDSPEAKER_LOST,
    Part.RECOGNISER: Fault.MICROPHONE_LOST,
    Part.CAMERA: Fault.CAMERA_LOST,
}


def _cards(content: Content) -> Mapping[Picture, str]:
    words = content.pages["status"]
    return {
        Picture.WAITING_CARD: words["card_waiting"],
        Picture.PAUSE_CARD: words["card_pause"],
        Picture.ENDED_CARD: words["card_ended"],
        Picture.NOTHING: words["card_ended"],
    }


def _invitation(settings: Settings) -> Invitation:
    meeting = settings.meeting
    return Invitation(meeting.server, meeting.room, meeting.display_name, pin(settings))

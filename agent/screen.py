"""What the status page shows, and the typed commands that come through its door."""

from collections import deque
from collections.abc import Callable
from typing import Any

from agent.checklist.handoff import addresses
from agent.config.content import Content
from agent.config.settings import Settings
from agent.faults import Fault
from agent.messages import Command, Heard, Part, PartDown, PartUp, Say
from agent.reporting import Reporting
from agent.runner import Runner
from agent.session import valid_commands
from agent.status.meter import Meter
from agent.status.server import StatusServer
from agent.status.snapshot import Wording, snapshot
from agent.voice.commands import Grammar

SHOWN_LINES = 8
"""How many of the agent's last sentences stay on the screen; they are kept nowhere else."""


class Screen:
    """The agent in writing."""

    def __init__(
        self, settings: Settings, content: Content, runner: Runner, meter: Callable[[], Meter]
    ) -> None:
        """meter: the picture as it is measured now."""
        self._content = content
        self._runner = runner
        self._meter = meter
        self._settings = settings
        self._wording = _wording(settings, content)
        self._lines: deque[str] = deque(maxlen=SHOWN_LINES)
        self._problems: dict[Part, str] = {}
        self._slides: bytes | None = None
        self._slide = 0
        self._reporting = Reporting(settings, content, lambda: runner.session)
        self.server = StatusServer(
            settings.status.port,
            self.snapshot,
            self.typed,
            lambda: self._slides,
            self._reporting.file,
            addresses(content.checklists),
        )
        runner.observe(self._reporting.diary.observe)
        runner.observe(lambda _event, _session, _actions: self.server.changed())

    def use(self, content: Content) -> None:
        """Show everything in the written form of this content from now on."""
        self._content = content
        self._wording = _wording(self._settings, content)
        self._reporting.use(content)
        self.server.changed()

    def said(self, sentence: str) -> None:
        """The agent begins to say a sentence."""
        self._lines.appendleft(sentence)
        self.server.changed()

    def part(self, event: PartDown | PartUp) -> None:
        """A part went down or came back."""
        if isinstance(event, PartDown):
            self._problems[event.part] = self._content.texts.explain(event.fault, event.values)
        else:
            self.forget(event.part)

    def forget(self, part: Part) -> None:
        """Nothing is wrong with a part any longer, or it is not in use."""
        self._problems.pop(part, None)

    def show_slides(self, picture: bytes | None) -> None:
        """The newest picture of the slides that somebody in the room shows (JPEG); None: no more.

        It is kept in memory only, and only the newest.
        """
        if picture is not self._slides:
            self._slides = picture
            self._slide += 1
            self.server.changed()

    def snapshot(self) -> dict[str, Any]:
        """The state as words."""
        problems = list(self._problems.values())
        session, said = self._runner.session, list(self._lines)
        slide = self._slide if self._slides is not None else 0
        report = self._reporting.shown()
        return snapshot(session, self._wording, said, problems, self._meter(), slide, report)

    def grammar(self) -> Grammar:
        """What can be said or typed now."""
        return Grammar(self._content.commands, valid_commands(self._runner.session))

    async def typed(self, text: str) -> dict[str, Any]:
        """A typed command: through the same grammar as a spoken one."""
        command = self.grammar().command_for_text(text)
        if command is None:
            return {"known": False, "said": [self._refusal(text)]}
        actions = await self._runner.submit(Heard(command))
        render = self._content.texts.render
        said = [render(say.line, say.values) for say in actions if isinstance(say, Say)]
        return {"known": True, "said": said}

    def _refusal(self, text: str) -> str:
        known = Grammar(self._content.commands).command_for_text(text) is not None
        valid = valid_commands(self._runner.session)
        shown = self._content.shown
        choices = ", ".join(shown[choice] for choice in Command if choice in valid)
        if known:
            return self._content.pages["cli"]["not_valid_now"].format(text=text, choices=choices)
        sentence = self._content.texts.explain(Fault.PHRASE_NOT_KNOWN, {"text": text})
        return f"{sentence} {self._content.pages['cli']['valid_now'].format(choices=choices)}"


def _wording(settings: Settings, content: Content) -> Wording:
    words, phones = content.pages["status"], settings.phones
    return Wording(
        language=content.texts.language,
        words=words,
        in_form=content.texts.in_form,
        phrases=content.shown,
        numbers={
            Command.CALL_CLINIC: (words["clinic"], phones.clinic),
            Command.CALL_SUPERUSER: (words["superuser"], phones.superuser),
            Command.CALL_SUPPORT: (words["support"], phones.support),
        },
    )

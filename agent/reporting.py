"""The report of a fault, ready for the screen: filled in from settings, session and diary."""

import platform
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from agent.checklist.trouble import recipient
from agent.config.content import Content
from agent.config.settings import Settings
from agent.config.unfinished import PLACEHOLDER
from agent.messages import Command, Recipient
from agent.report.diary import Diary
from agent.report.model import Customer, Equipment, Report
from agent.report.paper import as_mail, as_pdf
from agent.report.writing import as_text
from agent.session import Session, Window
from agent.status.server import File
from agent.worker import in_thread


class Reporting:
    """Makes the report that «lag feilmelding» asks for. Shares nothing: that is the nurse's."""

    def __init__(
        self,
        settings: Settings,
        content: Content,
        session: Callable[[], Session],
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """session: the present one; now: the local time."""
        self._settings = settings
        self.use(content)
        self._session = session
        self._now = now
        self.diary = Diary(now)

    def use(self, content: Content) -> None:
        """Write in the written form of this content from now on."""
        self._shown: Mapping[Command, str] = content.shown
        self._words = content.pages["report"]

    def report(self) -> Report | None:
        """As it would be shared now; None while it is not asked for, or not answered."""
        session, settings = self._session(), self._settings.report
        told = session.trouble
        if told is None or told.symptom is None or told.effect is None:
            return None
        return Report(
            made=self._now().replace(second=0, microsecond=0),
            recipient=recipient(told.symptom),
            customer=Customer(
                name=settings.customer,
                address=settings.address,
                contact=settings.contact,
                phone=settings.phone,
                email=settings.email,
            ),
            equipment=Equipment(
                camera=settings.camera,
                serial=settings.camera_serial,
                other=settings.other_equipment,
                software=f"Hodekamera {version('hodekamera')}",
                system=f"{platform.system()} {platform.release()}"[:80],
                battery=session.machine.battery,
            ),
            room=self._settings.meeting.room if settings.fixed_room else None,
            symptom=told.symptom,
            effect=told.effect,
            events=self.diary.entries,
        )

    def shown(self) -> dict[str, Any] | None:
        """What the status page shows: the open question, the finished report, or nothing."""
        session, words = self._session(), self._words
        if session.trouble and session.window is Window.CHOICE:
            question = "ask_effect" if session.trouble.symptom else "ask_symptom"
            choices = [self._shown[one] for one in Command if one in session.trouble.choices]
            return {"title": words[question], "choices": choices}
        report = self.report()
        if report is None:
            return None
        return {
            "title": words["title"],
            "text": as_text(report, words),
            "to": [self._contact(one, report.recipient) for one in Recipient],
            "note": words["compilo"],
            "files": [
                {"label": words[name], "address": f"report/{name}"}
                for name in ("pdf", "eml", "txt")
            ],
        }

    def _contact(self, one: Recipient, chosen: Recipient) -> dict[str, Any]:
        words, phones = self._words, self._settings.phones
        number = str(getattr(phones, one.value))
        if PLACEHOLDER in number.casefold():
            number = words["not_filled_in"]
        return {"who": words[f"to_{one}"], "number": number, "chosen": one is chosen}

    async def file(self, name: str) -> File | None:
        """The report as a file to take along: `txt`, `pdf` or `eml`; None: there is none."""
        report, words = self.report(), self._words
        if report is None:
            return None
        match name:
            case "txt":
                return File(as_text(report, words).encode(), "text/plain")
            case "eml":
                address = str(getattr(self._settings.report, f"mail_{report.recipient}"))
                return File(as_mail(report, words, address), "message/rfc822")
            case "pdf":
                made: list[bytes] = []
                await in_thread(lambda: made.append(as_pdf(report, words)), "pdf")
                return File(made[0], "application/pdf") if made else None
            case _:
                return None

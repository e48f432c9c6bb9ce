"""PURE: what a report of a technical fault holds (procedure, «Feilmeldinger» a–d).

Free of patient data by construction: everything in it is a choice from a closed list, a code, a
time of day, a version, or what the administrator has written in the settings. There is no field
that a name from the room, a sentence or a room of a single appointment could go into.
"""

from datetime import datetime, time
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agent.checklist.trouble import Effect, Symptom
from agent.config.written import Configured
from agent.faults import Fault
from agent.messages import Part, Recipient

MOST_HAPPENINGS = 20

Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+~#:()/-]{0,79}$")]


class Happening(StrEnum):
    """What happened, technically; the words are in `config/pages/report.yaml` under `did_`."""

    STARTED = "started"
    PART_FAILED = "part_failed"
    PART_BACK = "part_back"
    JOINING = "joining"
    LOBBY = "lobby"
    INSIDE = "inside"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    """Out of the room, as asked."""
    THROWN_OUT = "thrown_out"
    """Out of the room, with a fault."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Entry(_Closed):
    """One line of the course of events."""

    at: time
    what: Happening
    part: Part | None = None
    fault: Fault | None = None


class Customer(_Closed):
    """Field a."""

    name: Configured
    address: Configured
    contact: Configured
    phone: Configured
    email: Configured


class Equipment(_Closed):
    """Field b."""

    camera: Configured
    serial: Configured
    other: Configured
    software: Version
    system: Version
    battery: int | None = Field(ge=0, le=100)
    """Percent of this machine's; None: it does not tell."""


class Report(_Closed):
    """The whole of it."""

    made: datetime
    recipient: Recipient
    customer: Customer
    equipment: Equipment
    room: Configured | None
    """Field c: only of a fixed room."""
    symptom: Symptom
    effect: Effect
    events: Annotated[tuple[Entry, ...], Field(max_length=MOST_HAPPENINGS)]
    """Field d, together with the two above; the oldest first."""

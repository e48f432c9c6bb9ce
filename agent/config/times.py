"""PURE: times of the week that are fixed with the clinic (procedure, step 1)."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

DAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
"""As `datetime.weekday` counts them."""

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class FixedTime(BaseModel):
    """A time of every week, in this machine's local time; the end is not part of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: Literal["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]
    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("order", "not in order", {"expected": "start < end"})
        return self

    def holds(self, now: datetime) -> bool:
        """Whether `now` is within it."""
        begin, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return DAYS[now.weekday()] == self.day and begin <= now.time() < end


def appointed(times: Sequence[FixedTime], now: datetime) -> bool | None:
    """Whether `now` is within any of the times; None: none are fixed."""
    return any(one.holds(now) for one in times) if times else None

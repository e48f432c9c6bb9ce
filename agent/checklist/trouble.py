"""PURE: what a report of a technical fault can say: closed choices, and whom it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent.messages import Command, Recipient


class Symptom(StrEnum):
    """What was wrong; the words are `symptom_` and the value in `config/pages/report.yaml`."""

    NO_PICTURE = "no_picture"
    BAD_PICTURE = "bad_picture"
    NO_SOUND = "no_sound"
    ECHO = "echo"
    CONNECTION_LOST = "connection_lost"
    NOT_LET_IN = "not_let_in"
    CAMERA_MISSING = "camera_missing"
    NOT_HEARD = "not_heard"
    NO_POWER = "no_power"


class Effect(StrEnum):
    """What it did to the work, under `effect_` and the value."""

    WENT_ON = "went_on"
    WENT_ON_IPAD = "went_on_ipad"
    WENT_ON_PHONE = "went_on_phone"
    POSTPONED = "postponed"


SYMPTOMS: Mapping[Command, Symptom] = {
    Command[f"SYMPTOM_{symptom.name}"]: symptom for symptom in Symptom
}
EFFECTS: Mapping[Command, Effect] = {Command[f"EFFECT_{effect.name}"]: effect for effect in Effect}

_RECIPIENTS: Mapping[Symptom, Recipient] = {
    Symptom.CONNECTION_LOST: Recipient.SUPPORT,
    Symptom.NOT_LET_IN: Recipient.SUPPORT,
    Symptom.ECHO: Recipient.SUPERUSER,
    Symptom.NO_POWER: Recipient.SUPERUSER,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the nurse has told of a technical fault."""

    symptom: Symptom | None = None
    effect: Effect | None = None

    @property
    def complete(self) -> bool:
        """Both questions have been answered."""
        return self.symptom is not None and self.effect is not None

    @property
    def choices(self) -> frozenset[Command]:
        """What may be answered to the question that is open."""
        if self.symptom is None:
            return frozenset(SYMPTOMS)
        return frozenset(EFFECTS) if self.effect is None else frozenset()


def recipient(symptom: Symptom) -> Recipient:
    """Whom a report of this is for: the camera's supplier unless the room or the house is meant."""
    return _RECIPIENTS.get(symptom, Recipient.CAMERA_SUPPORT)

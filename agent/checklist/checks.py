"""PURE: what the agent can answer by itself. Facts in; yes, no or unknown out, with the grounds.

A finding is a suggestion beside the point. It never ticks anything: only the nurse answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agent.checklist.model import Check
from agent.faults import Value
from agent.messages import Light, Machine, Participant, RoomState

ENOUGH_BATTERY = 30
"""Percent with which a consultation of an hour can begin."""


class Verdict(StrEnum):
    """The answer to a check."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Ground(StrEnum):
    """Why. The words are in `config/pages/status.yaml`, under `found_` and the value."""

    UNKNOWN = "unknown"
    LOCKED = "locked"
    NOT_LOCKED = "not_locked"
    RECORDED = "recorded"
    DEVICE_MISSING = "device_missing"
    LIGHT_GOOD = "light_good"
    LIGHT_DARK = "light_dark"
    LIGHT_BRIGHT = "light_bright"
    LIGHT_UNEVEN = "light_uneven"
    LIGHT_YELLOW = "light_yellow"
    IN_ROOM = "in_room"
    NOT_IN_ROOM = "not_in_room"
    OTHERS_IN_ROOM = "others_in_room"
    ALONE_IN_ROOM = "alone_in_room"
    CHARGING = "charging"
    BATTERY_GOOD = "battery_good"
    BATTERY_LOW = "battery_low"
    IN_HOURS = "in_hours"
    OUTSIDE_HOURS = "outside_hours"
    NO_NETWORK = "no_network"
    NETWORK_WEAK = "network_weak"
    CONNECTION_LOST = "connection_lost"
    PICTURE_AND_SOUND_GOOD = "picture_and_sound_good"
    ECHO_HEARD = "echo_heard"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to."""

    verdict: Verdict
    ground: Ground
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    """Fills the placeholders of the ground's words."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known just now."""

    in_room: bool | None = None
    """The head camera takes part in the meeting; None: it is on its way in or out."""
    room: RoomState | None = None
    """None: nobody tells."""
    device_missing: bool = False
    """The camera or the microphone was tried and did not work."""
    light: Light = Light.UNKNOWN
    machine: Machine = field(default_factory=Machine)
    hearing: bool = False
    """The microphone works and the nurse can be heard."""
    lost: bool = False
    """The connection to the room is broken and being repaired."""
    weak: bool = False
    """The way to the room is too narrow for the picture."""
    echo: bool = False
    """The room's own sound was heard in the microphone."""


NOTHING_KNOWN = Finding(Verdict.UNKNOWN, Ground.UNKNOWN)


def find(check: Check, facts: Facts) -> Finding:
    """Answer one check."""
    match check:
        case Check.ROOM_LOCKED:
            return _locked(facts.room)
        case Check.OTHERS_PRESENT:
            return _others(facts.room.participants if facts.room else ())
        case Check.LIGHT:
            return _LIGHT[facts.light]
        case Check.DEVICES:
            # That nothing is wrong proves nothing: the camera is open only during a visit.
            missing = Finding(Verdict.NO, Ground.DEVICE_MISSING)
            return missing if facts.device_missing else NOTHING_KNOWN
        case Check.IN_ROOM:
            if facts.in_room is not True and facts.machine.network is False:
                return Finding(Verdict.NO, Ground.NO_NETWORK)
            return _presence(facts.in_room, wanted=True)
        case Check.OUT_OF_ROOM:
            return _presence(facts.in_room, wanted=False)
        case Check.BATTERY:
            return _battery(facts.machine)
        case Check.APPOINTMENT:
            return _APPOINTED[facts.machine.appointed]
        case Check.PICTURE_AND_SOUND:
            return _picture_and_sound(facts)
        case Check.ECHO:
            # That none was heard proves nothing: perhaps nobody in the room has spoken yet.
            return Finding(Verdict.NO, Ground.ECHO_HEARD) if facts.echo else NOTHING_KNOWN


def _locked(room: RoomState | None) -> Finding:
    if room is None:
        return NOTHING_KNOWN
    if room.recording or room.streaming or room.transcribing:
        return Finding(Verdict.NO, Ground.RECORDED)
    if room.locked is None:
        return NOTHING_KNOWN
    if room.locked:
        return Finding(Verdict.YES, Ground.LOCKED)
    return Finding(Verdict.NO, Ground.NOT_LOCKED)


def _others(participants: tuple[Participant, ...]) -> Finding:
    """An empty list is not an empty room: we ourselves would be in it."""
    if not participants:
        return NOTHING_KNOWN
    others = [one for one in participants if not one.is_self and not one.is_waiting]
    if others:
        return Finding(Verdict.YES, Ground.OTHERS_IN_ROOM)
    return Finding(Verdict.NO, Ground.ALONE_IN_ROOM)


def _presence(in_room: bool | None, *, wanted: bool) -> Finding:
    if in_room is None:
        return NOTHING_KNOWN
    ground = Ground.IN_ROOM if in_room else Ground.NOT_IN_ROOM
    return Finding(Verdict.YES if in_room is wanted else Verdict.NO, ground)


def _battery(machine: Machine) -> Finding:
    if machine.battery is None:
        return NOTHING_KNOWN
    values = {"percent": machine.battery}
    if machine.charging:
        return Finding(Verdict.YES, Ground.CHARGING, values)
    if machine.battery >= ENOUGH_BATTERY:
        return Finding(Verdict.YES, Ground.BATTERY_GOOD, values)
    return Finding(Verdict.NO, Ground.BATTERY_LOW, values)


def _picture_and_sound(facts: Facts) -> Finding:
    """The first thing that is wrong; good only when every part of it is known to be."""
    if facts.lost:
        return Finding(Verdict.NO, Ground.CONNECTION_LOST)
    if facts.device_missing:
        return Finding(Verdict.NO, Ground.DEVICE_MISSING)
    if facts.weak:
        return Finding(Verdict.NO, Ground.NETWORK_WEAK)
    light = _LIGHT[facts.light]
    if light.verdict is Verdict.NO:
        return light
    if light.verdict is Verdict.YES and facts.in_room and facts.hearing:
        return Finding(Verdict.YES, Ground.PICTURE_AND_SOUND_GOOD)
    return NOTHING_KNOWN


_APPOINTED = {
    True: Finding(Verdict.YES, Ground.IN_HOURS),
    False: Finding(Verdict.NO, Ground.OUTSIDE_HOURS),
    None: NOTHING_KNOWN,
}
_LIGHT = {
    Light.UNKNOWN: NOTHING_KNOWN,
    Light.GOOD: Finding(Verdict.YES, Ground.LIGHT_GOOD),
    Light.DARK: Finding(Verdict.NO, Ground.LIGHT_DARK),
    Light.BRIGHT: Finding(Verdict.NO, Ground.LIGHT_BRIGHT),
    Light.GLARE: Finding(Verdict.NO, Ground.LIGHT_UNEVEN),
    Light.SHADOW: Finding(Verdict.NO, Ground.LIGHT_UNEVEN),
    Light.WARM: Finding(Verdict.NO, Ground.LIGHT_YELLOW),
    # These hide what the light is like.
    Light.COVERED: NOTHING_KNOWN,
    Light.SHAKING: NOTHING_KNOWN,
    Light.BLURRED: NOTHING_KNOWN,
    Light.FAR: NOTHING_KNOWN,
}

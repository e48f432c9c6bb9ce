"""PURE: what a Pexip node answers and tells, as far as we use it.

Parsing is tolerant: fields come and go with the server's version, so that a missing or odd field
has a default, and unknown ones are ignored. Field names are those of the Pexip client REST API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from aiortc import RTCIceServer

from agent.meeting.ice import usable
from agent.messages import Participant

Fields = Mapping[str, object]

USUAL_LIFE_S = 120.0
WAITING = frozenset({"waiting_room", "ivr"})
INSIDE = frozenset({"conference", "lecture", "gateway", "test_call", "media_playback"})


def fields(value: object) -> Fields:
    """A JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A JSON string, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def flag(value: object) -> bool | None:
    """A boolean in either of the forms that the protocol uses; None: not told."""
    known: Mapping[object, bool] = {"YES": True, "NO": False}
    return value if isinstance(value, bool) else known.get(value) if text(value) else None


def items(value: object) -> list[object]:
    """A JSON list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Token:
    """The right to be there, for a while."""

    value: str = field(repr=False)
    life: float
    """Seconds from its issue."""

    @classmethod
    def parse(cls, result: object) -> "Token | None":
        """From the answer to `request_token` or `refresh_token`; None: not one."""
        value = text(fields(result).get("token"))
        return cls(value, _life(fields(result).get("expires"))) if value else None


@dataclass(frozen=True, slots=True)
class Seat:
    """Our place in the room or before its door: the answer to `request_token`."""

    token: Token
    participant: str
    """Our own participant id."""
    waiting: bool
    servers: tuple[RTCIceServer, ...] = field(default=(), repr=False)
    relay_only: bool = False

    @classmethod
    def parse(cls, result: object) -> "Seat | None":
        """None: this is not a seat."""
        given = fields(result)
        token, participant = Token.parse(result), text(given.get("participant_uuid"))
        if token is None or not participant:
            return None
        return cls(
            token=token,
            participant=participant,
            waiting=text(given.get("current_service_type")) in WAITING,
            servers=(*ice_servers(given.get("stun")), *ice_servers(given.get("turn"))),
            relay_only=given.get("use_relay_candidates_only") is True,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """An accepted call: the answer to `calls`."""

    id: str
    description: str = field(repr=False)
    """The node's session description (SDP)."""
    servers: tuple[RTCIceServer, ...] = field(default=(), repr=False)
    """Relays to try when the direct way fails."""

    @classmethod
    def parse(cls, result: object) -> "Call":
        """Missing fields become empty."""
        given = fields(result)
        return cls(
            id=text(given.get("call_uuid")),
            description=text(given.get("sdp")),
            servers=ice_servers(given.get("turn")),
        )


def ice_servers(value: object) -> tuple[RTCIceServer, ...]:
    """The servers of a `stun` or `turn` list that aiortc can use; it raises at any other."""
    servers = []
    for entry in map(fields, items(value)):
        for url in [entry.get("url"), *items(entry.get("urls"))]:
            if usable(text(url)):
                user, secret = text(entry.get("username")), text(entry.get("credential"))
                servers.append(RTCIceServer(text(url), user or None, secret or None))
    return tuple(servers)


def participant(value: Fields, own: str) -> Participant:
    """A participant object; `own` is our own id."""
    identity = text(value.get("uuid"))
    return Participant(
        id=identity,
        name=text(value.get("overlay_text")) or text(value.get("display_name")),
        is_host=text(value.get("role")) == "chair",
        is_waiting=text(value.get("service_type")) in WAITING,
        is_self=identity == own,
        muted_by_host=flag(value.get("is_muted")) is True,
        muted_by_self=flag(value.get("is_client_muted")) is True,
        presents=flag(value.get("is_presenting")) is True,
    )


def _life(value: object) -> float:
    """Seconds, sent as a string."""
    try:
        seconds = float(str(value))
    except ValueError:
        return USUAL_LIFE_S
    return min(max(seconds, 1.0), 86_400.0) if isfinite(seconds) else USUAL_LIFE_S

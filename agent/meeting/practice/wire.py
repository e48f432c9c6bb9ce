"""PURE: how the Pexip client API writes participants, the room and answers as JSON.

The mixture of `YES`/`NO` and real booleans is the protocol's. Field names are those of the Pexip
client REST API; the official client refuses an answer that lacks a required one.
"""

import json
from http import HTTPStatus

from agent.meeting.practice.news import START, Notice
from agent.meeting.practice.people import Person
from agent.meeting.practice.room import Room

Json = dict[str, object]

STATISTICS_MS = 5000
VERSION = {"version_id": "36", "pseudo_version": "practice"}
NOBODY = ""


def answer(result: object, code: int = HTTPStatus.OK) -> Json:
    """The envelope. Nodes write `success` on 403 too; the official client takes no such 404."""
    is_success = code in (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
    return {"status": "success" if is_success else "failed", "result": result}


def seat(person: Person, room_name: str) -> Json:
    """What a participant gets for a PIN, without the token.

    `stun` is left out on purpose: an empty list makes browsers refuse the whole configuration.
    """
    return {
        "participant_uuid": person.id,
        "display_name": person.name,
        "role": role(person),
        "version": VERSION,
        "current_service_type": _place(person),
        "service_type": "conference",
        "call_type": "video",
        "conference_name": room_name,
        "service_name": room_name,
        "turn": [],
        "use_relay_candidates_only": False,
        "trickle_ice_enabled": True,
        "direct_media": False,
        "vp9_enabled": False,
        "allow_1080p": False,
        "fecc_enabled": False,
        "chat_enabled": False,
        "guests_can_present": True,
        "analytics_enabled": False,
        "rtmp_enabled": False,
        "rtsp_enabled": False,
        "route_via_registrar": False,
        "breakout_rooms": False,
    }


def role(person: Person) -> str:
    """The role as answers about tokens write it; participants have it otherwise."""
    return "HOST" if person.is_host else "GUEST"


def token(value: str, life: float) -> Json:
    """A token; its life goes as a text, in seconds."""
    return {
        "token": value,
        "expires": f"{life:g}",
        "client_stats_update_interval": STATISTICS_MS,
    }


def pin_prompt(guest_needs_pin: bool) -> Json:
    """The answer to somebody who has not said a PIN."""
    guest = "required" if guest_needs_pin else "none"
    return {"pin": "required", "guest_pin": guest, "version": VERSION}


def participant(person: Person) -> Json:
    """A participant, always in full."""
    return {
        "uuid": person.id,
        "display_name": person.name,
        "overlay_text": person.name,
        "uri": NOBODY,
        "local_alias": NOBODY,
        "role": person.role.value,
        "protocol": "webrtc",
        "service_type": _place(person),
        "vendor": person.program,
        "has_media": person.has_media,
        "is_muted": _yes(person.muted),
        "is_client_muted": person.self_muted,
        "is_video_muted": person.video_muted,
        "is_video_silent": False,
        "is_video_call": "YES",
        "is_audio_only_call": "NO",
        "is_presenting": _yes(person.presents),
        "rx_presentation_policy": "ALLOW",
        "encryption": "On",
        "call_direction": "in",
        "disconnect_supported": "YES",
        "mute_supported": "YES",
        "transfer_supported": "NO",
        "fecc_supported": "NO",
        "start_time": person.arrived,
        "buzz_time": person.hand_raised,
        "spotlight": 0,
        "is_external": False,
        "is_streaming_conference": False,
        "external_node_uuid": NOBODY,
        "supports_direct_chat": False,
        "can_receive_personal_mix": False,
        "receive_from_video_mix": {"mix_name": "main", "timestamp": 0},
    }


def conference(room: Room) -> Json:
    """The state of the room. Nothing is ever recorded, streamed or transcribed here."""
    return {
        "locked": room.locked,
        "started": room.started,
        "guests_muted": room.guests_muted,
        "all_muted": False,
        "presentation_allowed": True,
        "guests_can_present": True,
        "guests_can_unmute": False,
        "direct_media": False,
        "live_captions_available": False,
        "breakout_rooms": False,
        "recording": False,
        "streaming": False,
        "transcribing": False,
    }


def layout(room: Room, viewer: Person) -> Json:
    """Who is in the picture: one at a time."""
    return {
        "view": "1:0",
        "participants": room.shown_to(viewer.id)[:1],
        "requested_layout": {"primary_screen": {"chair_layout": "1:0", "guest_layout": "1:0"}},
        "overlay_text_enabled": False,
    }


def notice(told: Notice) -> bytes:
    """One event of a stream."""
    match told.about:
        case Person() as person if told.name == START:
            return event(told.name, presenter(person))
        case Person() as person:
            return event(told.name, participant(person))
        case Room() as room:
            return event(told.name, conference(room))
        case str() as text:
            return event(told.name, {"reason" if told.name == "disconnect" else "uuid": text})
        case _:
            return event(told.name)


def presenter(person: Person) -> Json:
    """Who shows slides."""
    return {
        "presenter_name": person.name,
        "presenter_uri": NOBODY,
        "presenter_uuid": person.id,
    }


def opening(room: Room, viewer: Person) -> bytes:
    """How each stream begins: the roster in brackets, then the state of everything else."""
    people = room.visible_to(viewer).values()
    shows = room.slides_for(viewer.id)
    return b"".join(
        [
            event("participant_sync_begin"),
            *(event("participant_create", participant(person)) for person in people),
            event("participant_sync_end"),
            event("conference_update", conference(room)),
            event("layout", layout(room, viewer)),
            event(START, presenter(shows)) if shows else event("presentation_stop"),
        ]
    )


def event(name: str, data: object = None, number: int | None = None) -> bytes:
    """A server-sent event; one without data carries `null`, since clients skip empty ones."""
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _place(person: Person) -> str:
    return "waiting_room" if person.is_waiting else "conference"


def _yes(value: bool) -> str:
    return "YES" if value else "NO"

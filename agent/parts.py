"""The back-ends that the configuration names: made, but not yet opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.config.settings import Settings
from agent.meeting.base import Meeting
from agent.recognisers import Personal, make_recogniser
from agent.registry import Kind, load, maker
from agent.video.base import Camera
from agent.voice.base import (
    Loudspeaker,
    Microphone,
    Recogniser,
    SoundCleaner,
    Synthesiser,
    VoiceDetector,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each kind. Engines are made in their own process, so here they are factories."""

    camera: Camera
    microphone: Microphone
    loudspeaker: Loudspeaker
    cleaner: SoundCleaner | None
    detector: VoiceDetector
    recogniser: Callable[[], Recogniser]
    synthesiser: Callable[[], Synthesiser]
    meeting: Meeting


def make_parts(
    settings: Settings,
    models: Path,
    pronunciation: Mapping[str, str],
    personal: Personal | None = None,
) -> Parts:
    """One back-end of each kind, as configured.

    models: the folder of the models; pronunciation: word -> what espeak-ng says right; personal:
    from `own_voice`.
    Raises PartError(BACKEND_UNKNOWN, BACKEND_NOT_INSTALLED, DETECTOR_FAILED, CLEANER_FAILED).
    """
    voice = settings.voice
    return Parts(
        camera=make_camera(settings),
        microphone=make_microphone(settings),
        loudspeaker=make_loudspeaker(settings),
        cleaner=make_cleaner(settings),
        detector=load(Kind.DETECTOR, voice.detector)(),
        recogniser=make_recogniser(voice.recogniser, settings, models, pronunciation, personal),
        synthesiser=_voice(settings, pronunciation),
        meeting=load(Kind.MEETING, settings.meeting.service)(),
    )


def make_camera(settings: Settings) -> Camera:
    """The configured one. Raises PartError(BACKEND_UNKNOWN, BACKEND_NOT_INSTALLED)."""
    camera = settings.camera
    film = load(Kind.CAMERA, camera.backend)
    if camera.backend == "pattern":
        drawn: Camera = film(width=camera.width, height=camera.height, rate=camera.rate)
        return drawn
    device: Camera = film(
        names=camera.names,
        width=camera.width,
        height=camera.height,
        rate=camera.rate,
        mains_hz=camera.mains_hz,
        focus=camera.focus,
        white_balance_k=camera.white_balance_k,
    )
    return device


def make_microphone(settings: Settings) -> Microphone:
    """The configured one. Raises PartError(BACKEND_UNKNOWN, BACKEND_NOT_INSTALLED)."""
    name = settings.microphone.backend
    listener = load(Kind.MICROPHONE, name)
    names = settings.microphone.names
    microphone: Microphone = listener() if name == "wavfile" else listener(names=names)
    return microphone


def make_cleaner(settings: Settings) -> SoundCleaner | None:
    """The configured one; None: the sound is left as it is.

    Raises PartError(BACKEND_NOT_INSTALLED, CLEANER_FAILED).
    """
    name = settings.microphone.cleaner
    if name == "none":
        return None
    cleaner: SoundCleaner = load(Kind.CLEANER, name)()
    return cleaner


def make_loudspeaker(settings: Settings) -> Loudspeaker:
    """The configured one. Raises PartError(BACKEND_UNKNOWN, BACKEND_NOT_INSTALLED)."""
    name = settings.loudspeaker.backend
    earpiece = load(Kind.LOUDSPEAKER, name)
    names = settings.loudspeaker.names
    loudspeaker: Loudspeaker = earpiece() if name == "silent" else earpiece(names=names)
    return loudspeaker


def _voice(settings: Settings, pronunciation: Mapping[str, str]) -> Callable[[], Synthesiser]:
    voice = settings.voice
    name = voice.synthesiser
    match name:
        case "espeak":
            words = dict(pronunciation)
            speed = voice.words_per_minute
            return maker(Kind.SYNTHESISER, name, words_per_minute=speed, exceptions=words)
        case "piper":
            return maker(Kind.SYNTHESISER, name, voice.voice_model or "")
        case _:
            return maker(Kind.SYNTHESISER, name)

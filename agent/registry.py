"""Back-end name -> class, imported only when the configuration names it."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from importlib import import_module
from typing import Any

from agent.faults import Fault, PartError


class Kind(StrEnum):
    """The kinds of back-end; the values are the words used in `config/agent.yaml`."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    CLEANER = "cleaner"
    DETECTOR = "detector"
    RECOGNISER = "recogniser"
    SYNTHESISER = "synthesiser"
    LOUDSPEAKER = "loudspeaker"
    MEETING = "meeting"


BACKENDS: dict[Kind, dict[str, str]] = {
    Kind.CAMERA: {
        "opencv": "agent.video.backends.opencv:OpenCvCamera",
        "pattern": "agent.video.backends.pattern:PatternCamera",
    },
    Kind.MICROPHONE: {
        "portaudio": "agent.voice.backends.portaudio:PortAudioMicrophone",
        "wavfile": "agent.voice.backends.wavfile:WavFileMicrophone",
    },
    Kind.CLEANER: {
        "webrtc": "agent.voice.backends.webrtc:WebRtcCleaner",
    },
    Kind.DETECTOR: {
        "silero": "agent.voice.backends.silero:SileroDetector",
    },
    Kind.RECOGNISER: {
        "fused": "agent.voice.backends.fused:FusedRecogniser",
        "phones": "agent.voice.backends.phones:PhoneRecogniser",
        "templates": "agent.voice.backends.templates:TemplateRecogniser",
        "vosk": "agent.voice.backends.vosk:VoskRecogniser",
        "whisper": "agent.voice.backends.whisper:WhisperRecogniser",
    },
    Kind.SYNTHESISER: {
        "espeak": "agent.voice.backends.espeak:EspeakSynthesiser",
        "piper": "agent.voice.backends.piper:PiperSynthesiser",
        "system": "agent.voice.backends.system:SystemSynthesiser",
    },
    Kind.LOUDSPEAKER: {
        "portaudio": "agent.voice.backends.portaudio:PortAudioLoudspeaker",
        "silent": "agent.voice.backends.silent:SilentLoudspeaker",
    },
    Kind.MEETING: {
        "pexip": "agent.meeting.pexip.client:PexipMeeting",
        "whip": "agent.meeting.whip.client:WhipMeeting",
    },
}


def find(kind: Kind, name: str) -> str:
    """Where a back-end is. Raises PartError(BACKEND_UNKNOWN) for a name not in the table."""
    known = BACKENDS[kind]
    if name not in known:
        choices = ", ".join(sorted(known))
        raise PartError(Fault.BACKEND_UNKNOWN, kind=kind.value, name=name, choices=choices)
    return known[name]


def load(kind: Kind, name: str) -> Any:
    """The class of a back-end.

    Raises PartError(BACKEND_UNKNOWN), and PartError(BACKEND_NOT_INSTALLED) when its library is
    missing.
    """
    module, _, attribute = find(kind, name).partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, OSError) as error:
        # OSError: a wheel is there but a system library it needs (PortAudio) is not.
        raise PartError(
            Fault.BACKEND_NOT_INSTALLED, kind=kind.value, name=name, detail=str(error)
        ) from error


def make(kind: Kind, name: str, *arguments: object, **options: object) -> Any:
    """Load a back-end and make one: what an engine does in its own process."""
    return load(kind, name)(*arguments, **options)


def maker(kind: Kind, name: str, *arguments: object, **options: object) -> Callable[[], Any]:
    """What makes the engine in its process. Raises PartError(BACKEND_UNKNOWN) here and now."""
    find(kind, name)
    return partial(make, kind, name, *arguments, **options)

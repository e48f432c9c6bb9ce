"""The recogniser that the configuration names, with its models and the user's own voice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.registry import Kind, maker
from agent.voice.base import Recogniser
from agent.voice.profile import Fit, ProfileStore, Vectors, fingerprint, fit

Personal = Mapping[str, Sequence[Vectors]]
"""Phrase -> somebody's own templates of it."""

PERSONAL = ("fused", "templates")
"""Recognisers that can use them."""

FOLDERS = ("vosk", "whisper")
"""Recognisers whose model is a folder, wherever the administrator put it."""

OWN_MODEL = {
    "fused": "speech-phones",
    "phones": "speech-phones",
    "templates": "speech-embedding",
    "vosk": "vosk-nb",
    "whisper": "whisper-base",
}
"""Recogniser -> the model that it takes when the settings name none."""

WORDS = "speech-words"
"""The folder of the default recogniser's second opinion."""


def make_recogniser(
    name: str,
    settings: Settings,
    models: Path,
    pronunciation: Mapping[str, str],
    personal: Personal | None = None,
) -> Callable[[], Recogniser]:
    """What makes the recogniser `name` in its process, with the rest as configured.

    models: the folder of the models; pronunciation: word -> what espeak-ng says right; personal:
    from `own_voice`. Raises PartError(BACKEND_UNKNOWN).
    """
    configured = settings.voice.model if name == settings.voice.recogniser else None
    model = configured or OWN_MODEL.get(name, name)
    path = models / model if name in FOLDERS else _file(models, model)
    options: dict[str, object] = {}
    if name in PERSONAL and personal:
        options["personal"] = dict(personal)
    if name == "fused":
        options["templates"] = str(template_model(models))
        options["words"] = str(models / WORDS)
    return maker(Kind.RECOGNISER, name, str(path), dict(pronunciation), **options)


def template_model(models: Path) -> Path:
    """The model that templates, synthetic or a user's own, are made with."""
    return _file(models, OWN_MODEL["templates"])


def own_voice(settings: Settings, models: Path, phrases: Collection[str]) -> Fit:
    """What of this user's voice profile is to be used: nothing unless `voice.profile` is set.

    Never raises: a profile that cannot be used is told as the fault, and hearing goes on without.
    """
    voice = settings.voice
    if not voice.profile:
        return Fit()
    if voice.recogniser not in PERSONAL:
        values = {"name": voice.recogniser, "choices": ", ".join(PERSONAL)}
        return Fit(fault=Fault.PROFILE_NOT_USED, values=values)
    try:
        return fit(ProfileStore().load(), fingerprint(template_model(models)), phrases)
    except PartError as error:
        return Fit(fault=error.fault, values=error.values)


def _file(models: Path, model: str) -> Path:
    return models / model / f"{Path(model).name}.onnx"

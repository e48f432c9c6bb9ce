"""The cameras, microphones and loudspeakers of this machine, by the names the settings use."""

from collections.abc import Iterable, Mapping, Sequence

from agent.config.texts import Texts
from agent.faults import PartError


def list_devices(words: Mapping[str, str], texts: Texts) -> Iterable[str]:
    """Lines for the terminal. What cannot be asked is told as a fault, the rest still listed."""
    yield words["cameras"]
    yield from _listed(_cameras(), words)
    try:
        inputs, outputs = _sound_devices()
    except PartError as error:
        yield f"{error.fault.value}: {texts.explain(error.fault, error.values)}"
        return
    yield words["microphones"]
    yield from _listed(inputs, words)
    yield words["loudspeakers"]
    yield from _listed(outputs, words)


def _listed(names: Sequence[str], words: Mapping[str, str]) -> Iterable[str]:
    yield from (f"  {name}" for name in names) if names else (words["none_found"],)


def _cameras() -> Sequence[str]:
    # Imported on use: OpenCV and PortAudio take a while, and may be missing.
    from agent.video.backends.opencv import list_cameras

    return list_cameras()


def _sound_devices() -> tuple[Sequence[str], Sequence[str]]:
    from agent.voice.backends.portaudio import list_devices as ask

    inputs, outputs = ask()
    return inputs, outputs

"""What is not wrong with the settings, but not finished; `hodekamera check` tells it with place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agent.config.loading import Loaded
from agent.config.problems import Place
from agent.config.settings import Settings

PLACEHOLDER = "xxx"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to do. The sentence is in `config/pages/cli.yaml` under `word`."""

    word: str
    place: Place
    values: Mapping[str, str]


def unfinished(loaded: Loaded, today: date) -> Iterator[Note]:
    """What still has to be filled in, and a review that is due."""
    settings = loaded.settings
    for path, value in _leaves(settings.model_dump(by_alias=True), ()):
        if isinstance(value, str) and PLACEHOLDER in value.casefold():
            yield _note("warn_placeholder", loaded, *path)
    if not settings.meeting.room and settings.meeting.service == "pexip":
        yield _note("warn_room", loaded, "meeting", "room")
    if _is_due(settings, today):
        due = {"date": settings.site.review_by}
        yield Note("warn_review", _place(loaded, "site", "review_by"), due)


def _is_due(settings: Settings, today: date) -> bool:
    return bool(settings.site.review_by) and date.fromisoformat(settings.site.review_by) < today


def _note(word: str, loaded: Loaded, *path: str) -> Note:
    return Note(word, _place(loaded, *path), {"key": ".".join(path)})


def _place(loaded: Loaded, *path: str) -> Place:
    return loaded.origin(*path) or Place("agent.yaml")


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    else:
        yield path, value

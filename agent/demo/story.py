"""PURE: the consultation that the demonstration plays, as data.

Each cue waits for the state in which a nurse would speak, and then plays her sound file; nothing
in the story tells the agent what was said.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agent.messages import Light
from agent.session import Session, View, Visit


@dataclass(frozen=True, slots=True)
class Speak:
    """Play a sound file into the microphone."""

    sound: str
    """The file's name without variant and ending, e.g. `start_video`."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """Change the light of the scene."""

    stops: float
    """Relative to well lit; -4 is dark."""


@dataclass(frozen=True, slots=True)
class Admit:
    """Wait for the clinician to let the camera in; after a while the stand-in does it."""


Deed = Speak | Lamp | Admit


@dataclass(frozen=True, slots=True)
class Cue:
    """When the session is like this, do that."""

    name: str
    when: Callable[[Session], bool]
    deed: Deed
    limit_s: float = 20.0
    """How long the state may take to come."""


def _at(point: str) -> Callable[[Session], bool]:
    def arrived(session: Session) -> bool:
        progress = session.progress
        return progress is not None and progress.point is not None and progress.point.id == point

    return arrived


def _visit(visit: Visit) -> Callable[[Session], bool]:
    return lambda session: session.visit is visit


def _no_list(session: Session) -> bool:
    return session.progress is None


def _inside(session: Session) -> bool:
    return session.visit is Visit.INSIDE and session.progress is None


def _light(light: Light) -> Callable[[Session], bool]:
    return lambda session: session.light is light


def _view(view: View) -> Callable[[Session], bool]:
    return lambda session: session.view is view


BEFORE = (
    Cue("forberedelser", _no_list, Speak("vis_forberedelser")),
    Cue("f01", _at("f01_avtale"), Speak("klart")),
    Cue("f02", _at("f02_ekstra_utstyr"), Speak("ikke_aktuelt")),
    Cue("f05", _at("f05_enheter"), Speak("klart")),
    Cue("f06", _at("f06_stroem"), Speak("lukk_listen")),
)
JOIN = (
    Cue("start", _no_list, Speak("start_video")),
    Cue("lobby", _visit(Visit.LOBBY), Admit()),
)
BEGIN = (
    Cue("oppstart", _inside, Speak("vis_oppstart")),
    Cue("o01", _at("o01_presentasjon"), Speak("klart")),
    Cue("o02", _at("o02_identitet"), Speak("lukk_listen")),
)
CARE = (
    Cue("dark", _inside, Lamp(-4.0)),
    Cue("recover", _light(Light.DARK), Lamp(0.0)),
    Cue("freeze", _light(Light.GOOD), Speak("frys_bildet")),
    Cue("continue", _view(View.FROZEN), Speak("fortsett_video")),
)
END = (
    Cue("avslutning", _view(View.LIVE), Speak("vis_avslutning")),
    Cue("a01", _at("a01_ny_avtale"), Speak("klart")),
    Cue("a02", _at("a02_ipad"), Speak("ikke_aktuelt")),
    Cue("a03", _at("a03_hodekamera"), Speak("avslutt_video")),
    Cue("a04", _at("a04_sprit_etter"), Speak("klart")),
)
WHOLE: tuple[Cue, ...] = (*BEFORE, *JOIN, *BEGIN, *CARE, *END)

FAST: tuple[Cue, ...] = (
    BEFORE[0],
    Cue("f01", _at("f01_avtale"), Speak("lukk_listen")),
    *JOIN,
    *CARE,
    Cue("end", _view(View.LIVE), Speak("avslutt_video")),
)
"""The same consultation with fewer checklist points, for tests."""


def finished(session: Session) -> bool:
    """The story is over: outside again, and no list open."""
    return session.visit is Visit.OUTSIDE and session.progress is None

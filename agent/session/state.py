"""PURE: where a consultation is, what may be said now, and what leaves the machine.

What is sent and what is listened for are *computed* from the state, never patched beside it, so
no transition can forget to stop the picture.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from itertools import product

from agent.checklist.checks import Facts, Finding, Verdict, find
from agent.checklist.engine import Progress
from agent.checklist.model import Answer, Check, Checklist
from agent.checklist.trouble import EFFECTS, SYMPTOMS, Trouble
from agent.messages import (
    Ability,
    Action,
    Command,
    Light,
    LightFound,
    Machine,
    Part,
    Phrase,
    Picture,
    RoomState,
    Say,
    SetTimer,
    Timer,
    Transmit,
    Zoom,
)


class Visit(Enum):
    """How far we are in the meeting room."""

    OUTSIDE = auto()
    JOINING = auto()
    LOBBY = auto()
    INSIDE = auto()
    RECONNECTING = auto()
    ENDING = auto()
    """«Avslutt video» was said: nothing is sent; «avbryt» undoes it for a few seconds."""
    LEAVING = auto()
    """The seat is being given back."""


class View(Enum):
    """What the nurse lets the room see while inside."""

    LIVE = auto()
    FROZEN = auto()
    PAUSED = auto()
    """Neither picture nor sound leaves."""


class Window(Enum):
    """Which short words are listened for. There is one at a time: only one question is open."""

    CLOSED = auto()
    ANSWER = auto()
    """A checklist point waits for «klart», «nei», ..."""
    CONFIRM = auto()
    """A question waits for «bekreft» or «avbryt»."""
    CHOICE = auto()
    """A question waits for one of the answers that stand on the screen."""


class ListId(StrEnum):
    """The checklists that commands open; the values are file names in `config/checklists`."""

    PREPARATIONS = "forberedelser"
    START = "oppstart"
    DURING = "under"
    """No command opens it: nothing is asked while the wound is cared for."""
    ENDING = "avslutning"
    DOCUMENTATION = "dokumentasjon"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration decides about a consultation. Times in seconds.

    The windows that wait for the nurse are counted from when the agent has stopped talking.
    """

    checklists: Mapping[str, Checklist] = field(hash=False)
    undo_s: float = 4.0
    freeze_s: float = 30.0
    answer_window_s: float = 20.0
    question_s: float = 6.0
    wake_window_s: float = 8.0
    join_limit_s: float = 30.0
    lobby_reminder_s: float = 840.0
    """Join puts people out of its waiting room after 900 s; remind before that."""
    hold_until_locked: bool = False
    """No live picture leaves before the room is locked."""
    announce_newcomers: bool = True
    lamp_by_command: bool = False
    """A command is configured that switches a lamp."""
    speak_names: bool = False
    """Say what somebody who comes in is called."""
    ticked: frozenset[Check] = frozenset()
    """What the agent may tick by itself; without it, only the nurse answers."""
    alert_pause_s: float = 30.0
    """Advice comes at the earliest so long after the alert before it,"""
    alert_repeat_s: float = 120.0
    """and the same advice so long after it was given."""
    battery_low: int = 20
    battery_very_low: int = 10
    """Percent of this machine's battery that are told during a visit."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """What keeps alerts apart."""

    pausing: bool = False
    """One was told a moment ago; advice has to wait."""
    held: tuple[Say, ...] = ()
    """Advice that waits, the oldest first."""
    rests: Mapping[Phrase, int] = field(default_factory=dict, hash=False)
    """Advice -> how many pauses have to pass before it may be told again."""


@dataclass(frozen=True, slots=True)
class Session:
    """One value that says everything about where the consultation is."""

    rules: Rules
    visit: Visit = Visit.OUTSIDE
    view: View = View.LIVE
    muted: bool = False
    zoom: Zoom = Zoom.NORMAL
    room: RoomState = field(default_factory=RoomState)
    light: Light = Light.UNKNOWN
    measuring: bool = False
    """The light is being measured for the checklist's point."""
    light_found: LightFound | None = None
    """What that came to, the last time."""
    abilities: frozenset[Ability] = frozenset()
    """Of the camera that was opened last."""
    resting: bool = False
    called: bool = False
    """«Kamerahjelp» was said a moment ago: what follows is meant for the agent."""
    hinted: bool = False
    """«Si vis kommandoer» was said, and nothing has been understood since."""
    window: Window = Window.CLOSED
    question: Command | None = None
    """The command that waits for «bekreft»; set exactly while `window` is CONFIRM."""
    undo: Command | None = None
    """The command that takes a yellow one back: what «avbryt» means for a few seconds."""
    progress: Progress | None = None
    """The checklist that is open."""
    answers: Mapping[str, Answer] = field(default_factory=dict, hash=False)
    """Answers to all lists so far, by point id. In memory only."""
    number_shown: Command | None = None
    """Whose telephone number stands on the screen."""
    trouble: Trouble | None = None
    """What she has told for the report of a fault; it stands on the screen when it is complete."""
    down: frozenset[Part] = frozenset()
    machine: Machine = field(default_factory=Machine)
    pacing: Pacing = field(default_factory=Pacing)
    weak: bool = False
    """The way to the room is too narrow for the picture."""
    battery_told: Phrase | None = None
    """The level of the battery that has been told in this visit."""
    hearing: bool = False
    """The nurse could be heard, at least once."""


SPEECH_ALLOWANCE_S = 8.0
"""How long a sentence may take before a window that waits for its answer starts to run out."""


def clocks(session: Session, *, spoken: bool = False) -> tuple[SetTimer, ...]:
    """The clocks of whatever waits for a word of the nurse.

    They are set generously when a question is put, and set anew when it has been `spoken`: the
    nurse is not heard while the agent talks, and her seconds are not spent on its sentence.
    """
    rules = session.rules
    waits: list[tuple[Timer, float]] = []
    if session.visit is Visit.ENDING or session.undo is not None:
        waits.append((Timer.UNDO, rules.undo_s))
    if session.called:
        waits.append((Timer.WAKE_WINDOW, rules.wake_window_s))
    match session.window:
        case Window.ANSWER:
            waits.append((Timer.ANSWER_WINDOW, rules.answer_window_s))
        case Window.CONFIRM:
            waits.append((Timer.QUESTION, rules.question_s))
        case Window.CHOICE:
            waits.append((Timer.CHOICE, rules.answer_window_s))
        case Window.CLOSED:
            pass
    allowance = 0.0 if spoken else SPEECH_ALLOWANCE_S
    return tuple(SetTimer(timer, seconds + allowance) for timer, seconds in waits)


Step = tuple[Session, tuple[Action, ...]]
"""What a transition returns: the new session and what is to be done."""


def transmission(session: Session) -> Transmit:
    """What leaves the machine in this state."""
    match session.visit:
        case Visit.OUTSIDE | Visit.LEAVING:
            return Transmit(Picture.NOTHING, sound=False, zoom=session.zoom)
        case Visit.JOINING | Visit.LOBBY:
            return Transmit(Picture.WAITING_CARD, sound=False, zoom=session.zoom)
        case Visit.ENDING:
            return Transmit(Picture.ENDED_CARD, sound=False, zoom=session.zoom)
        case Visit.INSIDE | Visit.RECONNECTING:
            return Transmit(_picture(session), sound=_sound(session), zoom=session.zoom)


def _picture(session: Session) -> Picture:
    if session.view is View.PAUSED:
        return Picture.PAUSE_CARD
    if session.rules.hold_until_locked and session.room.locked is not True:
        return Picture.WAITING_CARD
    return Picture.FROZEN if session.view is View.FROZEN else Picture.LIVE


def _sound(session: Session) -> bool:
    return session.view is not View.PAUSED and not session.muted


QUESTIONS = frozenset({Window.CONFIRM, Window.CHOICE})
"""While one of these is open, a list waits."""

IN_ROOM = frozenset({Visit.INSIDE, Visit.RECONNECTING})
ON_THE_WAY = frozenset({Visit.JOINING, Visit.LOBBY})

_ALWAYS = frozenset({Command.WAKE, Command.END_VIDEO})
_AWAKE = _ALWAYS | {
    Command.STATUS,
    Command.HELP,
    Command.LOUDER,
    Command.QUIETER,
    Command.SPEAK_BOKMAAL,
    Command.SPEAK_NYNORSK,
    Command.REST,
    Command.CALL_CLINIC,
    Command.CALL_SUPERUSER,
    Command.CALL_SUPPORT,
}
_BY_VISIT: Mapping[Visit, frozenset[Command]] = {
    Visit.OUTSIDE: frozenset(
        {
            Command.START_VIDEO,
            Command.OPEN_PREPARATIONS,
            Command.OPEN_DOCUMENTATION,
            Command.MAKE_REPORT,
        }
    ),
    Visit.JOINING: frozenset({Command.CANCEL, Command.PAUSE_VIDEO, Command.OPEN_PREPARATIONS}),
    Visit.LOBBY: frozenset({Command.CANCEL, Command.PAUSE_VIDEO, Command.OPEN_PREPARATIONS}),
    Visit.INSIDE: frozenset(
        {
            Command.PAUSE_VIDEO,
            Command.FREEZE_PICTURE,
            Command.MUTE,
            Command.ZOOM_NORMAL,
            Command.ZOOM_DOUBLE,
            Command.ZOOM_MAX,
            Command.LIGHT_IS_FINE,
            Command.MAKE_REPORT,
            Command.ADJUST_CAMERA,
            Command.LAMP_OFF,
            Command.OPEN_START,
            Command.OPEN_ENDING,
        }
    ),
    Visit.RECONNECTING: frozenset({Command.PAUSE_VIDEO, Command.MUTE}),
    Visit.ENDING: frozenset({Command.CANCEL}),
    Visit.LEAVING: frozenset(),
}
_BY_WINDOW: Mapping[Window, frozenset[Command]] = {
    Window.CLOSED: frozenset(),
    Window.ANSWER: frozenset({Command.DONE, Command.NO, Command.NOT_APPLICABLE}),
    Window.CONFIRM: frozenset({Command.CONFIRM, Command.CANCEL}),
    Window.CHOICE: frozenset({Command.CANCEL}),  # And what `Trouble.choices` says.
}
_CALLED = frozenset({Command.TAKE_PHOTO, Command.LAMP_ON})
"""What is said beside a wound anyway: meant for the agent only after «kamerahjelp»."""
_IN_LIST = frozenset({Command.REPEAT, Command.SKIP, Command.BACK, Command.CLOSE_LIST})


def valid_commands(session: Session) -> frozenset[Command]:
    """What is listened for now. The fewer, the surer: speech outside this is not recognised.

    «Kamerahjelp» and «avslutt video» are always among them. The short words of an answer are
    valid only while their question is open.
    """
    if session.visit is Visit.ENDING:
        return _ALWAYS | {Command.CANCEL}
    if session.window is Window.CONFIRM:
        return _ALWAYS | _BY_WINDOW[Window.CONFIRM]
    if session.window is Window.CHOICE:
        choices = session.trouble.choices if session.trouble else frozenset()
        return _ALWAYS | _BY_WINDOW[Window.CHOICE] | choices
    if session.resting:
        return _ALWAYS
    commands = _AWAKE | _BY_VISIT[session.visit] | _BY_WINDOW[session.window]
    if session.called and session.window is Window.CLOSED:
        commands = commands | _CALLED
    if session.visit in IN_ROOM | ON_THE_WAY and session.view is not View.LIVE:
        commands = commands | {Command.CONTINUE_VIDEO}
    if session.visit in IN_ROOM and session.muted:
        commands = (commands - {Command.MUTE}) | {Command.UNMUTE}
    if session.undo is not None:
        commands = commands | {Command.CANCEL}
    if session.progress is not None:
        commands = commands | _IN_LIST
    return commands


def commands_together() -> Iterator[frozenset[Command]]:
    """Sets of commands that can be valid at the same time; their phrases must not be mixed up."""
    undoable = {Command.CANCEL, Command.CONTINUE_VIDEO}
    yield _ALWAYS | {Command.CANCEL}
    yield _ALWAYS | _BY_WINDOW[Window.CONFIRM]
    yield _ALWAYS | _BY_WINDOW[Window.CHOICE] | frozenset(SYMPTOMS)
    yield _ALWAYS | _BY_WINDOW[Window.CHOICE] | frozenset(EFFECTS)
    for visit, short in product(_BY_VISIT, (frozenset(), _BY_WINDOW[Window.ANSWER], _CALLED)):
        commands = _AWAKE | _BY_VISIT[visit] | short | _IN_LIST | undoable
        yield commands
        yield (commands - {Command.MUTE}) | {Command.UNMUTE}


def found(session: Session, check: Check, light: Light = Light.UNKNOWN) -> Finding:
    """What is known by itself about a checklist point. light: as it is measured now."""
    inside = {Visit.INSIDE: True, Visit.OUTSIDE: False}.get(session.visit)
    facts = Facts(
        in_room=inside,
        room=session.room if inside else None,
        device_missing=bool(session.down & {Part.CAMERA, Part.MICROPHONE}),
        light=light,
        machine=session.machine,
        hearing=session.hearing and Part.RECOGNISER not in session.down,
        lost=session.visit is Visit.RECONNECTING,
        weak=session.weak,
        echo=Phrase.ECHO in session.pacing.rests,
    )
    return find(check, facts)


def checked(session: Session, check: Check | None) -> bool | None:
    """The same as yes, no, or None for «ukjent»."""
    if check is None:
        return None
    known = {Verdict.YES: True, Verdict.NO: False, Verdict.UNKNOWN: None}
    return known[found(session, check).verdict]

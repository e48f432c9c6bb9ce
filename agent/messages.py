"""The vocabulary that the parts share: what happened (events) and what is to be done (actions).

Voice, video, meeting and checklist do not know each other; they meet in the session through
these words. Events are in the past tense, actions in the imperative. Nothing here does anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from agent.faults import Fault, Value


class Command(StrEnum):
    """What the nurse can ask for. The phrases are in `config/commands.yaml` under these names."""

    WAKE = "wake"
    START_VIDEO = "start_video"
    END_VIDEO = "end_video"
    PAUSE_VIDEO = "pause_video"
    CONTINUE_VIDEO = "continue_video"
    FREEZE_PICTURE = "freeze_picture"
    TAKE_PHOTO = "take_photo"
    MUTE = "mute"
    UNMUTE = "unmute"
    ZOOM_NORMAL = "zoom_normal"
    ZOOM_DOUBLE = "zoom_double"
    ZOOM_MAX = "zoom_max"
    LIGHT_IS_FINE = "light_is_fine"
    ADJUST_CAMERA = "adjust_camera"
    LAMP_ON = "lamp_on"
    LAMP_OFF = "lamp_off"
    STATUS = "status"
    HELP = "help"
    OPEN_PREPARATIONS = "open_preparations"
    OPEN_START = "open_start"
    OPEN_ENDING = "open_ending"
    OPEN_DOCUMENTATION = "open_documentation"
    DONE = "done"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"
    REPEAT = "repeat"
    SKIP = "skip"
    BACK = "back"
    CLOSE_LIST = "close_list"
    LOUDER = "louder"
    QUIETER = "quieter"
    SPEAK_BOKMAAL = "speak_bokmaal"
    SPEAK_NYNORSK = "speak_nynorsk"
    REST = "rest"
    CALL_CLINIC = "call_clinic"
    CALL_SUPERUSER = "call_superuser"
    CALL_SUPPORT = "call_support"
    MAKE_REPORT = "make_report"
    SYMPTOM_NO_PICTURE = "symptom_no_picture"
    SYMPTOM_BAD_PICTURE = "symptom_bad_picture"
    SYMPTOM_NO_SOUND = "symptom_no_sound"
    SYMPTOM_ECHO = "symptom_echo"
    SYMPTOM_CONNECTION_LOST = "symptom_connection_lost"
    SYMPTOM_NOT_LET_IN = "symptom_not_let_in"
    SYMPTOM_CAMERA_MISSING = "symptom_camera_missing"
    SYMPTOM_NOT_HEARD = "symptom_not_heard"
    SYMPTOM_NO_POWER = "symptom_no_power"
    EFFECT_WENT_ON = "effect_went_on"
    EFFECT_WENT_ON_IPAD = "effect_went_on_ipad"
    EFFECT_WENT_ON_PHONE = "effect_went_on_phone"
    EFFECT_POSTPONED = "effect_postponed"
    CONFIRM = "confirm"
    CANCEL = "cancel"


class Phrase(StrEnum):
    """What the agent says. The sentences are in `config/texts.yaml` under these names."""

    READY = "ready"
    YES = "yes"
    OK = "ok"
    NOT_NOW = "not_now"
    NOT_UNDERSTOOD = "not_understood"
    CANCELLED = "cancelled"
    JOINING = "joining"
    ALREADY_JOINING = "already_joining"
    ALREADY_IN_ROOM = "already_in_room"
    ASK_TO_BE_LET_IN = "ask_to_be_let_in"
    STILL_WAITING = "still_waiting"
    IN_LOCKED_ROOM = "in_locked_room"
    IN_OPEN_ROOM = "in_open_room"
    VIDEO_IS_ON = "video_is_on"
    ROOM_LOCKED = "room_locked"
    ROOM_UNLOCKED = "room_unlocked"
    NEW_PARTICIPANT = "new_participant"
    NAMED_PARTICIPANT = "named_participant"
    RECORDING = "recording"
    STREAMING = "streaming"
    TRANSCRIBING = "transcribing"
    MUTED_BY_HOST = "muted_by_host"
    UNMUTED_BY_HOST = "unmuted_by_host"
    CONNECTION_LOST = "connection_lost"
    CONNECTION_BACK = "connection_back"
    VIDEO_NOT_ON = "video_not_on"
    ENDING = "ending"
    ENDED = "ended"
    END_UNDONE = "end_undone"
    PAUSED = "paused"
    CONTINUED = "continued"
    NOT_PAUSED = "not_paused"
    FROZEN = "frozen"
    FREEZE_OVER = "freeze_over"
    NO_PHOTOS = "no_photos"
    MUTED = "muted"
    UNMUTED = "unmuted"
    ALREADY_UNMUTED = "already_unmuted"
    ZOOM_IS_NORMAL = "zoom_is_normal"
    ZOOM_IS_DOUBLE = "zoom_is_double"
    ZOOM_IS_MAX = "zoom_is_max"
    TALKING_MUTED = "talking_muted"
    ECHO = "echo"
    NETWORK_WEAK = "network_weak"
    BATTERY_LOW = "battery_low"
    BATTERY_VERY_LOW = "battery_very_low"
    LENS_COVERED = "lens_covered"
    TOO_DARK = "too_dark"
    STILL_DARK = "still_dark"
    TOO_BRIGHT = "too_bright"
    STILL_BRIGHT = "still_bright"
    GLARE = "glare"
    SHADOW = "shadow"
    SHAKING = "shaking"
    BLURRED = "blurred"
    TOO_FAR = "too_far"
    TOO_WARM = "too_warm"
    LIGHT_GOOD_AGAIN = "light_good_again"
    LIGHT_ACCEPTED = "light_accepted"
    LIGHT_FOUND_GOOD = "light_found_good"
    LIGHT_FOUND_UNEVEN = "light_found_uneven"
    LIGHT_FOUND_UNKNOWN = "light_found_unknown"
    ADJUSTING = "adjusting"
    CANNOT_ADJUST = "cannot_adjust"
    LAMP_IS_ON = "lamp_is_on"
    LAMP_IS_OFF = "lamp_is_off"
    NO_LAMP = "no_lamp"
    LAMP_FAILED = "lamp_failed"
    STATUS_OUTSIDE = "status_outside"
    STATUS_WAITING = "status_waiting"
    STATUS_IN_ROOM = "status_in_room"
    COMMANDS_ON_SCREEN = "commands_on_screen"
    LIST_CLOSED = "list_closed"
    LIST_FINISHED = "list_finished"
    LIST_FINISHED_WITH_OPEN = "list_finished_with_open"
    POINT = "point"
    POINT_STILL_OPEN = "point_still_open"
    TICKED = "ticked"
    NO_LIST_OPEN = "no_list_open"
    NOTED_AS_OPEN = "noted_as_open"
    WINDOW_CLOSED = "window_closed"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"
    LANGUAGE_CHANGED = "language_changed"
    RESTING = "resting"
    ASK_CALL_CLINIC = "ask_call_clinic"
    ASK_CALL_SUPERUSER = "ask_call_superuser"
    ASK_CALL_SUPPORT = "ask_call_support"
    ASK_SYMPTOM = "ask_symptom"
    ASK_EFFECT = "ask_effect"
    REPORT_READY = "report_ready"
    NUMBER_ON_SCREEN = "number_on_screen"
    NO_ANSWER = "no_answer"
    PART_BACK = "part_back"


class Part(StrEnum):
    """A part that can fail and come back while the others go on."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    LOUDSPEAKER = "loudspeaker"
    RECOGNISER = "recogniser"
    SYNTHESISER = "synthesiser"


class Word(StrEnum):
    """A word that stands in a sentence's placeholder; its forms are labels in `texts.yaml`."""

    MICROPHONE_ON = "microphone_on"
    MICROPHONE_MUTED = "microphone_muted"
    MICROPHONE_MUTED_BY_HOST = "microphone_muted_by_host"
    PICTURE_LIVE = "picture_live"
    PICTURE_FROZEN = "picture_frozen"
    PICTURE_PAUSED = "picture_paused"
    ROOM_LOCKED = "room_locked"
    ROOM_OPEN = "room_open"
    ROOM_UNKNOWN = "room_unknown"


class Recipient(StrEnum):
    """Whom a report is for. Compilo is none of them: it takes deviations of the service."""

    CAMERA_SUPPORT = "camera_support"
    """The head camera's supplier."""
    SUPPORT = "support"
    """Norsk helsenett: Join and the room."""
    SUPERUSER = "superuser"


class Ability(StrEnum):
    """What the camera that is open can be asked for."""

    ADJUST = "adjust"
    """Measure focus and white balance anew."""
    LAMP = "lamp"


class Light(Enum):
    """How good the picture is technically. The faults come in the order in which they are told."""

    UNKNOWN = auto()
    GOOD = auto()
    COVERED = auto()
    """All black: something is before the lens."""
    DARK = auto()
    BRIGHT = auto()
    GLARE = auto()
    SHADOW = auto()
    """One that has arrived; it was not there some seconds ago."""
    SHAKING = auto()
    BLURRED = auto()
    FAR = auto()
    WARM = auto()
    """Yellow light."""


class LightGround(StrEnum):
    """What a measure of the light was made from."""

    TONES = "tones"
    """How bright the picture is,"""
    NOISE = "noise"
    """how noisy,"""
    EXPOSURE = "exposure"
    """and what a calibrated camera tells about its exposure."""


@dataclass(frozen=True, slots=True)
class LightFound:
    """What a steady look at the motif came to; by default nothing could be told."""

    light: Light = Light.UNKNOWN
    grounds: frozenset[LightGround] = frozenset()
    lux: float | None = None
    """At the motif; only from a calibrated camera that tells its exposure."""


class Picture(Enum):
    """What the room sees of us."""

    NOTHING = auto()
    """No call, or no picture in it."""
    WAITING_CARD = auto()
    PAUSE_CARD = auto()
    ENDED_CARD = auto()
    FROZEN = auto()
    """One still from memory."""
    LIVE = auto()


class Zoom(Enum):
    """Absolute zoom; the value is the factor."""

    NORMAL = 1
    DOUBLE = 2
    MAX = 4


class Timer(StrEnum):
    """A clock that the session has asked for. Starting one again replaces it."""

    JOIN_LIMIT = "join_limit"
    LOBBY_REMINDER = "lobby_reminder"
    UNDO = "undo"
    FREEZE_LIMIT = "freeze_limit"
    ANSWER_WINDOW = "answer_window"
    QUESTION = "question"
    CHOICE = "choice"
    WAKE_WINDOW = "wake_window"
    HINT_PAUSE = "hint_pause"
    ALERT_PAUSE = "alert_pause"
    WEAK_NETWORK = "weak_network"


class Urgency(Enum):
    """How a sentence meets another one that is being said or waits."""

    ANSWER = auto()
    """The answer to a command: interrupts what is being said."""
    WARNING = auto()
    """Replaces a waiting warning; waits for a pause in speech, 4 s at most."""
    NEWS = auto()
    """The same, but queues: each of them has to be told."""
    ADVICE = auto()
    """Replaces waiting advice; waits for a pause in speech, much longer."""
    LINE = auto()
    """A checklist line: queues."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text from the configuration in both written forms."""

    nb: str
    nn: str


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in the room. The name is shown, never logged and never spoken by default."""

    id: str
    name: str = field(repr=False)
    is_host: bool = False
    is_waiting: bool = False
    is_self: bool = False
    muted_by_host: bool = False
    muted_by_self: bool = False
    presents: bool = False
    """Shows slides."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """What the meeting service tells about the room. None means that it does not tell."""

    locked: bool | None = None
    recording: bool | None = None
    streaming: bool | None = None
    transcribing: bool | None = None
    started: bool | None = None
    """A host has been there."""
    direct_media: bool | None = None
    """Picture and sound go straight between two participants."""
    muted_by_host: bool = False
    participants: tuple[Participant, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine tells of itself. None: it does not tell."""

    battery: int | None = None
    """Percent, 0 to 100."""
    charging: bool | None = None
    network: bool | None = None
    """It is on some network."""
    appointed: bool | None = None
    """Its clock is within the times that are fixed with the clinic; None: none are fixed."""


# Events: something happened.


@dataclass(frozen=True, slots=True)
class Heard:
    """The nurse asked for something, by voice or by text."""

    command: Command


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something was said that seems to have been meant as a command. What it was, nobody knows."""

    tries: int
    """How many times in a row, this one included; at least 1."""


@dataclass(frozen=True, slots=True)
class Talked:
    """Somebody near the microphone has begun to talk at length, and not to the agent."""


@dataclass(frozen=True, slots=True)
class HeardTwice:
    """What the room says comes out of a second device beside the nurse, too."""


@dataclass(frozen=True, slots=True)
class WaitingForHost:
    """The room is locked or not started: we are in its waiting room."""


@dataclass(frozen=True, slots=True)
class Joined:
    """We are in the room and the media connection stands."""

    room: RoomState


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """Somebody came or left, or the room was locked, recorded, ..."""

    room: RoomState


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The way to the room is broken; the meeting part is repairing it."""


@dataclass(frozen=True, slots=True)
class VisitEnded:
    """We are outside again; `fault` is None when we asked for it."""

    fault: Fault | None = None
    values: Mapping[str, Value] = field(default_factory=dict, hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class LightChanged:
    """The light is worth a word: it has lasted, and the cool-down has passed."""

    light: Light
    repeated: bool = False
    """The same fault was told before and is still there."""


@dataclass(frozen=True, slots=True)
class LightMeasured:
    """The look that `MeasureLight` asked for is over."""

    found: LightFound


@dataclass(frozen=True, slots=True)
class CameraReady:
    """The camera gives pictures."""

    abilities: frozenset[Ability] = frozenset()


@dataclass(frozen=True, slots=True)
class LampFailed:
    """The administrator's command for the lamp did not work."""


@dataclass(frozen=True, slots=True)
class HearingReady:
    """From now on the nurse can be heard; told once."""


@dataclass(frozen=True, slots=True)
class SpeechDone:
    """The agent has said all that it had to say; from now on the nurse can be heard."""


@dataclass(frozen=True, slots=True)
class PartDown:
    """A part failed and will be restarted."""

    part: Part
    fault: Fault
    values: Mapping[str, Value] = field(default_factory=dict, hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class PartUp:
    """A part that was down works again."""

    part: Part


@dataclass(frozen=True, slots=True)
class MachineChanged:
    """This machine's battery, network or place in the day is another than before."""

    machine: Machine


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """The way to the room has become too narrow for the picture, or wide enough again."""

    weak: bool


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the session set has run out."""

    timer: Timer


MeetingEvent = WaitingForHost | Joined | RoomChanged | ConnectionLost
Event = (
    Heard
    | NotUnderstood
    | Talked
    | HeardTwice
    | WaitingForHost
    | Joined
    | RoomChanged
    | ConnectionLost
    | VisitEnded
    | LightChanged
    | LightMeasured
    | CameraReady
    | LampFailed
    | HearingReady
    | SpeechDone
    | PartDown
    | PartUp
    | MachineChanged
    | NetworkChanged
    | TimerFired
)


# Actions: something is to be done.


@dataclass(frozen=True, slots=True)
class Say:
    """Say a sentence in the nurse's ear, and show it."""

    line: Phrase | Sentence | Fault
    urgency: Urgency = Urgency.ANSWER
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    slowly: bool = False
    """It was asked for again."""


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """Begin a visit to the configured meeting room."""


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    """End the visit: hang up, give the seat back, free the camera."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """What leaves the machine from now on. Nothing else decides it."""

    picture: Picture = Picture.NOTHING
    sound: bool = False
    zoom: Zoom = Zoom.NORMAL


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Fire `TimerFired(timer)` after this many seconds."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Forget a timer; not an error if it is not running."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class ChangeVolume:
    """Make the agent's voice and the room's sound louder (+1) or quieter (-1)."""

    step: int


@dataclass(frozen=True, slots=True)
class ChangeLanguage:
    """Speak and write in this form from now on: `nb` or `nn`."""

    form: str


@dataclass(frozen=True, slots=True)
class AcceptLight:
    """The nurse says that the light is fine: no more warnings of the kind that stands."""


@dataclass(frozen=True, slots=True)
class AdjustCamera:
    """Have focus and white balance measured anew."""


@dataclass(frozen=True, slots=True)
class SwitchLamp:
    """The camera's own lamp, or the one that the administrator's command switches."""

    on: bool


@dataclass(frozen=True, slots=True)
class MeasureLight:
    """Look steadily and tell `LightMeasured`; off: it is not wanted any more."""

    on: bool


CameraOrder = AdjustCamera | SwitchLamp | MeasureLight
Action = (
    Say
    | JoinRoom
    | LeaveRoom
    | Transmit
    | SetTimer
    | CancelTimer
    | ChangeVolume
    | ChangeLanguage
    | AcceptLight
    | CameraOrder
)

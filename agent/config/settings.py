"""Every setting with its default, its unit and its limits. `config/agent.yaml` says the same."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from agent.config.times import FixedTime
from agent.config.written import Configured, MailAddress, ReviewDate, Telephone, WebAddress

# Strict: the text «no» is not False, true is not 1.
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Port = Annotated[Whole, Field(ge=0, le=65535)]
Seconds = Annotated[Number, Field(gt=0, le=3600)]
Names = tuple[str, ...]


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, values never change."""

    # Numbers become text: a room or a telephone number may stand without quotation marks.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class MeetingSettings(Section):
    """The closed room."""

    service: str = "pexip"
    server: str = "https://join.nhn.no"
    """Checked against `allowed_hosts` in `agent.config`."""
    room: str = Field(default="", repr=False)
    display_name: Annotated[str, Field(min_length=1, max_length=60)] = "Hodekamera"
    pin_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Name of the environment variable that holds the PIN; the PIN itself is in no file."""
    allowed_hosts: Names = ("join.nhn.no",)
    require_locked: Literal["warn", "hold"] = "warn"
    announce_newcomers: Flag = True
    speak_names: Flag = False
    """Of those who come in. What others call themselves may tell who is a patient."""

    @model_validator(mode="after")
    def _can_be_locked(self) -> Self:
        """A service without a lock would hold the picture back for ever."""
        if self.service == "whip" and self.require_locked == "hold":
            raise PydanticCustomError("lock", "no lock", {"expected": "require_locked: warn"})
        return self


class CameraSettings(Section):
    """The head camera. Size in pixels, rate in pictures a second."""

    backend: str = "opencv"
    names: Names = ()
    width: Annotated[Whole, Field(ge=320, le=3840)] = 1920
    height: Annotated[Whole, Field(ge=180, le=2160)] = 1080
    """What is fetched from the camera, as near as it has it: zoom is cut out of this."""
    rate: Annotated[Whole, Field(ge=5, le=60)] = 30
    mains_hz: Literal[50, 60] = 50
    focus: Annotated[Whole, Field(ge=0, le=65535)] | None = None
    """In the camera's own unit; None: automatic."""
    white_balance_k: Annotated[Whole, Field(ge=2000, le=10000)] | None = None
    """Kelvin; None: automatic."""
    lamp_on: Names = ()
    """A program and its arguments that switches a lamp on, where the camera has none."""
    lamp_off: Names = ()


class SendingSettings(Section):
    """What leaves for the room at most. A larger camera picture gives zoom real detail."""

    width: Annotated[Whole, Field(ge=320, le=1920)] = 1280
    height: Annotated[Whole, Field(ge=180, le=1080)] = 720
    kbps: Annotated[Whole, Field(ge=150, le=8000)] = 2500
    """Of the picture; kilobits per second. Less when the way or the server takes less."""
    steady_zoom: bool = True
    """A zoomed view follows the motif, so that it shakes less."""


class MicrophoneSettings(Section):
    """The nurse's microphone."""

    backend: str = "portaudio"
    names: Names = ()
    cleaner: Literal["webrtc", "none"] = "webrtc"


class LoudspeakerSettings(Section):
    """The nurse's earpiece."""

    backend: str = "portaudio"
    names: Names = ()
    volume: Annotated[Number, Field(ge=0, le=2)] = 1.0


class VoiceSettings(Section):
    """Hearing and speaking."""

    detector: str = "silero"
    recogniser: str = "fused"
    model: str | None = None
    """Folder in `models/`, or anywhere; None is the recogniser's own."""
    profile: Flag = False
    """Use the voice profile that `hodekamera listen --enrol` made, if there is one."""
    synthesiser: str = "espeak"
    voice_model: str | None = None
    """File of the Piper voice, when `synthesiser` is piper."""
    words_per_minute: Annotated[Whole, Field(ge=80, le=300)] = 150
    listen_while_speaking: Flag = False
    shortest_s: Annotated[Number, Field(ge=0.05, le=1)] = 0.12
    longest_s: Annotated[Number, Field(ge=1, le=10)] = 3.4
    pre_roll_s: Annotated[Number, Field(ge=0, le=1)] = 0.3
    draft_s: Annotated[Number, Field(ge=0.1, le=1)] = 0.12
    early_s: Annotated[Number, Field(ge=0.1, le=2)] = 0.26
    hang_over_s: Annotated[Number, Field(ge=0.1, le=2)] = 0.4
    """Silence counts as `SegmenterSettings` says; where it is the shortest, it stands for all."""
    threshold_green: Annotated[Number, Field(ge=-2, le=10)] = 0.3
    threshold_yellow: Annotated[Number, Field(ge=-2, le=10)] = 0.7
    threshold_red: Annotated[Number, Field(ge=0, le=10)] = 1.5
    """Natural log-odds, as `agent.voice.decision` needs them."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """What can do more harm needs no less certainty."""
        if not self.threshold_green <= self.threshold_yellow <= self.threshold_red:
            order = "threshold_green ≤ threshold_yellow ≤ threshold_red"
            raise PydanticCustomError("order", "not in order", {"expected": order})
        return self


LightFault = Literal[
    "covered", "dark", "bright", "glare", "shadow", "shaking", "blurred", "far", "warm"
]


class LightSettings(Section):
    """When the picture is worth a word."""

    window_s: Annotated[Number, Field(ge=1.5, le=60)] = 3.0
    settle_s: Seconds = 2.0
    cool_down_s: Seconds = 60.0
    max_per_kind: Annotated[Whole, Field(ge=0, le=20)] = 2
    pause_s: Seconds = 20.0
    max_in_five_minutes: Annotated[Whole, Field(ge=0, le=20)] = 3
    enter_margin: Annotated[Number, Field(ge=0, le=10)] = 2.0
    leave_margin: Annotated[Number, Field(ge=0, le=10)] = 0.6
    shown_only: tuple[LightFault, ...] = ("glare",)
    """Faults that stand on the status page but are never told."""


TickedCheck = Literal["appointment", "battery", "others_present", "room_locked"]
"""The checks of checklist points that can be known to be well."""


class ConsultationSettings(Section):
    """The clocks of a consultation."""

    undo_s: Annotated[Number, Field(ge=2, le=30)] = 4.0
    freeze_s: Annotated[Number, Field(ge=5, le=30)] = 30.0
    answer_window_s: Annotated[Number, Field(ge=5, le=120)] = 20.0
    question_s: Annotated[Number, Field(ge=4, le=60)] = 6.0
    wake_window_s: Annotated[Number, Field(ge=4, le=60)] = 8.0
    join_limit_s: Annotated[Number, Field(ge=10, le=120)] = 30.0
    lobby_reminder_s: Annotated[Number, Field(ge=30, le=890)] = 840.0
    tick_by_itself: tuple[TickedCheck, ...] = ()
    """Checks whose points the agent ticks when they are well; otherwise only the nurse answers."""


Percent = Annotated[Whole, Field(ge=0, le=100)]


class AlertSettings(Section):
    """Technical alerts during a visit."""

    pause_s: Annotated[Number, Field(ge=10, le=300)] = 30.0
    repeat_s: Annotated[Number, Field(ge=10, le=3600)] = 120.0
    battery_low: Percent = 20
    battery_very_low: Percent = 10

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """The last warning comes last."""
        if self.battery_very_low >= self.battery_low:
            expected = {"expected": "battery_very_low < battery_low"}
            raise PydanticCustomError("order", "not in order", expected)
        return self


class PhoneSettings(Section):
    """Telephone numbers that are shown, never dialled."""

    clinic: Telephone = "32 72 58 12"
    superuser: Telephone = "xxx"
    support: Telephone = "24 20 00 00"
    camera_support: Telephone = "90 60 64 33"


class ReportSettings(Section):
    """What stands in the report of a fault, and where it goes. Nothing about patients."""

    customer: Configured = ""
    address: Configured = ""
    contact: Configured = ""
    phone: Telephone = ""
    email: MailAddress = ""
    camera: Configured = ""
    camera_serial: Configured = ""
    other_equipment: Configured = ""
    fixed_room: Flag = False
    """`meeting.room` is the same room every time, and may be named."""
    mail_camera_support: MailAddress = ""
    mail_support: MailAddress = ""
    mail_superuser: MailAddress = ""


class LinkSettings(Section):
    """Pages that checklist points lead to, as link and QR code. Empty: not shown."""

    join_guide: WebAddress = ""
    camera_guide: WebAddress = "https://www.jodapro.no/no/komigang"
    virtual_rooms: WebAddress = ""
    sensitive_video: WebAddress = ""
    patient_information: WebAddress = "https://vestreviken.no/behandlinger/videokonsultasjon"
    norm: WebAddress = (
        "https://ehelse.no/normen/normen-for-informasjonssikkerhet-og-personvern-i-helse-og-"
        "omsorgssektoren"
    )
    fact_sheet: WebAddress = "https://www.ehelse.no/normen/faktaark/faktaark-54-videokonsultasjon"
    referral_procedure: WebAddress = ""
    dressing_procedure: WebAddress = ""
    form_with_patient: WebAddress = "https://nettskjema.no/a/konsultasjon-med-pasient-vv"
    form_without_patient: WebAddress = "https://nettskjema.no/a/konsultasjon-uten-pasient-vv"
    registration: WebAddress = ""
    compilo: WebAddress = ""


class SiteSettings(Section):
    """What is particular to the municipality; checklist points depend on it."""

    municipality: str = ""
    clinic_name: str = ""
    epj: Literal["profil", "gerica"] = "profil"
    region: str = "vestre_viken"
    first_time: Flag = False
    responsible: Configured = ""
    """Who answers for the procedure."""
    review_by: ReviewDate = "2023-12-31"
    """When the procedure is to be looked at again («EVALUERING»)."""
    fixed_times: tuple[FixedTime, ...] = (FixedTime(day="onsdag", start="13:00", end="15:00"),)
    """The clinic's times of the week; empty: none are fixed."""


class StatusSettings(Section):
    """The local status page, on loopback."""

    port: Port = 8765


class PracticeSettings(Section):
    """The practice room, on loopback. Port 0: any free one."""

    port: Port = 0
    room: str = "ovingsrom"
    host_pin: SecretStr = SecretStr("2468")


class Settings(Section):
    """All settings."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    language: Literal["nb", "nn"] = "nb"
    meeting: MeetingSettings = MeetingSettings()
    camera: CameraSettings = CameraSettings()
    sending: SendingSettings = SendingSettings()
    microphone: MicrophoneSettings = MicrophoneSettings()
    loudspeaker: LoudspeakerSettings = LoudspeakerSettings()
    voice: VoiceSettings = VoiceSettings()
    light: LightSettings = LightSettings()
    consultation: ConsultationSettings = ConsultationSettings()
    alerts: AlertSettings = AlertSettings()
    phones: PhoneSettings = PhoneSettings()
    report: ReportSettings = ReportSettings()
    links: LinkSettings = LinkSettings()
    site: SiteSettings = SiteSettings()
    status: StatusSettings = StatusSettings()
    practice: PracticeSettings = PracticeSettings()

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, data: Any) -> Any:
        """A section with nothing in it but comments is a section of defaults."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}

"""A checklist as data: what is asked, what stands on the screen, which answers fit."""

from dataclasses import dataclass
from enum import StrEnum

from agent.messages import Command, Sentence


class Answer(StrEnum):
    """What the nurse can answer to a point."""

    DONE = "done"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class Leader(StrEnum):
    """Who leads a point; the agent only cues what the clinician leads (procedure step 9)."""

    NURSE = "nurse"
    CLINICIAN = "clinician"
    AGENT = "agent"


class Check(StrEnum):
    """What the agent can find out by itself. The result is a suggestion, never a tick."""

    ROOM_LOCKED = "room_locked"
    """The room is locked and nothing is recorded, streamed or transcribed."""
    OTHERS_PRESENT = "others_present"
    """Somebody else is in the room."""
    LIGHT = "light"
    """The picture is neither too dark nor too bright."""
    DEVICES = "devices"
    """The camera and the microphone are there; found wanting or unknown, never proven."""
    IN_ROOM = "in_room"
    """The head camera takes part in the meeting."""
    OUT_OF_ROOM = "out_of_room"
    """The head camera has left the meeting."""
    BATTERY = "battery"
    """This machine has power for a consultation; of other devices nobody tells."""
    APPOINTMENT = "appointment"
    """The clock is within the times that are fixed with the clinic."""
    PICTURE_AND_SOUND = "picture_and_sound"
    """Camera, microphone, light and connection are well on our side."""
    ECHO = "echo"
    """The room's own sound comes back through the microphone; found or unknown, never proven."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page that belongs to a point, such as a form to fill in."""

    label: Sentence
    address: str
    answer: Answer | None = None
    """The answer that it belongs to; None: it fits any."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a checklist."""

    id: str
    procedure: tuple[str, ...]
    """The parts of the procedure that it covers, by their id, e.g. «UTFØRELSE 5c»."""
    leader: Leader
    screen: str
    """The procedure's own words, verbatim, one passage a line. Shown, never read aloud."""
    answers: frozenset[Answer]
    prompt: Sentence | None = None
    """What is said in the ear, at most nine words; None: the point only stands on the screen."""
    advice: Sentence | None = None
    """What is said after «nei»."""
    check: Check | None = None
    prompt_good: Sentence | None = None
    """Said instead of `prompt` when `check` came out well."""
    prompt_bad: Sentence | None = None
    """Said instead of `prompt` when `check` came out badly."""
    done_by: Command | None = None
    """The command that is itself the answer, e.g. «start video»."""
    copy_text: str | None = None
    """A heading to copy into the patient record system."""
    links: tuple[Link, ...] = ()
    choice: bool = False
    """«Nei» is an answer like any other and settles it; nothing is wrong then."""
    before_leaving: bool = False
    """Has to be settled while the clinician is still there."""

    def settled(self, answer: Answer | None) -> bool:
        """Whether the answer leaves nothing open."""
        return answer in {Answer.DONE, Answer.NOT_APPLICABLE} or (
            self.choice and answer is Answer.NO
        )


@dataclass(frozen=True, slots=True)
class Checklist:
    """An ordered list of points; `id` is the file's name."""

    id: str
    title: Sentence
    points: tuple[Point, ...]

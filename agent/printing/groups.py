"""PURE: the commands in the order in which a nurse looks for them; one table for every card."""

from agent.checklist.trouble import EFFECTS, SYMPTOMS
from agent.messages import Command

GROUPS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    ("group_always", (Command.WAKE, Command.END_VIDEO, Command.CANCEL)),
    (
        "group_video",
        (
            Command.START_VIDEO,
            Command.PAUSE_VIDEO,
            Command.CONTINUE_VIDEO,
            Command.MUTE,
            Command.UNMUTE,
        ),
    ),
    (
        "group_picture",
        (
            Command.FREEZE_PICTURE,
            Command.ZOOM_NORMAL,
            Command.ZOOM_DOUBLE,
            Command.ZOOM_MAX,
            Command.LIGHT_IS_FINE,
            Command.ADJUST_CAMERA,
            Command.LAMP_ON,
            Command.LAMP_OFF,
        ),
    ),
    (
        "group_lists",
        (
            Command.OPEN_PREPARATIONS,
            Command.OPEN_START,
            Command.OPEN_ENDING,
            Command.OPEN_DOCUMENTATION,
        ),
    ),
    (
        "group_answers",
        (
            Command.DONE,
            Command.NO,
            Command.NOT_APPLICABLE,
            Command.REPEAT,
            Command.SKIP,
            Command.BACK,
            Command.CLOSE_LIST,
        ),
    ),
    (
        "group_help",
        (
            Command.STATUS,
            Command.HELP,
            Command.LOUDER,
            Command.QUIETER,
            Command.SPEAK_NYNORSK,
            Command.SPEAK_BOKMAAL,
            Command.REST,
            Command.CALL_CLINIC,
            Command.CALL_SUPERUSER,
            Command.CALL_SUPPORT,
            Command.CONFIRM,
        ),
    ),
    ("group_report", (Command.MAKE_REPORT, *SYMPTOMS, *EFFECTS)),
)
"""The word for each group in `config/pages/card.yaml`, and its commands."""

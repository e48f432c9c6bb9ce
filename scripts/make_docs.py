"""Writes from the configuration the nurse's command card and what covers the procedure, in `docs/`.

.venv/bin/python scripts/make_docs.py           write them
.venv/bin/python scripts/make_docs.py --check   exit with 1 when they are not up to date
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from agent.checklist.coverage import Part, points_by_part  # noqa: E402  # the path has to be set first
from agent.checklist.loader import load_checklist  # noqa: E402
from agent.checklist.procedure import load_procedure  # noqa: E402
from agent.config.content import load_commands  # noqa: E402
from agent.config.texts import load_words  # noqa: E402
from agent.messages import Command, Sentence  # noqa: E402
from agent.session import ListId  # noqa: E402

CARD = ROOT / "docs" / "kommandokort.md"
COVERAGE = ROOT / "docs" / "prosedyre-dekning.md"

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
            Command.REST,
            Command.CALL_CLINIC,
            Command.CALL_SUPERUSER,
            Command.CALL_SUPPORT,
            Command.CONFIRM,
        ),
    ),
)


def card() -> str:
    """The whole card, in both written forms."""
    words = load_words(ROOT / "config" / "pages" / "card.yaml")
    shown = load_commands(ROOT / "config" / "commands.yaml").shown
    lines = [f"# {words['title'].nb}", "", words["intro"].nb, "", *_rules(words)]
    for group, commands in GROUPS:
        lines += ["", f"## {words[group].nb}", "", "| bokmål | nynorsk | |", "|---|---|---|"]
        lines += [
            f"| **{shown[command].nb}** | **{shown[command].nn}** | {words[command.value].nb} |"
            for command in commands
        ]
    return "\n".join([*lines, "", words["footer"].nb, ""])


def _rules(words: Mapping[str, Sentence]) -> Iterable[str]:
    return (
        f"- {words[name].nb}" for name in ("rule_alone", "rule_forms", "rule_talk", "rule_keyboard")
    )


def coverage() -> str:
    """The procedure, part by part, with what covers each."""
    config = ROOT / "config"
    words = load_words(config / "pages" / "coverage.yaml")
    lists = [load_checklist(config / "checklists" / f"{name}.yaml", None) for name in ListId]
    points = points_by_part(lists)
    rows = [
        f"| {part.id} | {part.text} | {_covered(part, points.get(part.id, ()), words)} |"
        for part in load_procedure(config / "procedure.yaml")
    ]
    head = (
        f"# {words['title'].nb}",
        "",
        words["intro"].nb,
        "",
        words["header"].nb,
        "|---|---|---|",
    )
    return "\n".join([*head, *rows, ""])


def _covered(part: Part, points: Sequence[str], words: Mapping[str, Sentence]) -> str:
    named = (
        ("points", points),
        ("commands", part.commands),
        ("phrases", part.phrases),
        ("settings", part.settings),
    )
    told = [
        words[kind].nb.format(names=", ".join(f"`{name}`" for name in names))
        for kind, names in named
        if names
    ]
    reasons = (("outside", part.outside), ("missing", part.missing))
    told += [part.built_in] if part.built_in else []
    told += [words[kind].nb.format(text=text) for kind, text in reasons if text]
    return "; ".join(told)


def main(arguments: list[str]) -> int:
    """Write or check; the exit status."""
    pages = {CARD: card(), COVERAGE: coverage()}
    if "--check" in arguments:
        return int(any(page.read_text(encoding="utf-8") != text for page, text in pages.items()))
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

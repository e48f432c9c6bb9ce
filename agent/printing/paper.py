"""The card and the list as PDF, one page of A4 each, from the configuration alone.

The same words give the same bytes: no time of making, no random id, no compression.
"""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from agent.checklist.model import Checklist, Leader, Point
from agent.messages import Command, Sentence
from agent.printing.groups import GROUPS

Words = Mapping[str, Sentence]

MARGIN = 34
COLUMN_GAP = 16
SECOND_COLUMN = "group_answers"
"""With this group the card's second column begins."""

INK, SOFT, CALM = "#16242e", "#51636f", "#0b5c73"


def command_card(words: Words, shown: Mapping[Command, Sentence]) -> bytes:
    """What the nurse can say, in both written forms.

    words: `config/pages/card.yaml`; shown: the phrase to show for each command.
    """
    story = [_heading(words["title"].nb), _text(words["intro"].nb, size=10)]
    rules = ("rule_alone", "rule_forms", "rule_talk")
    story += [_text(f"• {words[rule].nb}", size=10) for rule in rules]
    for group, commands in GROUPS:
        if group == SECOND_COLUMN:
            story.append(_column_break())
        story.append(_heading(words[group].nb, small=True))
        story += [_command(shown[command], words[command.value].nb) for command in commands]
    return _page(story, title=words["title"].nb, columns=2)


def clinicians_list(words: Words, checklist: Checklist, clinic: str) -> bytes:
    """The points that the clinician leads, in the procedure's own words, with a box for each.

    words: `config/pages/clinician.yaml`; clinic: its name, may be empty.
    """
    title = words["title"].nb
    story = [_heading(title), _text(words["intro"].nb)]
    if clinic:
        story.insert(1, _text(escape(clinic), size=11))
    for leader in (Leader.CLINICIAN, Leader.AGENT, Leader.NURSE):
        points = [point for point in checklist.points if point.leader is leader]
        if points:
            story.append(_heading(words[f"led_by_{leader}"].nb, small=True))
            story.append(_boxes(points))
    story.append(_text(words["privacy"].nb))
    return _page(story, title=title, columns=1)


def _boxes(points: Sequence[Point]) -> Any:
    from reportlab.platypus import Table, TableStyle

    rows = [[_box(), [*_passages(point)]] for point in points]
    everywhere = (0, 0), (-1, -1)
    look = TableStyle(
        [
            ("VALIGN", *everywhere, "TOP"),
            ("LEFTPADDING", *everywhere, 0),
            ("BOTTOMPADDING", *everywhere, 7),
        ]
    )
    return Table(rows, colWidths=[26, None], style=look, hAlign="LEFT")


def _passages(point: Point) -> Iterator[Any]:
    yield _text(f"<font color='{SOFT}' size='8.5'>{escape(', '.join(point.procedure))}</font>")
    for line in point.screen.splitlines():
        yield _text(escape(line), size=11)


def _command(phrase: Sentence, meaning: str) -> Any:
    forms = dict.fromkeys(f"<b>{escape(form)}</b>" for form in (phrase.nb, phrase.nn))
    return _text(f"{' / '.join(forms)} <font color='{SOFT}'>– {escape(meaning)}</font>", size=10)


def _heading(text: str, *, small: bool = False) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    size = 12 if small else 17
    style = ParagraphStyle(
        *("heading", None),
        fontName="Helvetica-Bold",
        fontSize=size,
        leading=size * 1.2,
        textColor=HexColor(CALM),
        spaceBefore=size * 0.6 if small else 0,
        spaceAfter=2,
        keepWithNext=True,
    )
    return Paragraph(escape(text), style)


def _text(markup: str, *, size: float = 9) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text",
        None,
        fontName="Helvetica",
        fontSize=size,
        leading=size * 1.28,
        textColor=HexColor(INK),
    )
    return Paragraph(markup, style)


def _column_break() -> Any:
    from reportlab.platypus import FrameBreak

    return FrameBreak()


def _box() -> Any:
    """An empty square to tick with a pen."""
    from reportlab.graphics.shapes import Drawing, Rect

    drawing = Drawing(14, 14)
    square: Any = Rect(1, 1, 12, 12)
    square.fillColor = None
    drawing.add(square)
    return drawing


def _page(story: list[Any], *, title: str, columns: int) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    width, height = A4
    each = (width - 2 * MARGIN - (columns - 1) * COLUMN_GAP) / columns
    frames = [
        Frame(
            MARGIN + number * (each + COLUMN_GAP),
            MARGIN,
            each,
            height - 2 * MARGIN,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        for number in range(columns)
    ]
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, title=title, author="", invariant=1, pageCompression=0
    )
    document.addPageTemplates([PageTemplate(frames=frames)])
    document.build(story)
    return buffer.getvalue()

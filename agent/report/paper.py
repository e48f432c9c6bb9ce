"""A report as PDF and as the draft of a mail. Made in memory; nothing is written to disk."""

from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from xml.sax.saxutils import escape

from agent.report.model import Report
from agent.report.writing import Words, as_text, heading, parts, title


def as_pdf(report: Report, words: Words) -> bytes:
    """One or two pages of A4. Takes some tenths of a second: not for the event loop."""
    # Imported on use: most consultations never need a report.
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import (
        Flowable,
        Paragraph,
        SimpleDocTemplate,
        Spacer,
        Table,
        TableStyle,
    )

    styles = getSampleStyleSheet()
    plain = styles["BodyText"]
    story: list[Flowable] = [
        Paragraph(escape(title(report, words)), styles["Title"]),
        *(Paragraph(escape(line), plain) for line in heading(report, words)),
    ]
    for part in parts(report, words):
        rows = [
            [Paragraph(escape(row.name), plain), Paragraph(escape(row.value), plain)]
            for row in part.rows
        ]
        look = TableStyle(
            [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]
        )
        story += [
            Paragraph(escape(part.title), styles["Heading3"]),
            Table(rows, colWidths=[150, 320], style=look, hAlign="LEFT"),
        ]
    story += [Spacer(1, 12), Paragraph(escape(words["no_patients"]), plain)]
    buffer = BytesIO()
    # Invariant: no time of making and no random id in the file.
    document = SimpleDocTemplate(
        buffer, pagesize=A4, title=title(report, words), author="", invariant=1
    )
    document.build(story)
    return buffer.getvalue()


def as_mail(report: Report, words: Words, address: str) -> bytes:
    """The draft of a mail (RFC 5322) that a mail program opens for sending by hand.

    address: the recipient's; empty: it has to be filled in.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = title(report, words)
    if address:
        message["To"] = address
    message["X-Unsent"] = "1"  # Outlook opens it as a draft.
    message.set_content(as_text(report, words))
    return message.as_bytes()

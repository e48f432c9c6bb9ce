"""`hodekamera print`: the command card and the clinician's list as PDF, for this municipality."""

from collections.abc import Callable, Mapping
from pathlib import Path

from agent.config.content import Content
from agent.config.settings import Settings
from agent.config.texts import load_words
from agent.faults import Fault, PartError
from agent.printing.paper import clinicians_list, command_card
from agent.session import ListId

CARD = "kommandokort.pdf"
LIST = "behandlerliste.pdf"


def papers(config: Path, content: Content, settings: Settings) -> Mapping[str, bytes]:
    """File name -> PDF."""
    words = {name: load_words(config / "pages" / f"{name}.yaml") for name in ("card", "clinician")}
    start = content.checklists[ListId.START]
    return {
        CARD: command_card(words["card"], content.phrases),
        LIST: clinicians_list(words["clinician"], start, settings.site.clinic_name),
    }


def print_papers(
    folder: Path, made: Mapping[str, bytes], write: Callable[[str], None], line: str
) -> None:
    """Write them into a folder, and tell of each. Raises PartError(FOLDER_NOT_WRITABLE)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in made.items():
            (folder / name).write_bytes(body)
            write(line.format(file=folder / name))
    except OSError as error:
        raise PartError(Fault.FOLDER_NOT_WRITABLE, folder=str(folder)) from error

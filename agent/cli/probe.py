"""`hodekamera probe`: what a meeting server would require, for the one who administers it."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from agent.config.loading import is_allowed
from agent.config.settings import MeetingSettings, Settings
from agent.config.texts import Texts
from agent.faults import Fault, PartError
from agent.meeting.base import Invitation, Probing
from agent.registry import Kind, load

Write = Callable[[str], None]


async def run_probe(
    address: str | None, settings: Settings, words: Mapping[str, str], texts: Texts, write: Write
) -> int:
    """Write the report; 0 when the server answered, 1 when it did not.

    Raises PartError(HOST_NOT_ALLOWED, BACKEND_UNKNOWN).
    """
    invitation = invited(address, settings.meeting)
    service: Probing = load(Kind.MEETING, settings.meeting.service)()
    write(words["begin"].format(host=urlsplit(invitation.server).netloc))
    try:
        async for finding in service.probe(invitation):
            write(f"  {words[finding.name].format(**finding.values)}")
    except PartError as error:
        write(f"  {error.fault.value}: {texts.explain(error.fault, error.values)}")
        return 1
    if not invitation.room:
        write(f"  {words['without_room']}")
    write(words["end"])
    return 0


def invited(address: str | None, meeting: MeetingSettings) -> Invitation:
    """The configured meeting, or the one at an address that people send to one another.

    address: a server, or a room's link such as `https://join.example.no/webapp/conference/123456`.
    Raises PartError(HOST_NOT_ALLOWED).
    """
    server, room = (meeting.server, meeting.room) if address is None else split(address)
    if not is_allowed(server, meeting.allowed_hosts):
        expected = ", ".join(meeting.allowed_hosts)
        raise PartError(Fault.HOST_NOT_ALLOWED, value=server, expected=expected)
    return Invitation(server, room, meeting.display_name)


def split(address: str) -> tuple[str, str]:
    """Server and room of a link; no room when it names none."""
    whole = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(whole)
    except ValueError:
        return whole, ""
    *_, room = parts.path.rstrip("/").split("/")
    return f"{parts.scheme}://{parts.netloc}", unquote(room)

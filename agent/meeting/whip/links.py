"""PURE: what stands in the headers and the session description of an ingest server's answer."""

import re
from collections.abc import Iterable

from aiortc import RTCIceServer

from agent.meeting.ice import usable

_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_ATTRIBUTE = re.compile(r';\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))')


def ice_servers(links: Iterable[str]) -> tuple[RTCIceServer, ...]:
    """The STUN and TURN servers of `Link` headers that aiortc can use.

    links: the values of all `Link` headers. Those with another relation are ignored.
    """
    found = []
    for target, attributes in (one for link in links for one in _LINK.findall(link)):
        given = {
            name.lower(): quoted or bare for name, quoted, bare in _ATTRIBUTE.findall(attributes)
        }
        password = given.get("credential-type", "password") == "password"
        if "ice-server" in given.get("rel", "").split() and password and usable(target):
            secret = given.get("credential")
            found.append(RTCIceServer(target, given.get("username"), secret))
    return tuple(found)


def takes_all(answer: str) -> bool:
    """Whether the server takes every stream of ours: nothing but `recvonly` (section 4.2)."""
    sections = re.split(r"^m=", answer, flags=re.MULTILINE)[1:]
    return bool(sections) and all(re.search(r"^a=recvonly\s*$", one, re.M) for one in sections)

"""PURE: what has to be changed in session descriptions (SDP) between aiortc and a meeting node."""

import re

_CANDIDATE = "a=candidate:"


def outgoing(offer: str, receive_limit: int) -> str:
    """An offer of aiortc as a video conference node expects it.

    Each section is marked as main picture and sound, not slides; only the sha-256 fingerprint is
    left (aiortc writes three, which real nodes have not been seen to take); link-local IPv6
    candidates, which lead nowhere, are gone.

    receive_limit: bits per second of video that we want to receive at most.
    """
    head, *sections = _sections(offer)
    return _join([head, *(_outgoing_section(section, receive_limit) for section in sections)])


def _outgoing_section(section: list[str], receive_limit: int) -> list[str]:
    kept = [line for line in section if not _is_unwanted(line)]
    connection = next((n for n, line in enumerate(kept) if line.startswith("c=")), 0)
    limit = [f"b=TIAS:{receive_limit}"] if kept[0].startswith("m=video") else []
    return [*kept[: connection + 1], *limit, *kept[connection + 1 :], "a=content:main"]


def ingest(offer: str) -> str:
    """An offer of aiortc as an ingest server expects it (RFC 9725, section 4.4).

    RTP and RTCP share the transport for certain; of the fingerprints only sha-256 is left, and
    link-local IPv6 candidates are gone.
    """
    head, *sections = _sections(offer)
    kept = ([line for line in section if not _is_unwanted(line)] for section in sections)
    return _join([head, *([*section, "a=rtcp-mux-only"] for section in kept)])


def _is_unwanted(line: str) -> bool:
    other_fingerprint = line.startswith("a=fingerprint:") and " " in line and "sha-256" not in line
    return other_fingerprint or (line.startswith(_CANDIDATE) and _address(line).startswith("fe80:"))


def incoming(answer: str) -> str:
    """A node's answer as aiortc needs it.

    A node writes its candidates into the first section only, since all sections share one
    transport; aiortc reads those of the *last* such section, so that it would see none. They are
    repeated in every section. TCP candidates are gone: aioice has no TCP.
    """
    head, *sections = _sections(answer)
    shared = next((found for found in map(_candidates, sections) if found), [])
    return _join([head, *(_incoming_section(section, shared) for section in sections)])


def _incoming_section(section: list[str], shared: list[str]) -> list[str]:
    others = [line for line in section if not line.startswith(_CANDIDATE)]
    return others + (_candidates(section) or shared)


def picture(answer: str) -> str:
    """The section about the main picture; empty if there is none."""
    sections = (section for section in _sections(answer)[1:] if section[0].startswith("m=video"))
    return _join([next(sections, [])])


def send_limit(section: str) -> int | None:
    """Bits per second that the far end wants to get at most (RFC 8866, RFC 3890); None: any."""
    for kind, unit in (("TIAS", 1), ("AS", 1000)):
        found = re.search(rf"(?m)^b={kind}:(\d+)\s*$", section)
        if found and int(found[1]):
            return int(found[1]) * unit
    return None


def first_codec(section: str) -> str:
    """The codec that the far end prefers in this section, such as `H264`; empty if none is said."""
    chosen = re.match(r"m=\w+ \d+ \S+ (\d+)", section)
    found = chosen and re.search(rf"(?m)^a=rtpmap:{chosen[1]} (\w+)/", section)
    return found[1] if found else ""


def _candidates(section: list[str]) -> list[str]:
    return [line for line in section if line.startswith(_CANDIDATE) and _is_udp(line)]


def _is_udp(candidate: str) -> bool:
    # candidate:<foundation> <component> <transport> <priority> <address> <port> typ ...
    return candidate.split()[2:3] in (["udp"], ["UDP"])


def _address(candidate: str) -> str:
    return (candidate.split() + [""] * 5)[4].lower()


def _sections(description: str) -> list[list[str]]:
    """The session part, then one list of lines per m-section."""
    parts: list[list[str]] = [[]]
    for line in filter(None, description.splitlines()):
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def _join(parts: list[list[str]]) -> str:
    return "".join(f"{line}\r\n" for part in parts for line in part)

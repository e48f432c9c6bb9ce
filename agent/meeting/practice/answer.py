"""PURE: what has to be changed in session descriptions (SDP) between aiortc and participants."""

from collections.abc import Iterator

from agent.meeting import sdp

SLIDES = "slides"
RECORDED_LIMIT_KBPS = 1500


def usable(offer: str) -> str:
    """A participant's offer as aiortc needs it.

    Candidates of the first section are repeated in all (see `sdp.incoming`). Names instead of
    addresses (mDNS) are left out: to look them up, we would have to listen to the whole network,
    and the browser reaches us anyway. The end of candidates is left out: after it, aiortc would
    take no more of them, but a browser still sends some.
    """
    return _join(
        line
        for line in sdp.incoming(offer).splitlines()
        if not line.startswith("a=end-of-candidates") and is_usable_candidate(line)
    )


def is_usable_candidate(line: str) -> bool:
    """Whether this is a line that aiortc can use; any line but a candidate is.

    Takes a line of a description or a trickled candidate.
    """
    words = line.removeprefix("a=").split()
    if not words or not words[0].startswith("candidate:"):
        return bool(words)
    return len(words) >= 8 and words[2].lower() == "udp" and not words[4].endswith(".local")


def purposes(offer: str) -> list[str]:
    """What the sections are for, in their order: `audio`, `video`, `slides` or another kind."""
    found: list[str] = []
    for line in offer.splitlines():
        if line.startswith("m="):
            found.append(line.removeprefix("m=").split(" ")[0])
        elif line == f"a=content:{SLIDES}" and found and found[-1] == "video":
            found[-1] = SLIDES
    return found


def first_mid(offer: str) -> str:
    """The name of the first section, whose transport all share."""
    return next((_value(line) for line in offer.splitlines() if line.startswith("a=mid:")), "0")


def labelled(answer: str, offer: str) -> str:
    """The answer with each section marked as main or slides like in the offer; aiortc drops it."""
    contents = _contents(offer)
    lines: list[str] = []
    for line in answer.splitlines():
        lines.append(line)
        if line.startswith("a=mid:") and _value(line) in contents:
            lines.append(f"a=content:{contents[_value(line)]}")
    return _join(lines)


def _contents(offer: str) -> dict[str, str]:
    """Section name -> its content."""
    found: dict[str, str] = {}
    mid = content = ""
    for line in [*offer.splitlines(), "m="]:
        if line.startswith("m="):
            if mid and content:
                found[mid] = content
            mid = content = ""
        elif line.startswith("a=mid:"):
            mid = _value(line)
        elif line.startswith("a=content:"):
            content = _value(line)
    return found


def as_recorded(answer: str) -> str:
    """The answer in the shape that real nodes have been recorded to give.

    Candidates in the first section only, TCP ones among them, and no end of them; one
    fingerprint; feedback for any payload; limits of bandwidth.
    """
    lines: list[str] = []
    section = 0
    for line in answer.splitlines():
        section += line.startswith("m=")
        if not _is_recorded(line, section):
            continue
        lines.append(line)
        lines += _beside(line, section)
    return _join(lines)


def _is_recorded(line: str, section: int) -> bool:
    if line.startswith(("a=rtcp-fb:", "a=end-of-candidates")):
        return False
    if line.startswith("a=fingerprint:"):
        return "sha-256" in line
    return not line.startswith("a=candidate:") or section == 1


def _beside(line: str, section: int) -> list[str]:
    """What stands after this line in a recorded answer."""
    if line.startswith("s="):
        return [f"b=AS:{RECORDED_LIMIT_KBPS}"]
    if line.startswith("c=") and section == 2:
        return [f"b=TIAS:{RECORDED_LIMIT_KBPS * 1000}"]
    if line.startswith("a=mid:"):
        feedback = ["nack", "nack pli", "goog-remb", "transport-cc"] if section > 1 else []
        tcp = "a=candidate:{} 1 TCP {} 192.0.2.7 9 typ host tcptype {}"
        candidates = [
            tcp.format(8, 1019216383, "passive"),
            tcp.format(9, 1015022079, "active"),
        ]
        return [
            f"a=label:{section}",
            "a=connection:new",
            *(f"a=rtcp-fb:* {kind}" for kind in feedback),
            *(candidates if section == 1 else []),
        ]
    return []


def _value(line: str) -> str:
    return line.partition(":")[2].strip()


def _join(lines: Iterator[str] | list[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)

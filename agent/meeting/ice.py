"""PURE: which STUN and TURN servers aiortc can use."""

from aiortc.rtcicetransport import parse_stun_turn_uri


def usable(url: str) -> bool:
    """Whether aiortc takes this address of a server; it raises at any other."""
    try:
        parse_stun_turn_uri(url)
    except ValueError:
        return False
    return True

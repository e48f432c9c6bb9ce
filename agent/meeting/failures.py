"""PURE: which fault a failed request is to the nurse: the network, the name, the lock, the node."""

import errno
import socket

import aiohttp

from agent.faults import Fault, PartError

NO_WAY = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})
"""The system knows no way out: there is no network."""

BUSY = frozenset({408, 429, 500, 502, 503, 504, 520, 529})
"""HTTP statuses of a server that cannot serve now."""

NETWORK = frozenset(
    {
        Fault.SERVER_UNREACHABLE,
        Fault.SERVER_SILENT,
        Fault.SERVER_BUSY,
        Fault.NO_NETWORK,
        Fault.ADDRESS_UNKNOWN,
    }
)
"""What may be over in a moment."""


def failure(error: Exception) -> PartError:
    """What a request's error means; its own text holds the address and is left out."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            fault = Fault.CERTIFICATE_INVALID
        case aiohttp.ClientSSLError():
            fault = Fault.TLS_FAILED
        case aiohttp.ClientConnectorDNSError():
            # For want of any name server it says «try again».
            again = error.os_error.errno == socket.EAI_AGAIN
            fault = Fault.NO_NETWORK if again else Fault.ADDRESS_UNKNOWN
        case aiohttp.ClientConnectorError():
            no_way = error.os_error.errno in NO_WAY
            fault = Fault.NO_NETWORK if no_way else Fault.SERVER_UNREACHABLE
        case aiohttp.ClientResponseError():
            fault = Fault.NOT_A_MEETING_SERVER
        case TimeoutError():
            fault = Fault.SERVER_SILENT
        case _:
            fault = Fault.SERVER_UNREACHABLE
    return PartError(fault)


def is_login_page(status: int, kind: str) -> bool:
    """Whether the network has answered in the server's place: it wants a login first.

    kind: the answer's content type.
    """
    redirected = 300 <= status < 400
    wanted = status in (407, 511)
    return redirected or wanted or (status == 200 and kind == "text/html")

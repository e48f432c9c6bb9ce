"""Serving on this machine alone.

Any web page that somebody opens may try to reach a loopback port. So a request has to name a
loopback host: that is what stops another site's name that was pointed at 127.0.0.1 (DNS rebinding).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from agent.faults import Fault, PartError
from agent.hosts import LOOPBACK


async def listen(runner: web.AppRunner, port: int) -> str:
    """Open a port (0: any free one) on loopback; its address. Raises PartError(PORT_IN_USE)."""
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        raise PartError(Fault.PORT_IN_USE, port=port) from error
    host, bound = runner.addresses[0][:2]
    return f"http://{host}:{bound}"


def loopback_only(headers: Mapping[str, str], also: Collection[str] = ()) -> Middleware:
    """Refuse requests that name another host; put `headers` on the answers.

    also: further names and addresses of this machine that may be named.
    """
    allowed = {LOOPBACK, "localhost", *also}

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.host.rsplit(":", 1)[0] not in allowed:
            raise web.HTTPForbidden
        response = await handler(request)
        if not response.prepared:
            response.headers.update(headers)
        return response

    return check

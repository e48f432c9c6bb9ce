"""What is logged: technical events and fault codes, to the terminal, never to a file.

Our own modules log no speech, room, address, PIN, token or name. Libraries do (aioice logs IP
addresses, aiortc the session description), so they are heard only when something is wrong.
"""

import logging

LIBRARIES = ("aiohttp", "aioice", "aiortc", "asyncio", "concurrent", "pebble", "pyee")


def set_up(*, verbose: bool = False) -> None:
    """Log our bugs, and with `verbose` technical events, to standard error."""
    level = logging.INFO if verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
    # An access log would hold what was asked for.
    logging.getLogger("aiohttp.access").disabled = True

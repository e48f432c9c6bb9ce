"""`hodekamera practice`: the practice room alone, on this machine or on the ward's network."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping

from agent.config.settings import PracticeSettings
from agent.encoders import use_fast_encoders
from agent.meeting.practice import lan
from agent.meeting.practice.server import PracticeRoom

Write = Callable[[str], None]


async def run_practice(
    settings: PracticeSettings,
    page: Mapping[str, str],
    words: Mapping[str, str],
    write: Write,
    *,
    on_network: bool,
) -> None:
    """Keep the room open until interrupted (Ctrl+C, SIGTERM).

    Raises PartError(PORT_IN_USE, NO_NETWORK).
    """
    use_fast_encoders()
    room, guest_pin = _room(settings, page, on_network=on_network)
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on the loop.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with room:
        write(words["practice_link"].format(address=room.page_url))
        if guest_pin is not None:
            pins = {"host": room.host_pin, "guest": guest_pin}
            write(words["practice_pins"].format(**pins))
            write(words["practice_certificate"].format(fingerprint=room.fingerprint))
        write(words["practice_agent"].format(address=room.url, room=settings.room))
        await stop.wait()


def _room(
    settings: PracticeSettings, page: Mapping[str, str], *, on_network: bool
) -> tuple[PracticeRoom, str | None]:
    """The room, and the guests' PIN on a network, where both PINs are made anew."""
    if not on_network:
        pin = settings.host_pin.get_secret_value()
        return PracticeRoom(settings.room, pin, None, settings.port, page, locked=True), None
    host_pin, guest_pin = lan.new_pin(), lan.new_pin()
    return (
        PracticeRoom(
            *(settings.room, host_pin, guest_pin, settings.port, page),
            locked=True,
            lan_address=lan.addresses()[0],
        ),
        guest_pin,
    )

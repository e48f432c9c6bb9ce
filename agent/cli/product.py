"""`hodekamera run`: the agent with this machine's devices and the configured room."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

from agent.app import App
from agent.config.content import Content
from agent.config.settings import Settings
from agent.encoders import use_fast_encoders
from agent.messages import Event, PartDown, VisitEnded
from agent.parts import make_parts
from agent.recognisers import own_voice
from agent.tasks import task_group
from agent.voice.commands import Grammar


async def run_product(
    settings: Settings, content: Content, root: Path, write: Callable[[str], None]
) -> None:
    """Work until interrupted (Ctrl+C, SIGTERM); then leave the room and free the devices.

    root: the folder with `models`. Raises PartError when the agent cannot start at all.
    """
    use_fast_encoders(1000 * settings.sending.kbps)
    models = root / "models"
    own = own_voice(settings, models, Grammar(content.commands).phrases)
    if own.fault is not None:
        write(f"{own.fault.value}: {content.texts.explain(own.fault, own.values)}")
    parts = make_parts(settings, models, content.pronunciation, own.personal)
    app = App(settings, content, parts)
    app.runner.observe(lambda event, _session, _actions: _report(event, app, write))
    words = content.pages["cli"]
    stop = asyncio.Event()
    # Windows has no signal handlers on the loop; there Ctrl+C cancels this coroutine.
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with task_group() as group:
        working = group.create_task(
            app.run(lambda: write(words["running"].format(address=app.screen.server.url)))
        )
        stopping = group.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        stopping.cancel()
    write(words["stopped"])


def _report(event: Event, app: App, write: Callable[[str], None]) -> None:
    """What fails is written in the terminal, with its code and what to do."""
    if isinstance(event, PartDown | VisitEnded) and event.fault is not None:
        write(app.explain(event.fault, event.values))

"""The agent that `bench.start` starts: it tells when it hears, and ends.

Like `agent.__main__` this module imports nothing of the agent at its top, for it is imported anew
in the process of each engine.
"""

import asyncio
import json
import sys
import time
from typing import Any

QUIET = ("microphone.backend=wavfile", "loudspeaker.backend=silent", "status.port=0")
"""No sound card is asked, and no port that might be taken."""

LIMIT_S = 100.0


def main() -> None:
    """The first argument: when this process was asked for, as `time.time()`."""
    clock = Clock(float(sys.argv[1]))
    import agent.cli.commands
    from agent.config.content import load_content
    from agent.config.loading import load_settings

    root = agent.cli.commands.ROOT
    clock.reached("imports")
    settings = load_settings([root / "config" / "agent.yaml"], QUIET).settings
    content = load_content(root / "config", settings)
    clock.reached("settings")
    asyncio.run(_until_it_hears(settings, content, clock))
    sys.stdout.write(json.dumps(clock.figures) + "\n")


class Clock:
    """Seconds since the start, at each step."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self.figures: dict[str, float] = {}

    def reached(self, step: str) -> None:
        """Now."""
        self.figures[step] = time.time() - self._begun


async def _until_it_hears(settings: Any, content: Any, clock: Clock) -> None:
    """As `agent.cli.product.run_product` does, until the first `HearingReady`."""
    import psutil

    from agent.app import App
    from agent.cli.commands import ROOT
    from agent.encoders import use_fast_encoders
    from agent.messages import HearingReady
    from agent.parts import make_parts
    from agent.recognisers import own_voice
    from agent.tasks import task_group
    from agent.voice.commands import Grammar

    use_fast_encoders()
    models = ROOT / "models"
    own = own_voice(settings, models, Grammar(content.commands).phrases)
    parts = make_parts(settings, models, content.pronunciation, own.personal)
    app = App(settings, content, parts)
    hears = asyncio.Event()
    app.runner.observe(
        lambda event, _session, _actions: hears.set() if isinstance(event, HearingReady) else None
    )
    clock.reached("wired")
    async with asyncio.timeout(LIMIT_S), task_group() as group:
        working = group.create_task(app.run(lambda: clock.reached("served")))
        await hears.wait()
        clock.reached("listening")
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        spent = [each.cpu_times() for each in processes]
        clock.figures["cpu_s"] = sum(each.user + each.system for each in spent)
        clock.figures["memory_mb"] = sum(_megabytes(each) for each in processes)
        working.cancel()


def _megabytes(process: Any) -> float:
    """What this process holds alone, and its share of what several do, where that can be told."""
    memory = process.memory_full_info()
    return float(getattr(memory, "pss", memory.uss)) / 1e6


if __name__ == "__main__":
    main()

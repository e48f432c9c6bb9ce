"""`hodekamera listen`: say the phrases, and see what is made of each utterance, and why."""

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from agent.checklist.engine import begin
from agent.cli.enrol import enrol, forget, show
from agent.cli.heard import Screen, Summary, line
from agent.cli.sound import sound
from agent.config.content import Content, rules
from agent.config.problems import ConfigError, Place, Problem
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.hearing import segmenter_settings, thresholds
from agent.messages import Command
from agent.recognisers import make_recogniser, own_voice
from agent.registry import Kind, load
from agent.session import ListId, Session, Visit, Window, valid_commands
from agent.voice.commands import Grammar
from agent.voice.listener import PREPARE_LIMIT_S
from agent.voice.trial import Trial, Tried
from agent.worker import Worker

ALL = "all"


def listen(
    options: argparse.Namespace, settings: Settings, content: Content, root: Path, stream: TextIO
) -> int:
    """Do what was asked for. Exit status 0, and 1 when a profile was not consented to.

    root: the folder with `models`. Raises ConfigError, PartError.
    """
    if options.forget:
        return forget(content, stream)
    if options.profile:
        return show(settings, content, root, stream)
    if options.enrol is not None:
        return enrol(options, settings, content, root, stream)
    state, valid = _state(options.state, settings, content)
    screen, summary = Screen(stream, content.pages["listen"]), Summary()
    screen.say(content.pages["listen"]["phrases"].format(state=state))
    for command in valid:
        screen.say(f"  {content.shown[command]}")
    with suppress(KeyboardInterrupt):
        asyncio.run(
            _try(options, settings, content, root / "models", frozenset(valid), screen, summary)
        )
    for text in summary.lines(content.pages["listen"]):
        screen.say(text)
    return 0


async def _try(
    options: argparse.Namespace,
    settings: Settings,
    content: Content,
    models: Path,
    valid: frozenset[Command],
    screen: Screen,
    summary: Summary,
) -> None:
    words, everything = content.pages["listen"], Grammar(content.commands)
    own = own_voice(settings, models, everything.phrases)
    if own.fault is not None:
        screen.say(f"{own.fault.value}: {content.texts.explain(own.fault, own.values)}")
    if own.personal:
        screen.say(words["profile_on"].format(count=len(own.personal)))

    def tell(tried: Tried) -> None:
        summary.add(tried)
        screen.say(line(tried, words))

    name, pronunciation = settings.voice.recogniser, content.pronunciation
    make = make_recogniser(name, settings, models, pronunciation, own.personal)
    detector = load(Kind.DETECTOR, settings.voice.detector)()
    screen.say(words["preparing"])
    async with Worker(make, Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW) as engine:
        await engine.call(PREPARE_LIMIT_S, "prepare", list(everything.phrases))
        trial = Trial(engine, everything.phrases, Grammar(content.commands, valid), tell)
        async with sound(options.file, settings) as frames:
            screen.say(words["start"])
            try:
                cut = segmenter_settings(settings)
                needed = thresholds(settings)
                await trial.run(frames, detector, cut, needed, screen.level)
            except PartError as error:
                if not (options.file and error.fault is Fault.MICROPHONE_LOST):
                    raise  # Files have an end, and that is where they are lost.


def _state(
    wanted: str | None, settings: Settings, content: Content
) -> tuple[str, tuple[Command, ...]]:
    """The name of a state, and what can be said in it, in the order of the commands.

    Raises ConfigError for a name that is none.
    """
    words, found = content.pages["listen"], states(settings, content)
    names = {words[f"state_{name}"]: name for name in found}
    name = names.get(wanted, wanted) if wanted else ALL
    if name not in found:
        values = {"key": "--state", "value": name, "expected": " | ".join(names)}
        raise ConfigError([Problem(Fault.VALUE_INVALID, Place("--state"), values)])
    valid = tuple(command for command in Command if command in found[name])
    return words[f"state_{name}"], valid


def states(settings: Settings, content: Content) -> Mapping[str, frozenset[Command]]:
    """What can be said in some states of a consultation, and in all of them together."""
    outside = Session(rules(settings, content))
    room = Session(outside.rules, visit=Visit.INSIDE)
    checklist = begin(content.checklists[ListId.START])
    asked = Session(outside.rules, visit=Visit.INSIDE, window=Window.ANSWER, progress=checklist)
    found = {
        "outside": outside,
        "room": room,
        "question": asked,
        "confirm": Session(outside.rules, window=Window.CONFIRM),
        "ending": Session(outside.rules, visit=Visit.ENDING),
        "rest": Session(outside.rules, resting=True),
    }
    valid = {name: valid_commands(session) for name, session in found.items()}
    return {ALL: frozenset(Command), **valid}

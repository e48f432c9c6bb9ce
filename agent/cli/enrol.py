"""`hodekamera listen --enrol`, `--profile` and `--forget`: the voice profile of this user."""

import argparse
import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing, suppress
from datetime import date
from pathlib import Path
from typing import TextIO

from agent.cli.heard import Screen
from agent.cli.sound import sound
from agent.config.content import Content
from agent.config.problems import ConfigError, Place, Problem
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.hearing import segmenter_settings
from agent.messages import Command
from agent.recognisers import make_recogniser, template_model
from agent.registry import Kind, load
from agent.voice.commands import Grammar
from agent.voice.enrolment import (
    TAKES,
    Asked,
    Enrolment,
    Learnt,
    LeftOut,
    News,
    Refused,
    recordings,
)
from agent.voice.listener import PREPARE_LIMIT_S
from agent.voice.profile import Profile, ProfileStore, fingerprint, fit
from agent.worker import Worker

MAKER = "templates"
"""The recogniser whose templates a profile holds."""


def enrol(
    options: argparse.Namespace, settings: Settings, content: Content, root: Path, stream: TextIO
) -> int:
    """Explain, ask, take the recordings. Exit status 1: not without consent.

    Raises ConfigError for a phrase that is none, PartError.
    """
    store, words = ProfileStore(), content.pages["listen"]
    grammar = Grammar(content.commands)
    phrases = chosen(options.enrol, grammar, content)
    model = fingerprint(template_model(root / "models"))
    profile = store.load() or Profile(model, {})
    if profile.model != model:
        raise PartError(Fault.PROFILE_OTHER_MODEL)
    screen = Screen(stream, words)
    screen.say(words["consent"].format(folder=store.folder))
    if not _consents(words["consent_question"], words["consent_yes"]):
        screen.say(words["no_consent"])
        return 1

    def tell(news: News) -> None:
        screen.say(_line(news, content))

    async def work() -> None:
        make = make_recogniser(MAKER, settings, root / "models", content.pronunciation)
        screen.say(words["preparing"])
        async with Worker(make, Fault.RECOGNISER_FAILED, Fault.RECOGNISER_SLOW) as engine:
            await engine.call(PREPARE_LIMIT_S, "prepare", list(grammar.phrases))
            screen.say(words["enrol_start"].format(count=len(phrases)))
            enrolment = Enrolment(engine, rivals, profile, tell, store.save)
            detector = load(Kind.DETECTOR, settings.voice.detector)()
            cut = segmenter_settings(settings)
            async with (
                sound(options.file, settings) as frames,
                aclosing(recordings(frames, detector, cut, screen.level)) as said,
            ):
                await enrolment.run(said, phrases, date.today())

    def rivals(phrase: str) -> Collection[str]:
        command = grammar.command_of(phrase)
        return [other for other in grammar.phrases if grammar.command_of(other) is not command]

    with suppress(KeyboardInterrupt):
        asyncio.run(work())
    kept = store.load()
    screen.say(words["enrolled"].format(count=len(kept.phrases) if kept else 0))
    return 0


def chosen(wanted: Sequence[str], grammar: Grammar, content: Content) -> Sequence[str]:
    """The phrases to record: those named, by themselves or by their command's name in
    `commands.yaml`; else the one that is shown for each command.

    Raises ConfigError for what is neither.
    """
    named = {phrase.casefold(): phrase for phrase in grammar.phrases}
    named |= {command.value: content.shown[command] for command in Command}
    unknown = [text for text in wanted if _plain(text) not in named]
    if unknown:
        expected = ", ".join(sorted(content.shown.values()))
        values = {"key": "--enrol", "value": unknown[0], "expected": expected}
        raise ConfigError([Problem(Fault.VALUE_INVALID, Place("--enrol"), values)])
    phrases = [named[_plain(text)] for text in wanted] or content.shown.values()
    return list(dict.fromkeys(phrases))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _consents(question: str, yes: str) -> bool:
    try:
        return _plain(input(question)) == yes
    except EOFError:
        return False


def _line(news: News, content: Content) -> str:
    words = content.pages["listen"]
    match news:
        case Asked(phrase, number):
            return words["asked"].format(phrase=phrase, number=number, of=TAKES)
        case Refused(why, other):
            return words["again"].format(why=words[f"why_{why.value}"].format(other=other))
        case Learnt(phrase):
            return words["learnt"].format(phrase=phrase)
        case LeftOut(phrase):
            return words["left_out"].format(phrase=phrase)


def show(settings: Settings, content: Content, root: Path, stream: TextIO) -> int:
    """Which phrases, since when, and whether they are used; nothing of the voice.

    Raises PartError.
    """
    store, words = ProfileStore(), content.pages["listen"]
    screen, profile = Screen(stream, words), store.load()
    if profile is None:
        screen.say(words["no_profile"])
        return 0
    screen.say(words["profile"].format(folder=store.folder, count=len(profile.phrases)))
    for phrase, own in sorted(profile.phrases.items()):
        row = {"phrase": phrase, "takes": len(own.templates), "date": own.made.isoformat()}
        screen.say(words["profile_row"].format(**row))
    model = fingerprint(template_model(root / "models"))
    fitting = fit(profile, model, Grammar(content.commands).phrases)
    if fitting.fault is not None:
        sentence = content.texts.explain(fitting.fault, fitting.values)
        screen.say(f"{fitting.fault.value}: {sentence}")
    screen.say(words["profile_used" if settings.voice.profile else "profile_unused"])
    return 0


def forget(content: Content, stream: TextIO) -> int:
    """Delete the profile, readable or not, and its key. Raises PartError(PROFILE_NOT_WRITABLE)."""
    words = content.pages["listen"]
    found = ProfileStore().forget()
    Screen(stream, words).say(words["forgotten" if found else "no_profile"])
    return 0

"""What the command line does: demo, run, type, check, devices, practice, probe, print, models,
listen, bench-words.
"""

import argparse
import asyncio
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from agent import log
from agent.cli.arguments import USAGE_ERROR, parse
from agent.cli.bench_words import bench_words
from agent.cli.devices import list_devices
from agent.cli.light import Terminal, check_light
from agent.cli.listen import listen
from agent.cli.models import run_models
from agent.cli.papers import papers, print_papers
from agent.cli.practice import run_practice
from agent.cli.probe import run_probe
from agent.cli.product import run_product
from agent.cli.terminal import note, say, shown_settings, tell_problems
from agent.cli.tone import check_sound
from agent.config.content import Content, load_content
from agent.config.loading import Loaded, load_settings
from agent.config.problems import ConfigError, Problem
from agent.config.settings import Settings
from agent.config.texts import FaultText, load_faults, load_words
from agent.config.unfinished import unfinished
from agent.demo.run import run_demo
from agent.faults import Fault, PartError
from agent.hosts import LOOPBACK
from agent.parts import make_camera
from agent.status.server import COMMAND_HEADER
from agent.video.calibration import store

ROOT = Path(__file__).resolve().parents[2]
TYPE_LIMIT_S = 5.0


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 good, 1 the answer is no, 2 it could not be done."""
    own = ROOT / "config"
    faults: Mapping[Fault, FaultText] = {}
    try:
        faults = load_faults(own)
        words = {name: text.nb for name, text in load_words(own / "pages" / "cli.yaml").items()}
        options = parse(arguments, words, own)
        log.set_up(verbose=options.verbose)
        if getattr(options, "meeting", None):
            options.set = [*options.set, f"meeting.service={options.meeting}"]
        loaded, content = _load(options)
    except ConfigError as error:
        tell_problems(error.problems, faults)
        return USAGE_ERROR
    try:
        return _do(options, loaded, content)
    except ConfigError as error:
        tell_problems(error.problems, faults)
        return USAGE_ERROR
    except PartError as error:
        sentence = content.texts.explain(error.fault, error.values)
        say(f"{error.fault.value}: {sentence}", sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        say(content.pages["cli"]["stopped"])
        return 0


def _load(options: argparse.Namespace) -> tuple[Loaded, Content]:
    """Settings and content. Raises ConfigError with the problems of both."""
    problems: list[Problem] = []
    loaded = None
    try:
        loaded = load_settings([options.config / "agent.yaml", *options.settings], options.set)
    except ConfigError as error:
        problems += error.problems
    try:
        content = load_content(options.config, loaded.settings if loaded else Settings())
    except ConfigError as error:
        problems += error.problems
    if loaded is None or problems:
        raise ConfigError(problems)
    return loaded, content


def _do(options: argparse.Namespace, loaded: Loaded, content: Content) -> int:
    settings, words = loaded.settings, content.pages["cli"]
    match options.command:
        case "demo":
            how = {"live": options.live, "fast": options.fast, "browser": not options.no_browser}
            return asyncio.run(run_demo(settings, content, ROOT, say, **how))
        case "run":
            asyncio.run(run_product(settings, content, ROOT, say))
        case "type":
            return _type(" ".join(options.text), settings.status.port)
        case "devices":
            for line in list_devices(words, content.texts):
                say(line)
        case "practice":
            page, how = content.pages["practice"], {"on_network": options.lan}
            asyncio.run(run_practice(settings.practice, page, words, say, **how))
        case "probe":
            page = content.pages["probe"]
            return asyncio.run(run_probe(options.address, settings, page, content.texts, say))
        case "listen":
            return listen(options, settings, content, ROOT, sys.stdout)
        case "models":
            page = content.pages["models"]
            return run_models(options, settings, page, content.texts, ROOT / "models", say)
        case "bench-words":
            problems = bench_words(options, settings, content, ROOT, say)
            tell_problems(problems, content.texts.faults)
            return 1 if problems else 0
        case "print":
            made = papers(options.config, content, settings)
            print_papers(options.folder, made, say, words["printed"])
        case "check":
            for line in shown_settings(loaded) if options.show else ():
                say(line)
            for one in unfinished(loaded, date.today()):
                say(note(one, words))
            say(words["check_good"])
            if options.sound:
                page = content.pages["sound"]
                return 0 if asyncio.run(check_sound(settings, page, content.texts, say)) else 1
            if options.light:
                terminal = Terminal(content.pages["light"], say, input)
                return asyncio.run(check_light(make_camera(settings), terminal, store))
    return 0


def _type(text: str, port: int) -> int:
    """Hand a typed command to the agent that runs; 1 when it is none that is valid now."""
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{port}/command", text.encode(), {COMMAND_HEADER: "1"}
    )
    # Loopback is never reached through a proxy, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TYPE_LIMIT_S) as answer:
            result = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise PartError(Fault.AGENT_NOT_RUNNING, port=port) from error
    for sentence in result["said"]:
        say(sentence)
    return 0 if result["known"] else 1

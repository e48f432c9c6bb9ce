"""The house's rules, read from the source: who imports whom, and what nobody does.

A rule is a function that finds its violations in one module. When you add a module, give it a
line in `MAY_IMPORT`; when you add one without clock, files or threads, give it a line in `PURE`.
"""

import ast
from collections.abc import Callable, Iterator

import pytest

from agent.registry import BACKENDS
from tests.source_tree import Module, last_name, modules, names, task_groups, within

WORDS = ("agent.frames", "agent.faults", "agent.messages")
"""The vocabulary: everybody may use it."""

TOOLS = (
    *WORDS,
    "agent.mailbox",
    "agent.playout",
    "agent.worker",
    "agent.supervise",
    "agent.tasks",
    "agent.hosts",
    "agent.loopback",
)

READERS = ("agent.config.problems", "agent.config.strict_yaml")
"""What reads the configuration files."""

BASES = ("agent.voice.base", "agent.video.base", "agent.meeting.base")

VOICE_BRICKS = (
    *("agent.voice.base", "agent.voice.ear", "agent.voice.resample", "agent.voice.wav"),
    *("agent.voice.sparing", "agent.voice.spelling"),
)

MODEL_CHECKS = ("agent.models.manifest", "agent.models.pins")
"""What an engine asks about its model."""

# Module or package -> what of ours it may import. The longest name that fits counts.
# A package may always import itself.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "agent.frames": (),
    "agent.faults": (),
    "agent.messages": ("agent.faults",),
    "agent.mailbox": WORDS,
    "agent.playout": WORDS,
    "agent.worker": WORDS,
    "agent.supervise": WORDS,
    "agent.tasks": (),
    "agent.hosts": (),
    "agent.loopback": (*WORDS, "agent.hosts"),
    "agent.registry": WORDS,
    "agent.log": WORDS,
    "agent.models": (*WORDS, *READERS, "agent.hosts"),
    # The configuration
    "agent.config": (*WORDS, "agent.hosts"),
    "agent.config.content": (
        *(*WORDS, "agent.config", "agent.checklist", "agent.session", "agent.voice.commands"),
    ),
    # The parts, which do not know each other
    "agent.voice": TOOLS,
    "agent.video": TOOLS,
    "agent.meeting": TOOLS,
    "agent.checklist": (*WORDS, *READERS),
    # A back-end knows its base and the bricks that have no clock, device or file
    "agent.voice.backends": (
        "agent.frames",
        "agent.faults",
        "agent.mailbox",
        *MODEL_CHECKS,
        *VOICE_BRICKS,
    ),
    "agent.video.backends": (
        *(*WORDS, "agent.mailbox", "agent.video.base", "agent.video.soundness"),
    ),
    # Where the parts meet
    "agent.session": ("agent.messages", "agent.faults", "agent.checklist"),
    "agent.runner": (*TOOLS, "agent.session"),
    "agent.status": (*WORDS, "agent.loopback", "agent.session", "agent.checklist", "agent.runner"),
    "agent.report": (*WORDS, "agent.config.written", "agent.checklist.trouble"),
    "agent.report.diary": (*WORDS, "agent.session", "agent.report.model"),
    "agent.reporting": (
        *(*TOOLS, "agent.report", "agent.session", "agent.checklist.trouble"),
        *("agent.config", "agent.status.server"),
    ),
    "agent.printing": (*WORDS, "agent.checklist.trouble", "agent.checklist.model"),
    "agent.visit": (*TOOLS, *BASES),
    "agent.recognisers": (
        *(*TOOLS, *BASES, "agent.registry", "agent.config", "agent.voice.profile"),
    ),
    "agent.parts": (*TOOLS, *BASES, "agent.registry", "agent.config", "agent.recognisers"),
    "agent.hearing": (*TOOLS, "agent.voice", "agent.parts", "agent.config"),
    "agent.network": WORDS,
    "agent.machine": (*TOOLS, "agent.config.times"),
    "agent.lamp": TOOLS,
    "agent.light_check": TOOLS,
    "agent.looking": (*TOOLS, "agent.video", "agent.status.meter", "agent.config"),
    "agent.measuring": (*TOOLS, *READERS, "agent.voice"),
    "agent.screen": (
        *(*WORDS, "agent.status", "agent.runner", "agent.session", "agent.voice.commands"),
        *("agent.config", "agent.reporting", "agent.checklist.handoff"),
    ),
    "agent.sending": (*TOOLS, "agent.video", "agent.meeting", "agent.status.meter"),
    "agent.encoders": (
        *("agent.video.encoder", "agent.meeting.aiortc_hooks", "agent.meeting.opus"),
    ),
    # The command line's words and lines
    "agent.cli": (),
    "agent.cli.terminal": (*WORDS, "agent.config"),
    "agent.cli.progress": ("agent.models.get",),
    # The top: everything below
    "agent.app": ("agent",),
    "agent.cli.product": ("agent",),
    "agent.cli.devices": ("agent",),
    "agent.cli.models": ("agent",),
    "agent.cli.papers": (*(*WORDS, "agent.config", "agent.printing", "agent.session"),),
    "agent.cli.practice": ("agent",),
    "agent.cli.probe": ("agent",),
    "agent.cli.bench_words": ("agent",),
    "agent.cli.heard": ("agent.voice",),
    "agent.cli.light": (*WORDS, "agent.video"),
    "agent.cli.sound": ("agent",),
    "agent.cli.tone": ("agent",),
    "agent.cli.enrol": ("agent",),
    "agent.cli.listen": ("agent",),
    "agent.demo": ("agent",),
    "agent.cli.commands": ("agent",),
    "agent.__main__": ("agent",),
}

TOP = (
    *("agent.app", "agent.cli.product", "agent.cli.devices", "agent.cli.models"),
    *("agent.cli.bench_words", "agent.cli.practice", "agent.cli.probe"),
    *("agent.cli.sound", "agent.cli.tone", "agent.cli.enrol", "agent.cli.listen"),
    *("agent.demo", "agent.cli.commands", "agent.__main__"),
)
"""Nothing below may import these. From left to right, each may import those before it."""

PURE = (
    *WORDS,
    *BASES,
    "agent.hosts",
    "agent.network",
    "agent.playout",
    "agent.voice.segmenter",
    "agent.voice.foreground",
    "agent.voice.clearest",
    "agent.voice.sparing",
    "agent.voice.spelling",
    "agent.voice.backends.ctc",
    "agent.voice.backends.whisper_weights",
    "agent.voice.backends.whisper_names",
    "agent.voice.backends.whisper_mel",
    "agent.voice.backends.whisper_onnx",
    "agent.voice.backends.whisper_layers",
    "agent.voice.backends.whisper_graphs",
    "agent.voice.backends.whisper_tree",
    "agent.voice.level",
    "agent.voice.gate",
    "agent.voice.recent",
    "agent.voice.tone",
    "agent.voice.second_device",
    "agent.voice.reference",
    "agent.voice.cleaning",
    "agent.voice.echo",
    "agent.voice.ending",
    "agent.voice.attempts",
    "agent.voice.commands",
    "agent.voice.decision",
    "agent.voice.scoring",
    "agent.measuring.picture",
    "agent.voice.speech_queue",
    "agent.voice.ear",
    "agent.voice.resample",
    "agent.voice.wav",
    "agent.video.ladder",
    "agent.video.picture",
    "agent.video.soundness",
    "agent.video.diary",
    "agent.video.steady",
    "agent.video.backends.controls",
    "agent.video.backends.opencv_format",
    "agent.video.backends.opencv_source",
    "agent.video.backends.opencv_controls",
    "agent.video.lighting",
    "agent.video.watch",
    "agent.video.advice",
    "agent.demo.story",
    "agent.session",
    "agent.config.times",
    "agent.config.written",
    "agent.checklist.checks",
    "agent.checklist.coverage",
    "agent.checklist.engine",
    "agent.checklist.handoff",
    "agent.checklist.model",
    "agent.checklist.trouble",
    "agent.printing.groups",
    "agent.report.model",
    "agent.report.writing",
    "agent.meeting.practice.people",
    "agent.meeting.practice.room",
    "agent.meeting.practice.answer",
    "agent.meeting.practice.deeds",
    "agent.meeting.practice.door",
    "agent.meeting.practice.mixing",
    "agent.meeting.practice.news",
    "agent.meeting.practice.picture",
    "agent.meeting.practice.wire",
    "agent.meeting.sdp",
    "agent.status.code",
    "agent.meeting.congestion.control",
    "agent.meeting.congestion.feedback",
    "agent.meeting.congestion.path",
    "agent.meeting.congestion.resending",
    "agent.meeting.congestion.rtp",
    "agent.status.meter",
    "agent.status.room",
    "agent.meeting.failures",
    "agent.meeting.ice",
    "agent.meeting.whip.links",
    "agent.meeting.pexip.models",
    "agent.meeting.pexip.reasons",
    "agent.meeting.pexip.roster",
)
"""Modules without clock, chance, threads and files: all that they need comes as an argument."""

IMPURE = ("asyncio", "threading", "time", "random", "os", "pathlib", "logging")

OUTSIDE_GROUPS = {
    "agent.meeting.connection": "hanging up, which must neither be cancelled nor waited for long",
}
"""Modules with a task in no group, each with its reason."""

WRITERS = {
    "agent.voice.backends.vosk_decoder": "libvosk reads folders: the model's own files, in one",
    "agent.voice.backends.system": "the system's voice writes to a file only; gone within the call",
    "agent.voice.backends.template_cache": "what espeak-ng's templates are, in the cache folder",
    "agent.video.calibration": "what each camera's exposure means, a few numbers",
    "agent.voice.profile": "a voice profile: templates, encrypted, when its owner has consented",
    "agent.voice.backends.whisper_store": "the network in the form that is run, beside the model",
    "agent.meeting.practice.lan": "a key for the ssl module, which takes files only; gone at once",
    "agent.models.download": "models, into their folder, and what has come so far",
    "agent.models.packages": "models, into their folder",
    "agent.models.pins": "sums of models, beside them",
    "agent.models.get": "models, into their folder",
    "agent.cli.models": "the choice of a model, into the settings file that it is given",
    "agent.cli.papers": "the card and the list, into the folder that it is given",
    "agent.cli.bench_words": "curves, scores and figures, into the folder that it is given",
}
"""Modules that may write a file, each with the reason. Never sound, pictures or what was said."""


ASKING_BACKENDS = {
    "agent.cli.devices": "lists the devices, which no part that the house knows does"
}
"""Modules that import a back-end, each with the reason. The registry imports by name."""

LETTERS = {
    "agent.voice.commands": "which letters sound alike in Norwegian",
    "agent.voice.spelling": "which letters are vowels, and the signs for their sounds",
    "agent.config.times": "what the days of the week are called in the settings",
    "agent.config.content": "which letters a phrase may be written with",
}
"""Modules that know about Norwegian letters, each with the reason; sentences are in `config/`."""

Violation = tuple[int, str]
Rule = Callable[[Module], Iterator[Violation]]


def is_ours(name: str) -> bool:
    return within(name, ("agent",))


def import_direction(module: Module) -> Iterator[Violation]:
    homes = [home for home in MAY_IMPORT if within(module.name, (home,))]
    if not homes:
        if module.name != "agent":
            yield 1, "has no line in MAY_IMPORT of tests/test_architecture.py"
        return
    home = max(homes, key=len)
    above = TOP[TOP.index(home) + 1 :] if home in TOP else TOP
    for line, imported in module.imports():
        if not is_ours(imported) or within(imported, (home,)):
            continue
        if not within(imported, MAY_IMPORT[home]) or within(imported, above):
            yield line, f"{home} may not import {imported}"


def purity(module: Module) -> Iterator[Violation]:
    if not within(module.name, PURE):
        return
    for line, imported in module.imports():
        if within(imported, IMPURE):
            yield line, f"is PURE and imports {imported}"
        elif is_ours(imported) and not within(imported, PURE):
            yield line, f"is PURE and imports {imported}, which is not"


def backends_by_name_only(module: Module) -> Iterator[Violation]:
    if module.name in ASKING_BACKENDS:
        return
    for line, imported in module.imports():
        package = backend_package(imported)
        if package is not None and not within(module.name, (package,)):
            yield line, f"imports the back-end {imported}; only the registry does, by its name"


def backend_package(module: str) -> str | None:
    """The package of back-ends that a module stands in."""
    packages = ["agent.voice.backends", "agent.video.backends", "agent.meeting.pexip"]
    packages += ["agent.meeting.whip"]
    return next((package for package in packages if within(module, (package,))), None)


def tasks_in_a_group(module: Module) -> Iterator[Violation]:
    if module.name in OUTSIDE_GROUPS:
        return
    groups = task_groups(module.tree)
    for call, name in module.calls():
        if name == "ensure_future":
            yield call.lineno, "ensure_future: use a TaskGroup"
        elif name == "create_task" and not (
            isinstance(call.func, ast.Attribute) and last_name(call.func.value) in groups
        ):
            yield call.lineno, "create_task outside a TaskGroup"


def default_executor_left_alone(module: Module) -> Iterator[Violation]:
    for call, name in module.calls():
        is_default = name == "run_in_executor" and isinstance(call.args[0], ast.Constant)
        if is_default or name == "to_thread":
            yield call.lineno, f"{name}: the default executor belongs to the video encoder"


def norwegian_in_config(module: Module) -> Iterator[Violation]:
    if module.name in LETTERS:
        return
    docstrings = {
        node.value for node in ast.walk(module.tree) if isinstance(node, ast.Expr)
    }  # A text that stands alone is a comment, also the one below a field.
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in docstrings
            and set(node.value) & set("æøåÆØÅ")
        ):
            yield node.lineno, f"Norwegian text belongs in config/: {node.value[:40]!r}"


def nothing_recorded(module: Module) -> Iterator[Violation]:
    if module.name in WRITERS:
        return
    writing = {"write_text", "write_bytes", "tofile", "imwrite", "VideoWriter"}
    temporary = {"mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory"}
    for call, name in module.calls():
        mode = next(
            (
                argument.value
                for argument in [*call.args[:2], *(keyword.value for keyword in call.keywords)]
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and set(argument.value) <= set("rwaxbt+")
            ),
            "r",
        )
        if name in writing | temporary or (name == "open" and set(mode) & set("wax+")):
            yield call.lineno, f"{name} writes a file; if it must, give the reason in WRITERS"


RULES: list[Rule] = [
    import_direction,
    purity,
    backends_by_name_only,
    tasks_in_a_group,
    default_executor_left_alone,
    norwegian_in_config,
    nothing_recorded,
]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    found = [f"{module.file}:{line}: {text}" for module in modules() for line, text in rule(module)]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (import_direction, "agent.voice.listener", "from agent.video import base"),
        (import_direction, "agent.voice.listener", "from ..video.base import Camera"),
        (import_direction, "agent.session.room", "from agent.voice.base import Speech"),
        (import_direction, "agent.voice.backends.new", "from agent.voice.listener import listen"),
        (import_direction, "agent.runner", "def later():\n    import agent.app"),
        (import_direction, "agent.app", "import agent.demo.run"),
        (import_direction, "agent.nowhere", "'''Docstring.'''\nimport json"),
        (purity, "agent.session.room", "from time import monotonic"),
        (purity, "agent.voice.segmenter", "import os.path"),
        (purity, "agent.voice.segmenter", "from agent.mailbox import Mailbox"),
        (backends_by_name_only, "agent.app", "from agent.voice.backends import portaudio"),
        (backends_by_name_only, "agent.app", "from agent.meeting.pexip.client import PexipMeeting"),
        (tasks_in_a_group, "agent.app", "asyncio.create_task(run())"),
        (tasks_in_a_group, "agent.app", "asyncio.get_running_loop().create_task(run())"),
        (tasks_in_a_group, "agent.app", "asyncio.ensure_future(run())"),
        (default_executor_left_alone, "agent.app", "loop.run_in_executor(None, run)"),
        (default_executor_left_alone, "agent.app", "asyncio.to_thread(run)"),
        (norwegian_in_config, "agent.app", "say('Nå er det mørkt')"),
        (norwegian_in_config, "agent.app", "say(f'{name} er på')"),
        (nothing_recorded, "agent.app", "open('x.wav', 'wb')"),
        (nothing_recorded, "agent.app", "path.open(mode='a')"),
        (nothing_recorded, "agent.app", "wave.open(path, 'w')"),
        (nothing_recorded, "agent.app", "cv2.imwrite('x.png', pixels)"),
    ],
)
def test_a_rule_sees_its_violation(rule: Rule, name: str, source: str) -> None:
    assert list(rule(Module(name, "example.py", ast.parse(source))))


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (import_direction, "agent.voice.listener", "from agent.voice.backends import x"),
        (import_direction, "agent.demo.director", "from agent.app import App"),
        (tasks_in_a_group, "agent.app", "with TaskGroup() as group:\n    group.create_task(run())"),
        (tasks_in_a_group, "agent.app", "def f(tg: asyncio.TaskGroup): tg.create_task(run())"),
        (norwegian_in_config, "agent.app", "'''Says «høyere».'''"),
        (nothing_recorded, "agent.app", "open(path, 'rb')"),
    ],
)
def test_a_rule_lets_the_rest_be(rule: Rule, name: str, source: str) -> None:
    assert not list(rule(Module(name, "example.py", ast.parse(source))))


def test_the_lists_name_only_what_exists() -> None:
    gone = [
        name
        for name in {*MAY_IMPORT, *PURE, *WRITERS, *LETTERS, *ASKING_BACKENDS}
        if name not in names()
    ]

    assert not gone


def test_every_entry_of_the_registry_is_a_class_in_a_file() -> None:
    gone = [target for target in registered() if not has_class(target)]

    assert not gone, "in agent/registry.py, but not in any file"


def registered() -> list[str]:
    """Every `module:Class` of the registry."""
    return [target for table in BACKENDS.values() for target in table.values()]


def has_class(target: str) -> bool:
    module, _, wanted = target.partition(":")
    return any(
        isinstance(node, ast.ClassDef) and node.name == wanted
        for found in modules()
        if found.name == module
        for node in found.tree.body
    )


def test_every_backend_file_is_in_the_registry() -> None:
    """Or helps one that is: it is imported by it."""
    used = {target.partition(":")[0] for target in registered()}
    backends = [module for module in modules() if ".backends." in module.name]
    for _ in backends:  # As often as a chain of helpers can be long.
        for module in backends:
            if module.name in used:
                used |= {imported for _, imported in module.imports()}
    forgotten = [module.file for module in backends if module.name not in used]

    assert not forgotten, "not in agent/registry.py"

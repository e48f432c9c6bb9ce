"""`hodekamera models`: which models there are, fetch one, check it, and take it into use."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.cli.progress import Bar
from agent.config.settings import Settings
from agent.config.texts import Texts
from agent.faults import Fault, PartError
from agent.models import choice
from agent.models.get import get_model
from agent.models.manifest import Manifest, find_model, model_names
from agent.models.state import State, states, summary
from agent.recognisers import OWN_MODEL
from agent.registry import Kind, find

Words = Mapping[str, str]
Write = Callable[[str], None]


def run_models(
    options: argparse.Namespace,
    settings: Settings,
    words: Words,
    texts: Texts,
    models: Path,
    write: Write,
) -> int:
    """Do what was asked for; 1 when a model is not as it should be. Raises PartError.

    options: `action`, `name`, `sha256`, `own` and `settings` of the command line.
    """
    match options.action:
        case "list":
            return _list(settings, words, models, write)
        case "verify":
            return _verify(options.name, words, texts, models, write)
    manifest = find_model(models, options.name or "")
    if options.action == "get":
        with Bar(words, write, sys.stdout.isatty()) as bar:
            folder = models / manifest.name
            get_model(manifest, folder, bar, sha256=options.sha256, own=options.own)
        write(words["got"].format(name=manifest.name, licence=manifest.licence))
        return 0
    return _use(manifest, options.settings, words, texts, models, write)


def _list(settings: Settings, words: Words, models: Path, write: Write) -> int:
    for name in model_names(models):
        manifest = find_model(models, name)
        state = summary(list(states(manifest, models / name, sums=False)))
        used = words["in_use"] if name == _in_use(settings) else ""
        write(
            words["row"].format(
                name=name,
                title=manifest.title or name,
                kind=manifest.kind or words["no_kind"],
                licence=manifest.licence or words["unknown"],
                size=_megabytes(manifest, words),
                state=words[f"state_{state.value}"],
                used=used,
            )
        )
    return 0


def _in_use(settings: Settings) -> str | None:
    return settings.voice.model or OWN_MODEL.get(settings.voice.recogniser)


def _megabytes(manifest: Manifest, words: Words) -> str:
    size = round(sum(file.largest or 0 for file in manifest.files) / 1e6)
    exact = all(file.bytes for file in manifest.files)
    return words["size" if exact else "size_at_most"].format(size=size)


def _verify(name: str | None, words: Words, texts: Texts, models: Path, write: Write) -> int:
    """One model, which then has to be there; or every one of which something is there."""
    status = 0
    for each in [name] if name else model_names(models):
        manifest = find_model(models, each)
        found = list(states(manifest, models / each, sums=True))
        if name is None and all(file.state is State.MISSING for file in found):
            write(words["not_fetched"].format(name=each))
            continue
        for file in found:
            write(words[f"verified_{file.state.value}"].format(name=each, file=file.file.name))
            if file.error is not None:
                write(f"  {file.error.fault.value}: {_explained(file.error, texts)}")
        if summary(found) is not State.GOOD:
            status = 1
    return status


def _explained(error: PartError, texts: Texts) -> str:
    return texts.explain(error.fault, error.values)


def _use(
    manifest: Manifest, layers: list[Path], words: Words, texts: Texts, models: Path, write: Write
) -> int:
    """Write the choice into the last settings file that was given, or say what to write."""
    if manifest.kind is None:
        raise PartError(Fault.MODEL_NOT_CHOSEN_ALONE, model=manifest.name)
    find(Kind.RECOGNISER, manifest.kind)
    if _verify(manifest.name, words, texts, models, write):
        write(words["not_used"].format(name=manifest.name))
        return 1
    values = {"recogniser": manifest.kind, "model": manifest.name}
    file = layers[-1] if layers else None
    changed = choice.with_choice(_read(file), values) if file else None
    if file is None or changed is None:
        write(words["write_yourself"].format(file=file.name if file else words["own_file"]))
        write(choice.lines(values))
        return 0 if file is None else 1
    _replace(file, changed)
    write(words["used"].format(name=manifest.name, file=file.name))
    return 0


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")  # As it is, ends of lines included.
    except (OSError, UnicodeDecodeError) as error:
        raise PartError(Fault.SETTINGS_NOT_WRITABLE, file=str(file)) from error


def _replace(file: Path, text: str) -> None:
    """All or nothing: a file that is written in place could be left half."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.write_bytes(text.encode("utf-8"))
        fresh.chmod(file.stat().st_mode)
        fresh.replace(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise PartError(Fault.SETTINGS_NOT_WRITABLE, file=str(file)) from error

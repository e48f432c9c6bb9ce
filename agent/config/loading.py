"""Loading the settings: layers of strict YAML; every error and value knows its place."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pydantic

from agent.config import strict_yaml
from agent.config.problems import ConfigError, Place, Problem
from agent.config.settings import MeetingSettings, Settings
from agent.config.strict_yaml import Positions
from agent.faults import Fault, Value
from agent.hosts import is_loopback

COMMAND_LINE = "--set"
"""The «file» of a value that was given on the command line."""

_FAULTS = {"extra_forbidden": Fault.KEY_UNKNOWN, "missing": Fault.KEY_MISSING}
_SECRET = {("room",), ("pin_env",), ("host_pin",)}
"""Keys whose values are not shown; somebody may have written the PIN itself in `pin_env`."""

_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "min_length": "≥", "max_length": "≤"}
_SAMPLES = {
    "int_type": "0, 1, 2 …",
    "float_type": "1.5",
    "bool_type": "true | false",
    "string_type": '"…"',
    "tuple_type": "[…, …]",
    "string_pattern_mismatch": "A–Z a–z 0–9 _",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where each value that is not a default comes from."""

    settings: Settings
    origins: Positions

    def origin(self, *path: str) -> Place | None:
        """Where a value was set; None: it is the built-in default."""
        return self.origins.get(path)


def load_settings(files: Sequence[Path], overrides: Sequence[str] = ()) -> Loaded:
    """Merge the layers, each over those before it, and check the result.

    files: settings files, the most general first.
    overrides: `camera.rate=15`, as given on the command line; over all files.
    Raises ConfigError with every problem of every layer.
    """
    merged: dict[str, Any] = {}
    origins: Positions = {}
    problems: list[Problem] = []
    for file in files:
        try:
            value, positions = strict_yaml.read(file)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if not isinstance(value, dict | None):
            problems.append(Problem(Fault.YAML_INVALID, Place(file.name, 1)))
            continue
        _merge(merged, value or {})
        origins.update(positions)
    for override in overrides:
        problems.extend(_override(merged, origins, override))
    settings = _check(merged, origins, problems)
    if settings is None or problems:
        raise ConfigError(problems)
    return Loaded(settings, origins)


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if not isinstance(below.get(key), dict):
            below[key] = value
        elif isinstance(value, dict):
            _merge(below[key], value)
        elif value is not None:  # An empty section changes nothing.
            below[key] = value


def _override(merged: dict[str, Any], origins: Positions, text: str) -> list[Problem]:
    key, equals, raw = text.partition("=")
    path = tuple(key.strip().split("."))
    place = Place(COMMAND_LINE)
    if not equals or not all(path):
        values = {"key": key.strip(), "value": raw, "expected": "camera.rate=15"}
        return [Problem(Fault.VALUE_INVALID, place, values)]
    try:
        value, positions = strict_yaml.parse(raw, COMMAND_LINE)
    except ConfigError as error:
        return list(error.problems)
    layer: Any = value
    for depth in reversed(range(len(path))):
        layer = {path[depth]: layer}
        origins.setdefault(path[: depth + 1], place)
    _merge(merged, layer)
    origins.update({(*path, *rest): place for rest in ((), *positions)})
    return []


def _check(
    merged: Mapping[str, Any], origins: Positions, problems: list[Problem]
) -> Settings | None:
    try:
        settings = Settings.model_validate(merged)
    except pydantic.ValidationError as error:
        problems.extend(_translated(detail, origins) for detail in error.errors())
        # What is wrong elsewhere does not hide what is wrong with the meeting.
        with suppress(pydantic.ValidationError):
            meeting = MeetingSettings.model_validate(merged.get("meeting") or {})
            problems.extend(_beyond_types(meeting, origins))
        return None
    problems.extend(_beyond_types(settings.meeting, origins))
    return settings


def _translated(detail: Any, origins: Positions) -> Problem:
    """One finding of pydantic as a problem of ours; its English sentence is not used."""
    path = tuple(detail["loc"])
    fault = _FAULTS.get(detail["type"], Fault.VALUE_INVALID)
    values: dict[str, Value] = {"key": ".".join(str(part) for part in path)}
    if fault is Fault.VALUE_INVALID:
        values["value"] = "***" if path[-1:] in _SECRET else _shown(detail["input"])
        values["expected"] = _expected(detail)
    return Problem(fault, _nearest(path, origins), values)


def _shown(value: object) -> str:
    """A value as it stands in the file; a whole section may hold what is not to be shown."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:60] if isinstance(value, str | int | float) else "…"


def _expected(detail: Any) -> str:
    """What would fit, in signs that need no translation: `nb | nn`, `≥ 5`, `true | false`."""
    context = detail.get("ctx", {})
    limits = [f"{sign} {context[key]}" for key, sign in _LIMITS.items() if key in context]
    if "expected" in context:
        return str(context["expected"]).replace("'", "").replace(" or ", " | ")
    return ", ".join(limits) or _SAMPLES.get(detail["type"], "…")


def _nearest(path: tuple[str | int, ...], origins: Positions) -> Place:
    """The place of a key, or of the closest section around it that stands in a file."""
    for length in range(len(path), -1, -1):
        if path[:length] in origins:
            return origins[path[:length]]
    return Place("agent.yaml")


def _beyond_types(meeting: MeetingSettings, origins: Positions) -> list[Problem]:
    """What no type can say: hosts that we may talk to, and secrets that have to be there."""
    problems = []
    if not is_allowed(meeting.server, meeting.allowed_hosts):
        allowed = [name.lower() for name in meeting.allowed_hosts]
        shown = meeting.server.rpartition("@")[2][:60]  # Before it, there may be a password.
        values = {"value": shown, "expected": ", ".join(allowed)}
        place = _nearest(("meeting", "server"), origins)
        problems.append(Problem(Fault.HOST_NOT_ALLOWED, place, values))
    if meeting.pin_env is not None and not os.environ.get(meeting.pin_env):
        place, values = _nearest(("meeting", "pin_env"), origins), {"key": meeting.pin_env}
        problems.append(Problem(Fault.SECRET_MISSING, place, values))
    return problems


def is_allowed(server: str, hosts: Iterable[str]) -> bool:
    """Whether we may talk to a server: a safe address, and its host is named or is this machine."""
    host = _host(server)
    return host is not None and (is_loopback(host) or host in {name.lower() for name in hosts})


def _host(server: str) -> str | None:
    """The host of a safe address: https, or http to this machine. None: it is not one."""
    try:
        address = urlsplit(server)
        host, _ = address.hostname, address.port  # A port that is no number raises.
    except ValueError:
        return None
    if host is None or address.username is not None:
        return None
    safe = address.scheme == "https" or (address.scheme == "http" and is_loopback(host))
    return host if safe else None


def pin(settings: Settings) -> str | None:
    """The meeting's PIN, from the environment; None when the room needs none."""
    name = settings.meeting.pin_env
    return os.environ.get(name) if name else None

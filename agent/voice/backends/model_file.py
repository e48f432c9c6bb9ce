"""A model on disk, checked against the manifest beside it before anything loads it."""

import hashlib
from pathlib import Path

import yaml

from agent.faults import Fault, PartError

MANIFEST = "model.yaml"


def read_model(path: Path) -> bytes:
    """The bytes of a model file whose SHA-256 is the one in `model.yaml` in the same folder.

    Raises PartError(MODEL_MISSING) when either file cannot be read, PartError(MODEL_CORRUPT) when
    they do not belong together.
    """
    try:
        model = path.read_bytes()
        manifest = (path.parent / MANIFEST).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PartError(Fault.MODEL_MISSING, file=str(path)) from error
    try:
        expected = yaml.safe_load(manifest)["sha256"]
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path.parent / MANIFEST)) from error
    if hashlib.sha256(model).hexdigest() != expected:
        raise PartError(Fault.MODEL_CORRUPT, file=str(path))
    return model

"""The model's folder: Whisper's weights are looked up, the network and its sum are written."""

import hashlib
import re
import shutil
from pathlib import Path

from agent.models.manifest import MANIFEST, read_manifest
from agent.models.pins import checked
from agent.voice.backends.phone_table import NETWORK, SPELLING
from agent.voice.backends.whisper_files import CTRANSLATE2, read_whisper
from agent.voice.backends.whisper_weights import Whisper

HOME = Path(__file__).parents[1]
MODEL = "speech-phones.onnx"
WHISPER = HOME.parent / "whisper-base"


def read_weights(path: Path) -> Whisper:
    """Whisper-base, when the file is the one of our manifest.

    Raises PartError (MODEL_MISSING, MODEL_FILE_SIZE, MODEL_FILE_WRONG).
    """
    files = read_manifest(WHISPER).files
    file = next(file for file in files if file.name == CTRANSLATE2)
    checked(path, file, file.sha256)
    return read_whisper(path)


def write_model(folder: Path, network: bytes) -> str:
    """Write the network, and its size and SHA-256, which is returned, into the manifest.

    What else belongs to the model is copied when `folder` is not its home.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, NETWORK, SPELLING):
        if folder.resolve() != HOME:
            shutil.copyfile(HOME / name, folder / name)
    (folder / MODEL).write_bytes(network)
    path, sha256 = folder / MANIFEST, hashlib.sha256(network).hexdigest()
    path.write_text(with_sum(path.read_text("utf-8"), len(network), sha256), "utf-8")
    return sha256


def with_sum(manifest: str, size: int, sha256: str) -> str:
    """A manifest's text with another size and sum; all else stays as it is.

    Raises ValueError when it has no place for them.
    """
    for key, value in ("bytes", str(size)), ("sha256", sha256):
        manifest, count = re.subn(rf"^{key}: .*$", f"{key}: {value}", manifest, flags=re.M)
        if count != 1:
            raise ValueError(f"no {key} in the manifest")
    return manifest

"""What espeak-ng's templates cost is paid once: their vectors are kept in the user's cache folder.

Only what a machine said is ever in it, never anything of a person's voice. A cache that is not
there, not readable, not writable, damaged or of other templates is as good as none: they are made
anew, and nobody is told.
"""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs

from agent.voice.backends.alignment import Vectors

FOLDER_VARIABLE = "HODEKAMERA_CACHE"
"""An environment variable: another folder than the user's own."""

KEPT_FILES = 4
"""Sets of templates that are kept, the latest used; each has about 2 MB."""

LARGEST_BYTES = 64 * 1024 * 1024
PREFIX, SUFFIX = "templates-", ".bin"
SUM_BYTES = 32


def cache_folder() -> Path:
    """Where the templates are kept; the folder need not exist."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("hodekamera", appauthor=False)


class TemplateCache:
    """The vectors of sets of templates, each under a key that names all that they depend on."""

    def __init__(self, folder: Path, key: str) -> None:
        """key: any text; vectors that were kept under another one are not found."""
        self._folder = folder
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        self._file = folder / f"{PREFIX}{name}{SUFFIX}"

    def load(self, count: int) -> list[Vectors] | None:
        """The vectors of `count` templates, each of shape (t, d); None: make them."""
        with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            with self._file.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
            body = data[SUM_BYTES:]
            if len(data) > LARGEST_BYTES or hashlib.sha256(body).digest() != data[:SUM_BYTES]:
                return None
            with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
                vectors, lengths = arrays["vectors"], arrays["lengths"]
            sound = len(lengths) == count and vectors.dtype == np.float32 and vectors.ndim == 2
            if not sound or lengths.min() < 1 or lengths.sum() != len(vectors):
                return None
            with suppress(OSError):  # It may be read-only.
                os.utime(self._file)  # the latest used
            return np.split(vectors, np.cumsum(lengths)[:-1])
        return None

    def save(self, vectors: Sequence[Vectors]) -> None:
        """Keep them if that is possible, in one step; the sets that were used longest ago go."""
        buffer = io.BytesIO()
        lengths = np.array([len(each) for each in vectors])
        np.savez(buffer, vectors=np.concatenate(vectors), lengths=lengths)
        body = buffer.getvalue()
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(hashlib.sha256(body).digest() + body)
            kept = sorted(self._folder.glob(f"{PREFIX}*{SUFFIX}"), key=_used, reverse=True)
            for old in kept[KEPT_FILES:]:
                old.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(self._file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _used(file: Path) -> float:
    return file.stat().st_mtime

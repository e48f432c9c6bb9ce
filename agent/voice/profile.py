"""A voice profile: how one person says the commands, encrypted, on this device alone.

A profile holds templates, the vectors that a recogniser compares, and never sound. Whose voice it
was may be told from them: it is biometric data, made only when its owner asks for it.

The key stands in a file of its own beside the profile, readable by its owner only. That protects
a profile that is copied without its key (sent to support, synchronised, kept in a backup), and
makes forgetting sure: without the key every copy is noise. It does not protect against somebody
who can read all of this user's files; an encrypted disk and a locked screen do.
"""

import base64
import hashlib
import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.faults import Fault, PartError, Value

FILE, KEY = "voice-profile.bin", "voice-profile.key"

HEADER = b"hodekamera voice profile 1\n"
"""What the file begins with, in the clear, so that another version can tell what it is. It is
authenticated with the rest."""

KEY_BYTES, NONCE_BYTES = 32, 12
"""AES-256-GCM, with a nonce of chance for each writing; a profile is written a few hundred times
at most, and the key is new with each profile."""

LARGEST_BYTES = 32 * 1024 * 1024
LONGEST_TEMPLATE = 1000
"""Vectors; a longest utterance of 10 s has less than 200."""

Vectors = npt.NDArray[np.float32]
"""One template: shape (t, d), as `embed` of the recogniser gives it."""


@dataclass(frozen=True, slots=True)
class Own:
    """One phrase as its owner says it."""

    templates: tuple[Vectors, ...]
    made: date


@dataclass(frozen=True, slots=True)
class Profile:
    """All of one person's phrases."""

    model: str
    """`fingerprint` of the model that made the templates; others cannot read them."""
    phrases: Mapping[str, Own]

    def with_phrase(self, phrase: str, own: Own) -> "Profile":
        """The same with one more phrase, or with one made anew."""
        return Profile(self.model, {**self.phrases, phrase: own})


@dataclass(frozen=True, slots=True)
class Fit:
    """What of a profile can be used now, and why not the rest of it."""

    personal: Mapping[str, tuple[Vectors, ...]] = field(default_factory=dict)
    """Phrase -> templates, for the recogniser."""
    fault: Fault | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    """Goes into the fault's sentence."""


def fit(profile: Profile | None, model: str, phrases: Collection[str]) -> Fit:
    """PURE. model: the present model's `fingerprint`; phrases: all that may ever be valid."""
    if profile is None:
        return Fit(fault=Fault.PROFILE_MISSING)
    if profile.model != model:
        return Fit(fault=Fault.PROFILE_OTHER_MODEL)
    gone = sorted(set(profile.phrases) - set(phrases))
    personal = {
        phrase: own.templates for phrase, own in profile.phrases.items() if phrase in phrases
    }
    if gone:
        listed = ", ".join(f"«{phrase}»" for phrase in gone)
        return Fit(personal, Fault.PROFILE_OTHER_PHRASES, {"phrases": listed})
    return Fit(personal)


def fingerprint(model: Path) -> str:
    """What tells one model from another: the SHA-256 of its file.

    Raises PartError(MODEL_MISSING).
    """
    try:
        return hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise PartError(Fault.MODEL_MISSING, file=str(model)) from error


class ProfileStore:
    """The one profile of this user on this device."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: None is the user's own data folder, which does not follow her to other devices
        (on Windows, the local one).
        """
        self.folder = folder or platformdirs.user_data_path("hodekamera", appauthor=False)
        self._file, self._key = self.folder / FILE, self.folder / KEY

    def load(self) -> Profile | None:
        """None when there is none.

        Raises PartError(PROFILE_CORRUPT): changed, cut short, without its key, or of another kind.
        """
        try:
            with self._file.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _corrupt("file", error) from error
        try:
            key = self._key.read_bytes()
        except OSError as error:
            raise _corrupt("key", error) from error
        if not data.startswith(HEADER) or len(data) > LARGEST_BYTES or len(key) != KEY_BYTES:
            raise _corrupt("header")
        begin = len(HEADER) + NONCE_BYTES
        try:
            plain = AESGCM(key).decrypt(data[len(HEADER) : begin], data[begin:], HEADER)
            return _decoded(json.loads(plain))
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _corrupt("content", error) from error

    def save(self, profile: Profile) -> None:
        """Write it, in one step: what was there stays whole until the new one is.

        Raises PartError(PROFILE_NOT_WRITABLE).
        """
        nonce = os.urandom(NONCE_BYTES)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = AESGCM(self._own_key()).encrypt(nonce, _encoded(profile), HEADER)
            fresh = self._file.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            _write_private(fresh, HEADER + nonce + secret)
            fresh.replace(self._file)
        except (OSError, ValueError) as error:  # ValueError: the key is none.
            raise PartError(Fault.PROFILE_NOT_WRITABLE, folder=str(self.folder)) from error

    def forget(self) -> bool:
        """Delete the key, then the profile; whether there was anything.

        Raises PartError(PROFILE_NOT_WRITABLE).
        """
        found = False
        try:
            for file in (self._key, self._file, self._file.with_suffix(".new")):
                with suppress(FileNotFoundError):
                    file.unlink()
                    found = True
        except OSError as error:
            raise PartError(Fault.PROFILE_NOT_WRITABLE, folder=str(self.folder)) from error
        return found

    def _own_key(self) -> bytes:
        """The key that is there, or a new one when there is no profile that it could belong to."""
        if not self._file.exists():
            self._key.unlink(missing_ok=True)
            _write_private(self._key, AESGCM.generate_key(8 * KEY_BYTES))
        return self._key.read_bytes()


def _write_private(file: Path, data: bytes) -> None:
    """A new file that only its owner can read, from its first moment on."""
    # Where there are no such rights (Windows), the user's data folder is closed to other users.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends.


def _corrupt(detail: str, error: Exception | None = None) -> PartError:
    return PartError(
        Fault.PROFILE_CORRUPT, detail=f"{detail} {type(error).__name__}" if error else detail
    )


def _encoded(profile: Profile) -> bytes:
    """JSON; each template as half-precision numbers, which are ten times finer than needed."""
    phrases = {
        phrase: {
            "made": own.made.isoformat(),
            "templates": [
                {"length": len(each), "data": base64.b64encode(_halves(each)).decode("ascii")}
                for each in own.templates
            ],
        }
        for phrase, own in profile.phrases.items()
    }
    return json.dumps({"model": profile.model, "phrases": phrases}).encode()


def _halves(vectors: Vectors) -> bytes:
    return vectors.astype("<f2").tobytes()


def _decoded(data: Any) -> Profile:
    """Raises ValueError, KeyError, TypeError or AttributeError for anything that is no profile."""
    phrases = {
        str(phrase): Own(
            tuple(_template(each) for each in entry["templates"]),
            date.fromisoformat(entry["made"]),
        )
        for phrase, entry in data["phrases"].items()
    }
    sizes = {each.shape[1] for own in phrases.values() for each in own.templates}
    if not all(own.templates for own in phrases.values()) or len(sizes) > 1:
        raise ValueError("templates of several sizes, or none")
    return Profile(str(data["model"]), phrases)


def _template(entry: Any) -> Vectors:
    numbers = np.frombuffer(base64.b64decode(entry["data"], validate=True), "<f2")
    length = int(entry["length"])
    if not 1 <= length <= LONGEST_TEMPLATE or not numbers.size or numbers.size % length:
        raise ValueError("not the length it says")
    if not np.isfinite(numbers).all():
        raise ValueError("not numbers")
    return numbers.astype(np.float32).reshape(length, -1)

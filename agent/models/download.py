"""Fetches one file over https: resumes, checks the size on the way, and never guesses.

What has come so far stands in `NAME.part`, and in `NAME.part.json` what it is a part of.
"""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any

from agent.faults import Fault, PartError
from agent.hosts import LOOPBACK
from agent.models.manifest import ModelFile
from agent.models.pins import CHUNK, check_size

TIMEOUT_S = 30.0
"""Longest wait for a connection, and for the next bytes."""

ATTEMPTS = 4
"""How often a transfer that was cut is taken up again before the administrator is asked to."""

Progress = Callable[[int, int | None], None]
"""Told the bytes that are here, and of how many (None: not known)."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The part that is here."""

    size: int
    validator: str
    """The strong ETag or date of what it is a part of."""


class _CutError(Exception):
    """The connection ended before the file did."""


def fetch(address: str, file: ModelFile, part: Path, progress: Progress) -> None:
    """Put the whole file into `part`; its SHA-256 is the caller's to check.

    Raises PartError (DOWNLOAD_FAILED, DOWNLOAD_CERTIFICATE, DOWNLOAD_CUT, MODEL_FILE_SIZE,
    MODEL_NOT_WRITABLE). After DOWNLOAD_CUT the next call goes on where this one ended.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _attempt(address, file, part, progress)
        except _CutError as error:
            if attempt == ATTEMPTS:
                raise PartError(Fault.DOWNLOAD_CUT, file=file.name) from error
        else:
            return


def discard(part: Path) -> None:
    """Forget what has come so far."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _attempt(address: str, file: ModelFile, part: Path, progress: Progress) -> None:
    begun = _begun(address, part)
    headers = {"Accept-Encoding": "identity"}
    if begun:
        headers |= {"Range": f"bytes={begun.size}-", "If-Range": begun.validator}
    try:
        with _open(address, headers) as answer:
            at = _beginning(answer, begun)
            if at is None:
                discard(part)
                raise _CutError
            total = _total(answer, at)
            if total is not None:
                check_size(file, total)
            if not at:
                _remember(address, part, answer.headers)
            _copy(answer, file, part, at, total, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if begun and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            discard(part)
            raise _CutError from error
        raise PartError(Fault.DOWNLOAD_FAILED, file=file.name, detail=error.code) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise PartError(Fault.DOWNLOAD_CERTIFICATE, file=file.name) from error
        detail = type(error.reason).__name__
        raise PartError(Fault.DOWNLOAD_FAILED, file=file.name, detail=detail) from error


def _copy(
    answer: IO[bytes], file: ModelFile, part: Path, at: int, total: int | None, progress: Progress
) -> None:
    """The rest of the file, counted: whatever the sender promised, no byte too many is kept."""
    limit = total or file.largest or 0
    with _writing(part, at) as out:
        while True:
            progress(at, total or file.bytes)
            try:
                piece = answer.read(CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _CutError from error
            if not piece:
                break
            at += len(piece)
            if at > limit:
                raise PartError(Fault.MODEL_FILE_SIZE, file=file.name, size=at, expected=limit)
            try:
                out.write(piece)
            except OSError as error:
                raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(part.parent)) from error
    if total is not None and at < total:
        raise _CutError


def _writing(part: Path, at: int) -> IO[bytes]:
    try:
        return part.open("ab" if at else "wb", buffering=0)
    except OSError as error:
        raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(part.parent)) from error


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """An address with encryption never leads to one without."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith(("https://", f"http://{LOOPBACK}:")):
            raise urllib.error.URLError("redirected to an address that is not safe")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(address: str, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  # see `Source.address`
    handlers: list[urllib.request.BaseHandler] = [_SafeRedirects()]
    if request.host.partition(":")[0] == LOOPBACK:  # Never through a proxy.
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        return urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_S)
    except (http.client.HTTPException, TimeoutError) as error:
        raise urllib.error.URLError(error) from error


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _begun(address: str, part: Path) -> _Begun | None:
    """What is here of this very file; None: begin anew."""
    try:
        note = json.loads(_note(part).read_text("utf-8"))
        size = part.stat().st_size
    except (OSError, ValueError):
        return None
    known = isinstance(note, dict) and note.get("address") == address and note.get("validator")
    return _Begun(size, str(note["validator"])) if known and size else None


def _remember(address: str, part: Path, headers: Message) -> None:
    """What the part is a part of; a file without a strong validator cannot be resumed."""
    etag = headers.get("ETag", "")
    validator = etag if etag.startswith('"') else headers.get("Last-Modified", "")
    try:
        part.write_bytes(b"")
        _note(part).write_text(json.dumps({"address": address, "validator": validator}), "utf-8")
    except OSError as error:
        raise PartError(Fault.MODEL_NOT_WRITABLE, folder=str(part.parent)) from error


def _beginning(answer: Any, begun: _Begun | None) -> int | None:
    """Where in the file the answer begins; None: neither at the beginning nor where we ended."""
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    span = answer.headers.get("Content-Range", "")
    return begun.size if begun and span.startswith(f"bytes {begun.size}-") else None


def _total(answer: Any, at: int) -> int | None:
    """Bytes of the whole file, as the sender says; None: it does not."""
    length = answer.headers.get("Content-Length", "")
    return at + int(length) if length.isdecimal() else None

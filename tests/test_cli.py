"""The command line as its users meet it: Norwegian, with a code, a place and an exit status."""

import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.__main__ import main

CONFIG = Path(__file__).parent.parent / "config"

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its exit status, what it wrote, and what it complained about."""

    def call(*arguments: str) -> Said:
        try:
            status = main(arguments)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        written = capsys.readouterr()
        return status, written.out, written.err

    return call


@pytest.fixture
def layer(tmp_path: Path) -> Callable[[str], str]:
    """A device's own settings file with this text."""

    def write(text: str) -> str:
        file = tmp_path / "enhet.yaml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def test_the_configuration_that_ships_is_in_order(run: Run) -> None:
    status, out, err = run("check")

    assert (status, err) == (0, "")
    assert "Oppsettet er i orden." in out


def test_every_value_tells_where_it_comes_from(run: Run, layer: Callable[[str], str]) -> None:
    file = layer("schema: 1\nlanguage: nn\n")

    status, out, _ = run("check", "--show", "--settings", file, "--set", "camera.rate=15")

    assert status == 0
    assert "language: nn  [enhet.yaml:2]" in out
    assert "camera.rate: 15  [--set:" in out or "camera.rate: 15  [--set]" in out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("language: no\n", "HK-106 enhet.yaml:1: «language» kan ikke være «no». Gyldig: nb | nn."),
        ("camera:\n  widht: 640\n", "HK-103 enhet.yaml:2: «camera.widht» er ikke en innstilling."),
        ("camera:\n  rate: 900\n", "HK-106 enhet.yaml:2: «camera.rate» kan ikke være «900»."),
        ("camera:\n  rate: 5\n  rate: 6\n", "HK-105 enhet.yaml:3: «rate» står to ganger."),
        ("a: [\n", "HK-102 enhet.yaml:"),
        (
            "meeting:\n  server: https://evil.example\n",
            "HK-111 enhet.yaml:2: «https://evil.example»",
        ),
        ("meeting:\n  pin_env: HK_NO_SUCH_VARIABLE\n", "HK-112 enhet.yaml:2:"),
    ],
)
def test_a_bad_setting_is_told_with_its_place(
    run: Run, layer: Callable[[str], str], text: str, expected: str
) -> None:
    status, out, err = run("check", "--settings", layer(text))

    assert status == 2
    assert expected in err
    assert "Traceback" not in out + err


WRONG = [
    # File, what stands there, what it becomes, what `check` says of it
    ("texts.yaml", "{percent} prosent strøm igjen.", "Lite strøm igjen.", "HK-108 texts.yaml:"),
    ("texts.yaml", 'ok: {nb: "Greit."', 'ok: {nb: "Det blør."', "«phrases.ok.nb» har ordet «blør»"),
    ("texts.yaml", 'yes: {nb: "Ja?"', f'yes: {{nb: "{"ja " * 10}"', "«phrases.yes.nb» har 10 ord"),
    ("commands.yaml", 'nb: "demp mikrofon"', 'nb: "vis statur"', "HK-109 commands.yaml:"),
    (
        "checklists/avslutning.yaml",
        "    before_leaving:",
        "    befor_leaving:",
        "HK-103 avslutning.yaml:",
    ),
    ("checklists/oppstart.yaml", '"Er pasienten identifisert?"', '"a b c d e f g h i j"', "HK-106"),
]


def test_everything_that_is_wrong_is_named_at_once_with_its_place(
    run: Run, layer: Callable[[str], str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    for name, right, wrong, _ in WRONG:
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert right in text, right
        file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    numbers = layer('phones:\n  clinic: "3272581"\ncamera:\n  widht: 1\n')

    status, _, err = run("check", "--config", str(folder), "--settings", numbers)

    assert status == 2
    for *_, expected in WRONG:
        assert expected in err
    assert "HK-106 enhet.yaml:2: «phones.clinic»" in err
    assert "HK-103 enhet.yaml:4: «camera.widht»" in err
    assert re.search(r"HK-109 commands\.yaml:\d+: .*avstand 0\.\d", err), "with the distance"
    assert all(re.match(r"HK-\d{3} \S+:\d+: ", line) for line in err.splitlines()), err


def test_what_is_not_finished_is_told_with_its_place(run: Run, layer: Callable[[str], str]) -> None:
    file = layer('site:\n  review_by: "2020-01-01"\nphones:\n  superuser: xxx\n')
    status, out, _ = run("check", "--settings", file)

    assert status == 0
    assert "Merk enhet.yaml:2: Prosedyren skulle vært gjennomgått innen 2020-01-01." in out
    assert "Merk enhet.yaml:4: phones.superuser er ikke fylt inn." in out


def test_a_missing_file_is_told(run: Run) -> None:
    status, _, err = run("check", "--settings", "finnes-ikke.yaml")
    assert status == 2
    assert err.startswith("HK-101 finnes-ikke.yaml: ")


@pytest.mark.parametrize("setting", ["camera.backend", "voice.recogniser", "voice.synthesiser"])
def test_an_unknown_part_is_told_before_anything_starts(run: Run, setting: str) -> None:
    status, _, err = run("run", "--set", f"{setting}=tull", "--set", "status.port=0")
    assert status == 2
    assert err.startswith("HK-113: «tull» finnes ikke som ")


def test_a_port_in_use_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, err = run("run", "--set", f"status.port={port}")
    assert status == 2
    assert err.startswith(f"HK-501: Port {port} er i bruk")


def test_typing_to_nobody_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    status, _, err = run("type", "avslutt", "video", "--set", f"status.port={port}")
    assert status == 2
    assert err.startswith("HK-502: ")


def test_nonsense_is_answered_with_where_to_look(run: Run) -> None:
    status, _, err = run("tull")
    assert status == 2
    assert "--help" in err


def test_help_is_norwegian(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert out.startswith("Bruk: hodekamera")
    assert "usage" not in out

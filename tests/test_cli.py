"""The command line as its users meet it: Norwegian, with a code, a place and an exit status."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.__main__ import main

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

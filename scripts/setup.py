"""Makes the project ready on this machine, then starts what was asked for.

`demo` and `test` call it with any Python from 3.11; it needs the standard library only. What is
in place is not done again. The mark that says so is written last: whatever interrupts the work,
the next call starts it over.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import machine
from conformance import prepare_client
from terminal import ROOT, TEXTS, StepError, Steps, tell

LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP = (PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
MARK = VENV / "ready"
BROWSER = VENV / "browser"
"""Holds the path of the Chromium that Playwright fetched."""

ASK_FOR_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path, end="")
"""

WAIT_LIMIT_S = 15 * 60


def mark() -> str:
    """What the environment was made from; another lock, Python or folder makes another one."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return f"{lock}\n{sys.version}\n{sys.base_prefix}\n{ROOT}\n"


def is_ready() -> bool:
    """Whether the environment is complete and up to date."""
    return MARK.exists() and MARK.read_text("utf-8") == mark()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock on this very file; the system frees it however we end."""
    with Path(__file__).open("rb") as file:
        deadline = time.monotonic() + WAIT_LIMIT_S
        told = False
        while not _lock(file.fileno()):
            if not told:
                tell("waiting")
                told = True
            if time.monotonic() > deadline:
                tell("waited_too_long", minutes=WAIT_LIMIT_S // 60)
                sys.exit(1)
            time.sleep(0.2)
        yield


def _lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def install_system_packages(steps: Steps, packages: list[str]) -> bool:
    """Install Debian packages; False when we may not, or it does not work."""
    root = machine.as_root()
    if root is None:
        return False
    tell("system_packages", packages=" ".join(packages))
    install = [*root, *machine.apt("install", *packages)]
    # On a fresh machine the list of packages is empty or old: then the first try fails.
    return steps.works(install) or (
        steps.works([*root, *machine.apt("update")]) and steps.works(install)
    )


def by_hand(packages: list[str]) -> str:
    """The command that a person gives to install them."""
    return f"sudo apt-get install --no-remove {' '.join(packages)}"


def make_environment(steps: Steps) -> None:
    """Build `.venv` anew: locked packages with their hashes, then the project itself."""
    if importlib.util.find_spec("ensurepip") is None:  # Debian has it in a package of its own.
        package = [f"python3.{sys.version_info.minor}-venv"]
        if not install_system_packages(steps, package):
            tell("venv_missing", command=by_hand(package))
            sys.exit(1)
    tell("making_venv", version=".".join(map(str, sys.version_info[:3])))
    MARK.unlink(missing_ok=True)  # First of all: emptying the folder may be interrupted too.
    venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    count = len(re.findall(r"^\w", LOCK.read_text("utf-8"), re.MULTILINE))
    tell("installing_locked", count=count)
    # Wheels only: nothing is compiled, and no package's set-up program is run. The lock is all
    # that is needed: it leaves out what packages ask for and we do not use (pyproject.toml).
    locked = ("--only-binary=:all:", "--no-deps", "--require-hashes", "-r", LOCK)
    steps.run([*PIP, *locked], packages=count)
    tell("installing_project")
    steps.run([*PIP, "--no-index", "--no-deps", "--no-build-isolation", "--editable", ROOT])
    MARK.write_text(mark(), "utf-8")


def prepare_browser(steps: Steps) -> None:
    """Tell the tests, in CHROMIUM, which one works; where there is none, fetch Playwright's own."""
    path = machine.chromium()
    if path is None and not machine.has_chromium_package():
        path = playwright_chromium(steps)
    if path is None:
        os.environ.pop("CHROMIUM", None)
    else:
        os.environ["CHROMIUM"] = path


def playwright_chromium(steps: Steps) -> str | None:
    """Where Ubuntu (which has only a snap), Windows and macOS get theirs from."""
    if BROWSER.exists():
        return BROWSER.read_text("utf-8")
    tell("installing_browser")
    install: list[str | Path] = [PYTHON, "-m", "playwright", "install", "--no-shell", "chromium"]
    if machine.as_root() is not None:
        install.append("--with-deps")
    if not steps.works(install):
        tell("browser_missing", command=" ".join(map(str, install)))
        return None
    path = subprocess.run(
        [PYTHON, "-c", ASK_FOR_PATH], capture_output=True, check=True, encoding="utf-8", timeout=60
    ).stdout
    BROWSER.write_text(path, "utf-8")
    return path


def prepare(what: str) -> None:
    """Do what is not done yet."""
    begin = time.monotonic()
    with contextlib.ExitStack() as afterwards:
        steps = Steps(new_log())
        afterwards.callback(steps.log.unlink)
        try:
            missing = machine.missing(what)
            if missing and not install_system_packages(steps, missing):
                tell("system_missing", packages=" ".join(missing), command=by_hand(missing))
            if not is_ready():
                make_environment(steps)
                tell("ready", seconds=round(time.monotonic() - begin))
            if what == "test":
                prepare_browser(steps)
                prepare_client(steps, PIP)
        except StepError:
            afterwards.pop_all()  # The log stays, to be read.
            tell("step_failed", log=steps.log)
            sys.exit("".join(steps.log.read_text("utf-8").splitlines(keepends=True)[-15:]))
        except (OSError, subprocess.SubprocessError) as error:
            sys.exit(TEXTS["environment_failed"].format(folder=VENV, reason=error))


def new_log() -> Path:
    """An empty file outside the project, which may be read-only."""
    number, name = tempfile.mkstemp(prefix="hodekamera-", suffix=".log")
    os.close(number)
    return Path(name)


def start(what: str, arguments: list[str]) -> int:
    """Run what was asked for."""
    if what == "demo":
        # -P: what lies in the present folder must not stand in for our modules.
        return become([str(PYTHON), "-P", "-m", "agent", "demo", *arguments])
    return become([str(PYTHON), str(ROOT / "scripts" / "check.py"), *arguments])


def become(command: list[str]) -> int:
    """Replace this program by another one; where that cannot be done, its exit status."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)  # On Windows exec would give the prompt back at once.


def main(what: str, *arguments: str) -> int:
    """`what` is `demo` or `test`; the arguments go on to it."""
    # Killed: end like Ctrl-C, so that a running pip is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if Path(sys.prefix) == VENV and not is_ready():
        # This Python is in the folder that will be emptied: let the one below it do the work.
        # (The name is not documented, but `venv` itself relies on it.)
        base = sys._base_executable  # type: ignore[attr-defined]  # not in typeshed
        return become([base, "-E", "-s", *sys.argv])
    try:
        with one_at_a_time():
            prepare(what)
    except KeyboardInterrupt:
        tell("interrupted")
        return 130
    return start(what, list(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""The tests' own guard: tests that leak on purpose, run by a pytest of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import asyncio, pathlib, socket, subprocess, sys, threading
import pytest

kept = []
forever = threading.Event()

def test_tidy(): pass

async def test_tidy_async(): await asyncio.sleep(0)

async def test_tidy_task():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))

async def test_tidy_executor(): await asyncio.to_thread(int)

def test_tidy_after_a_moment():
    threading.Timer(0.1, int).start()

async def test_leaks_task(): kept.append(asyncio.create_task(forever_async()))

async def forever_async(): await asyncio.Event().wait()

@pytest.fixture
async def leaking():
    kept.append(asyncio.create_task(forever_async()))
    yield

async def test_leaks_task_of_a_fixture(leaking): pass

def test_leaks_thread(): threading.Thread(target=forever.wait, name="forgotten").start()

def test_leaks_daemon(): threading.Thread(target=forever.wait, name="demon", daemon=True).start()

def test_leaks_file(): kept.append(open(__file__))

def test_leaks_socket(): kept.append(socket.socket())

def test_leaks_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))

def test_is_not_blamed_for_the_tests_before(): pass

@pytest.fixture(scope="module")
def wide():
    thread = threading.Thread(target=forever.wait, name="wide")
    thread.start()
    with open(__file__) as file:
        yield file
    forever.set()
    for process in kept:
        if isinstance(process, subprocess.Popen):
            process.communicate()

def test_tidy_with_a_wide_fixture(wide): pass

def test_tidy_last(wide): pass
"""


HANGING = """
import threading

def test_hangs_at_the_end(): threading.Thread(target=threading.Event().wait, name="stuck").start()
"""


def run(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run these tests under our guard, which is made impatient."""
    conftest = Path(__file__).with_name("conftest.py").read_text("utf-8")
    conftest = re.sub(r"^(\w+_S) = .*$", r"\1 = 0.3", conftest, flags=re.MULTILINE)
    (folder / "conftest.py").write_text(conftest, "utf-8")
    scripts = Path(__file__).parent.parent / "scripts"
    settings = f"[pytest]\nasyncio_mode = auto\npythonpath = {scripts.as_posix()}\n"
    (folder / "pytest.ini").write_text(settings, "utf-8")
    (folder / "test_leaking.py").write_text(tests, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rE"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest printed about the tests above."""
    return run(tmp_path_factory.mktemp("leaking"), TESTS).stdout


def errors(outcome: str) -> dict[str, str]:
    """Test -> the message of its error."""
    found = re.findall(r"^ERROR \S+::(\w+) - (.*)$", outcome, re.MULTILINE)
    return {name: str(message) for name, message in found}


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("test_leaks_task", "forever_async"),
        ("test_leaks_task_of_a_fixture", "forever_async"),
        ("test_leaks_thread", "forgotten"),
        ("test_leaks_daemon", "demon"),
        ("test_leaks_file", "open file"),
        ("test_leaks_socket", "open file"),
        ("test_leaks_process", "psutil.Process"),
    ],
)
def test_a_leak_fails_its_test_and_is_named(outcome: str, test: str, what: str) -> None:
    assert what in errors(outcome)[test]


def test_nobody_else_is_blamed(outcome: str) -> None:
    blamed = set(errors(outcome))

    assert all(name.startswith("test_leaks_") for name in blamed), outcome
    assert "test_tidy_last PASSED" in outcome


def test_a_process_that_cannot_end_is_ended(tmp_path: Path) -> None:
    done = run(tmp_path, HANGING)

    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "1 passed, 1 error" in done.stdout

"""What every test is held to: it leaves nothing behind.

No asyncio task, thread, open file or child process outlives the test that began it, unless a
fixture of a wider scope owns it. Ends that take a moment get one, and what is only garbage is
collected first. Threads of native libraries (onnxruntime, OpenCV) are not Python's and not seen.
"""

import asyncio
import faulthandler
import gc
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import NamedTuple

import hypothesis
import psutil
import pytest
import pytest_asyncio
from conformance import FOLDER, MARK

GRACE_S = 4.0
"""How long a test's last threads, tasks and processes may take to end."""

EXIT_LIMIT_S = 30.0
"""How long the process may take to end after the last test."""

ALLOWED_THREADS = {
    "asyncio_": "the default executor of a loop that a wider fixture owns; it ends with the loop",
    "Dummy-": "a native thread that once called into Python (PortAudio); it has no end to wait for",
    "pytest_timeout": "the watchdog of this very test, where there are no signals (Windows)",
}
"""Beginnings of thread names, each with its reason."""

CI = bool(os.environ.get("CI"))

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if CI else "local")


class Descriptor(NamedTuple):
    """An open file, pipe or socket: the same number may be another one later."""

    number: int
    device: int
    inode: int

    def __str__(self) -> str:
        try:
            target = Path(f"/proc/self/fd/{self.number}").readlink()
            return f"open file {self.number}: {target}"
        except OSError:
            return f"open file {self.number}"


Belonging = threading.Thread | psutil.Process | Descriptor


def belongings() -> set[Belonging]:
    """What this process holds now. About 2 ms."""
    return _threads() | _descriptors() | set(psutil.Process().children())


def _threads() -> set[Belonging]:
    return {
        thread
        for thread in threading.enumerate()
        if not thread.name.startswith(tuple(ALLOWED_THREADS))
    }


def _descriptors() -> set[Belonging]:
    folder = Path("/dev/fd")  # Linux and macOS; Windows has nothing like it.
    found: set[Belonging] = set()
    for number in [int(entry.name) for entry in folder.iterdir()] if folder.exists() else ():
        try:
            status = os.fstat(number)
        except OSError:  # The one that listed the folder is closed again.
            continue
        found.add(Descriptor(number, status.st_dev, status.st_ino))
    return found


def left_over(known: set[Belonging]) -> set[Belonging]:
    """What is there besides `known` when the grace is over."""
    deadline = time.monotonic() + GRACE_S
    while left := belongings() - known:
        if time.monotonic() > deadline:
            return left
        gc.collect()
        time.sleep(0.01)
    return set()


class NothingLeftBehind:
    """Compares what the process holds before and after each test."""

    def __init__(self) -> None:
        self._known: set[Belonging] = set()

    def pytest_collection_finish(self) -> None:
        """What importing the tests has opened is nobody's."""
        if os.name == "posix":
            # Python's own helper process for shared memory; it lives as long as we do.
            resource_tracker.ensure_running()
        self._known = belongings()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object]
    ) -> Generator[None, object, object]:
        """What a fixture of a wider scope opens may stay after the test."""
        if fixturedef.scope == "function":
            return (yield)
        before = belongings()
        result = yield
        self._known |= belongings() - before
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, None, None]:
        """All fixtures of the test have ended here."""
        yield
        left = left_over(self._known)
        self._known = belongings()
        if left:
            pytest.fail("left behind: " + "; ".join(map(str, left)), pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    """Watch every test."""
    config.pluginmanager.register(NothingLeftBehind())


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """A library or driver that hangs must not hang the finished run: it ends with status 1."""
    faulthandler.dump_traceback_later(EXIT_LIMIT_S, exit=True, file=2)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is read from, or written to, the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HODEKAMERA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _no_tasks_left(request: pytest.FixtureRequest) -> None:
    # Asked for first, so that it ends last: after the other fixtures, in the test's own loop.
    if pytest_asyncio.is_async_test(request.node):
        request.getfixturevalue("_tasks_have_ended")


@pytest_asyncio.fixture
async def _tasks_have_ended() -> AsyncIterator[None]:
    yield
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    if tasks:
        _, tasks = await asyncio.wait(tasks, timeout=GRACE_S)
    if tasks:
        pytest.fail("left behind: " + "; ".join(map(str, tasks)), pytrace=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that works; `./test` finds or fetches it and names it in CHROMIUM."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is not None:
        return path
    reason = "no Chromium: run ./test, which says how to install it"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def firefox_program() -> str:
    """The path of a Firefox: FIREFOX names one, or Debian's package, which `./test` installs."""
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr")
    if path is not None:
        return path
    reason = "no Firefox: run ./test, which says how to install it"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def official_client() -> Path:
    """The folder with the client and Node.js."""
    if MARK.exists():
        return FOLDER
    reason = "Pexip's own client is not there: run ./test, which fetches it"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)

"""A real headless Firefox for the tests, driven over WebDriver BiDi (W3C working draft).

Import the fixtures `firefox` and `firefox_address`. Playwright drives only a Firefox that it has
built itself, which nobody else uses.
"""

import asyncio
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, ClientWebSocketResponse, ClientWSTimeout

START_LIMIT_S = 60.0
COMMAND_LIMIT_S = 90.0
WAIT_LIMIT_S = 60.0
LOOK_S = 0.1
LARGEST_MESSAGE = 1 << 24
ENTER, TAB, ESCAPE = "\ue007", "\ue004", "\ue00c"

PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,  # A camera of changing colours, a microphone with a tone.
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,  # The machine may have no network at all.
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.startup.page": 0,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.unified": False,
}
"""Devices that are not there, and no calls to anybody outside."""


class FirefoxPage:
    """One tab. Errors of Firefox are raised as RuntimeError."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._tab = ""
        self.wrong: list[str] = []
        """Errors that the page's scripts did not catch."""

    async def open(self) -> None:
        """Begin a session with a tab of its own."""
        await self._do("session.new", {"capabilities": {}})
        await self._do("session.subscribe", {"events": ["log.entryAdded"]})
        self._tab = (await self._do("browsingContext.create", {"type": "tab"}))["context"]

    async def close(self) -> None:
        """Close the tab, which leaves the room, and end the session."""
        await self._do("browsingContext.close", {"context": self._tab})
        await self._do("session.end", {})

    async def size(self, width: int, height: int) -> None:
        """Of what is seen of the page, in pixels."""
        viewport = {"width": width, "height": height}
        await self._do("browsingContext.setViewport", {"context": self._tab, "viewport": viewport})

    async def goto(self, address: str) -> None:
        """Open an address and wait until it has loaded."""
        await self._do(
            "browsingContext.navigate", {"context": self._tab, "url": address, "wait": "complete"}
        )

    async def before(self, function: str) -> None:
        """Run a function in every page, before its own scripts."""
        await self._do("script.addPreloadScript", {"functionDeclaration": function})

    async def press(self, key: str) -> None:
        """A key of the keyboard, down and up."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        await self._do("input.performActions", {"context": self._tab, "actions": [keyboard]})

    async def look(self, function: str) -> Any:
        """What a function without arguments gives: a text, a number, a boolean or a list."""
        answer = await self._do(
            "script.callFunction",
            {
                "functionDeclaration": function,
                "target": {"context": self._tab},
                "awaitPromise": True,
            },
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return _plain(answer["result"])

    async def until(self, function: str) -> None:
        """Wait until a function gives something true. TimeoutError."""
        async with asyncio.timeout(WAIT_LIMIT_S):
            while not await self.look(function):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(LOOK_S)

    async def click(self, role: str, name: str) -> None:
        """What a screen reader finds under this role and name; it must be there just once."""
        locator = {"type": "accessibility", "value": {"role": role, "name": name}}
        found = await self._do(
            "browsingContext.locateNodes", {"context": self._tab, "locator": locator}
        )
        (node,) = found["nodes"]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        mouse = {
            "type": "pointer",
            "id": "mouse",
            "actions": [
                {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
        }
        await self._do("input.performActions", {"context": self._tab, "actions": [mouse]})

    async def _do(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(COMMAND_LIMIT_S):
            while True:
                told = await self._socket.receive_json()
                if told.get("id") == number:
                    break
                self._note(told)
        if told["type"] == "error":
            raise RuntimeError(f"{method}: {told['message']}")
        return told["result"]

    def _note(self, told: dict[str, Any]) -> None:
        entry = told.get("params", {})
        if entry.get("type") == "javascript" and entry.get("level") == "error":
            self.wrong.append(str(entry.get("text")))


def _plain(value: dict[str, Any]) -> Any:
    """A remote value as Python's own."""
    if value["type"] == "array":
        return [_plain(one) for one in value["value"]]
    return value.get("value")


@pytest.fixture(scope="session")
def firefox_address(firefox_program: str) -> Iterator[str]:
    """Where a running Firefox takes orders."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        (profile / "user.js").write_text(
            "".join(
                f'user_pref("{name}", {json.dumps(value)});\n'
                for name, value in PREFERENCES.items()
            )
        )
        process = subprocess.Popen(
            [firefox_program, "--headless", "--profile", folder, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _address(process, profile)
        finally:
            process.terminate()
            process.wait(20)


def _address(process: "subprocess.Popen[bytes]", profile: Path) -> str:
    told = profile / "WebDriverBiDiServer.json"
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        if told.exists() and (text := told.read_text()):
            where = json.loads(text)
            return f"ws://{where['ws_host']}:{where['ws_port']}/session"
        time.sleep(0.05)
    pytest.fail("Firefox did not start")


@pytest_asyncio.fixture
async def firefox(firefox_address: str) -> AsyncIterator[FirefoxPage]:
    """An empty page, 1180 x 820 like an iPad. Whatever goes wrong in it makes the test fail."""
    timeout = ClientWSTimeout(ws_close=5.0)
    async with (
        ClientSession() as session,
        session.ws_connect(
            firefox_address, timeout=timeout, max_msg_size=LARGEST_MESSAGE
        ) as socket,
    ):
        page = FirefoxPage(socket)
        await page.open()
        try:
            await page.size(1180, 820)
            yield page
        finally:
            await page.close()
    assert page.wrong == []

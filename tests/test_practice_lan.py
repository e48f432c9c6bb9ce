"""The practice room on a network: HTTPS with a certificate of its own, PINs for everybody.

The network is this machine's own address; where it has none, there is nothing to test.
"""

import ssl

import aiohttp
import pytest
from playwright.async_api import BrowserContext, expect

from agent.faults import Fault, PartError
from agent.meeting.practice import lan
from agent.meeting.practice.server import PracticeRoom
from tests.practice_guest import ALIAS, CONFERENCE, HOST_PIN
from tests.test_practice_page import words

pytest_plugins = ("tests.browser",)

GUEST_PIN = "135790"


@pytest.fixture
def address() -> str:
    try:
        return lan.addresses()[0]
    except PartError:
        pytest.skip("this machine has no network")


def room_on(address: str) -> PracticeRoom:
    return PracticeRoom(*(ALIAS, HOST_PIN, GUEST_PIN, 0, words()), locked=True, lan_address=address)


async def test_it_is_served_over_https_and_the_certificate_is_the_one_that_is_told(
    address: str,
) -> None:
    async with room_on(address) as room, aiohttp.ClientSession() as session:
        base = room.page_url.partition("/#")[0]
        assert base.startswith(f"https://{address}:")
        pinned = aiohttp.Fingerprint(bytes.fromhex(room.fingerprint.replace(":", "")))
        async with session.get(f"{base}/api/client/v2/status", ssl=pinned) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ServerFingerprintMismatch):
            await session.get(base, ssl=aiohttp.Fingerprint(b"\0" * 32))
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(base)


@pytest.mark.browser
async def test_a_browser_joins_over_https_with_a_typed_pin_and_has_a_camera(
    address: str, browser: BrowserContext
) -> None:
    assert browser.browser is not None
    tablet = await browser.browser.new_context(
        viewport={"width": 820, "height": 1180},
        has_touch=True,
        ignore_https_errors=True,  # As the person who has compared the fingerprint.
        permissions=["camera", "microphone"],
    )
    async with room_on(address) as room:
        page = await tablet.new_page()
        await page.goto(room.page_url)
        await page.locator("#pin").fill(HOST_PIN)
        await page.locator("#join").tap()
        await expect(page.locator("#meeting")).to_be_visible(timeout=15_000)
        await expect(page.locator("#own")).to_be_visible()
        await expect(page.locator("#quality")).to_have_attribute(
            "data-quality", "good", timeout=15_000
        )
        await tablet.close()


async def test_another_name_is_refused_there_too(address: str) -> None:
    async with room_on(address) as room, aiohttp.ClientSession() as session:
        base = room.page_url.partition("/#")[0]
        named = {"Host": "evil.example"}
        async with session.get(base, headers=named, ssl=False) as response:
            assert response.status == 403


async def test_the_link_holds_no_pin_and_everybody_needs_one(address: str) -> None:
    async with room_on(address) as room, aiohttp.ClientSession() as session:
        assert HOST_PIN not in room.page_url
        assert GUEST_PIN not in room.page_url
        asking = f"{room.page_url.partition('/#')[0]}{CONFERENCE}/request_token"
        for pin, code in (("none", 403), ("1", 403), (GUEST_PIN, 200), (HOST_PIN, 200)):
            body, headers = {"display_name": "x"}, {"pin": pin}
            async with session.post(asking, json=body, headers=headers, ssl=False) as response:
                assert response.status == code


async def test_the_agent_reaches_it_on_loopback(address: str) -> None:
    async with room_on(address) as room, aiohttp.ClientSession() as session:
        assert room.url.startswith("http://127.0.0.1:")
        async with session.get(f"{room.url}/api/client/v2/status") as response:
            assert response.status == 200


def test_a_certificate_names_the_address_and_is_made_anew_each_time() -> None:
    first, second = (lan.new_identity(["192.0.2.1"]) for _ in range(2))

    assert first.fingerprint != second.fingerprint
    assert first.context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_pins_are_six_digits_and_differ() -> None:
    pins = {lan.new_pin() for _ in range(50)}

    assert len(pins) > 45
    assert all(len(pin) == lan.PIN_DIGITS and pin.isdigit() for pin in pins)


def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "get_host_addresses", lambda **_: ["8.8.8.8", "169.254.1.1"])
    with pytest.raises(PartError) as caught:
        lan.addresses()

    assert caught.value.fault is Fault.NO_NETWORK

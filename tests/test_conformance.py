"""The practice room as Pexip's own client sees it: unmodified, in headless Chromium.

The steps are those of a consultation; tokens last only six seconds, so that they are refreshed all
the while. `hertz` and colours tell the participants from one another.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext

from agent.frames import Pixels
from agent.meeting.practice.server import PracticeRoom
from agent.meeting.practice.tracks import PictureOut
from tests.bad_network import BadNetwork
from tests.far_end import until
from tests.official_client import Official, bundled
from tests.practice_guest import HOST_PIN

pytest_plugins = ("tests.browser",)

pytestmark = pytest.mark.live

ALIAS = "ovingsrom.7@kommune"
"""Without a slash: the official client does not encode the alias of its event stream."""

TOKEN_LIFE_S = 6.0
WAITING, INSIDE = "waiting_room", "conference"


@dataclass
class Place:
    """A room, a network before it, and browsers to visit it with."""

    network: BadNetwork
    browser: BrowserContext
    program: str
    stack: AsyncExitStack

    async def client(self) -> Official:
        """Somebody who has not joined yet."""
        opening = Official.open(self.browser, self.network.address, self.program)
        return await self.stack.enter_async_context(opening)

    async def host(self) -> Official:
        """A host who sends red."""
        host = await self.client()
        assert await host.join(ALIAS, HOST_PIN, "Vert", "red") == 200
        return host

    async def guest(self, name: str = "Kamera", colour: str = "blue") -> Official:
        """A guest."""
        guest = await self.client()
        assert await guest.join(ALIAS, "none", name, colour) == 200
        return guest


@pytest.fixture(scope="session")
def visit_program(official_client: Path) -> str:
    """The program of the page that is a participant."""
    return bundled(official_client, "visit.js")


@pytest_asyncio.fixture(params=[False, True], ids=["ours", "recorded style"])
async def place(
    browser: BrowserContext, visit_program: str, request: pytest.FixtureRequest
) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(
            PracticeRoom(
                ALIAS, HOST_PIN, token_life=TOKEN_LIFE_S, recorded_style=bool(request.param)
            )
        )
        network = await stack.enter_async_context(BadNetwork(room.url).stand())
        yield Place(network, browser, visit_program, stack)


once = pytest.mark.parametrize("place", [False], indirect=True, ids=["ours"])


@once
async def test_the_ways_not_to_get_in(place: Place) -> None:
    client = await place.client()
    for alias, pin in (("999", HOST_PIN), (ALIAS, None), (ALIAS, "0000")):
        await client.join(alias, pin, "Vert")

    # 154: no such room; 101: the PIN is wrong.
    assert [one["errorCode"] for one in await client.told("onError")] == ["#pex154", "#pex101"]
    assert await client.told("onPinRequired") == [{"hasHostPin": True, "hasGuestPin": False}]


async def test_a_guest_waits_and_is_let_in_within_the_same_call(place: Place) -> None:
    early = await place.guest("Tidlig")
    await early.until(f"client.serviceType === '{WAITING}'")
    await early.until("visit.picture('main')?.size[0] === 640")  # The waiting card.
    await early.hears(False)
    assert list(await early.people()) == ["Tidlig"]

    host = await place.host()  # The room begins: those who wait come in.
    await early.until(f"client.serviceType === '{INSIDE}'")
    await early.sees("red")
    await host.sees("blue")
    await host.hears()

    await host.do("client.lock({lock: true})")
    await early.until("client.conferenceStatus.get('main').locked")
    late = await place.guest("Sein", "green")
    await late.until(f"client.serviceType === '{WAITING}'")
    await host.until("visit.people().Sein?.isWaiting")
    await host.do("client.admit({participantUuid: visit.people().Sein.uuid})")
    await late.until(f"client.serviceType === '{INSIDE}'")
    await late.sees("blue")  # Guests are shown before hosts.
    await late.hears()
    for client in (early, late):
        assert len(await client.told("onAnswer")) == 1  # The same call all the while.
    assert set(await late.people()) == {"Vert", "Tidlig", "Sein"}


@once
async def test_what_people_do_to_one_another(place: Place) -> None:
    host, guest, third = await place.host(), await place.guest(), await place.guest("Fastlege")
    await host.hears()
    await guest.until("Object.keys(visit.people()).length === 3")
    kamera = "participantUuid: visit.people().Kamera.uuid"

    await host.do("client.mute({mute: true, participantUuid: visit.people().Fastlege.uuid})")
    await host.do(f"client.mute({{mute: true, {kamera}}})")
    await guest.until("visit.told('onMyselfMuted').at(-1) === true")
    await host.hears(False)
    await host.do(f"client.mute({{mute: false, {kamera}}})")
    await guest.until("visit.told('onMyselfMuted').at(-1) === false")
    await host.hears()
    await guest.do("client.clientMute({mute: true})")
    await host.until("visit.people().Kamera.isClientMuted")
    await host.hears(False)

    await guest.do("client.muteVideo({muteVideo: true})")
    await host.until("visit.people().Kamera.isCameraMuted")
    await guest.do("client.raiseHand({raise: true})")
    await host.until("visit.people().Kamera.raisedHand")
    await host.do(f"client.raiseHand({{raise: false, {kamera}}})")
    await guest.until("!visit.people().Kamera.raisedHand")
    await host.do(f"client.setRole({{role: 'chair', {kamera}}})")
    await guest.until("client.getMe().isHost")
    await guest.do("client.muteAllGuests({mute: true})")
    await third.until("client.conferenceStatus.get('main').guestsMuted")

    await host.do("client.kick({participantUuid: visit.people().Fastlege.uuid})")
    await third.until("visit.told('onDisconnected').length")
    assert (await third.told("onDisconnected"))[0]["errorCode"] == "#pex124"  # By another.
    await guest.do("client.disconnect({reason: 'User initiated disconnect'})")
    await host.until("Object.keys(visit.people()).length === 1")
    late = await place.guest("Sein")
    await host.do("client.disconnectAll({})")
    await late.until("visit.told('onDisconnected').length")
    assert (await late.told("onDisconnected"))[0]["errorCode"] == "#pex125"  # Ended by another.


async def test_slides_go_both_ways_and_one_takes_over_from_the_other(place: Place) -> None:
    host, guest = await place.host(), await place.guest()
    await guest.sees("red")
    await host.sees("blue")

    await guest.do("client.present(devices('green'))")
    await host.until("visit.people().Kamera.isPresenting")
    await host.sees("green", "slides")
    late = await place.guest("Sein")  # Who comes later gets them too.
    await late.sees("green", "slides")

    await host.do("client.present(devices('red'))")
    await guest.sees("red", "slides")
    await host.until("visit.people().Vert.isPresenting && !visit.people().Kamera.isPresenting")
    await host.do("client.stopPresenting()")
    await guest.until("!visit.people().Vert.isPresenting")
    assert (await guest.told("onPresentationConnectionChange"))[-1]["recv"] == "disconnected"
    before = (await guest.do("visit.picture('main')"))["count"]
    await guest.until(f"visit.picture('main').count > {before + 5}")  # The call goes on.


@once
async def test_a_stay_outlives_its_tokens_a_broken_stream_and_a_new_bandwidth(place: Place) -> None:
    host, guest = await place.host(), await place.guest()
    await host.sees("blue")
    await host.until("client.latestStats?.inbound?.video?.packetsTransmitted > 0")

    assert place.network.cut(b"/events") == 2
    connected = "visit.told('onConnected').length"
    await host.until(f"{connected} > 1")
    await host.do("client.lock({lock: true})")
    await guest.until("client.conferenceStatus.get('main').locked")  # Events come again.
    assert not await host.told("onParticipantLeft")

    before = await host.do("visit.told('onAnswer').length")
    await host.do("client.setBandwidth(300)")
    await host.do("client.setBandwidth(900)")
    counted = await guest.do("visit.picture('main').count")
    await guest.until(f"visit.picture('main').count > {counted + 5}")
    await host.until("visit.told('onTokenRefreshed').length > 3", limit=TOKEN_LIFE_S * 3)
    assert not await host.told("onDisconnected")
    assert await host.do("visit.told('onAnswer').length") >= before


@once
async def test_a_picture_that_stalls_makes_the_client_restart_ice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = asyncio.Event()
    flows.set()
    following = PictureOut._next

    async def stalling(track: PictureOut) -> Pixels:
        await flows.wait()
        return await following(track)

    monkeypatch.setattr(PictureOut, "_next", stalling)
    host = await place.host()
    await host.until("visit.picture('main')?.count > 5")
    updates: list[str] = []
    host.page.on("request", lambda sent: updates.append(sent.url))

    flows.clear()
    await host.until("visit.told('onReconnecting').length > 0")
    await until(lambda: any(url.endswith("/update") for url in updates))
    flows.set()

    await host.until("visit.told('onReconnected').length > 0")
    counted = await host.do("visit.picture('main').count")
    await host.until(f"visit.picture('main').count > {counted + 5}")
    assert not await host.told("onDisconnected")


@once
async def test_a_call_is_placed_anew_with_the_same_seat(place: Place) -> None:
    host, guest = await place.host(), await place.guest()
    await host.sees("blue")

    await guest.do("client.restartCall({mediaStream: devices('green', 500), bandwidth: 900})")

    await guest.until("visit.told('onAnswer').length === 2")
    await host.sees("green")
    await guest.sees("red")
    assert set(await host.people()) == {"Vert", "Kamera"}

"""The agent in the live practice room, tokens and streams and all, whatever happens in what order.

`test_pexip_orders` tries many orders on the rules alone; here few ones go over HTTP and WebRTC,
with tokens that last a second, so that a refresh falls between any two steps.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from agent.meeting.base import Invitation, Media
from agent.meeting.pexip import events
from agent.meeting.pexip.client import PexipMeeting
from agent.meeting.practice.server import PracticeRoom
from agent.messages import Joined, MeetingEvent, RoomChanged, RoomState
from agent.tasks import task_group
from tests.bad_network import BadNetwork
from tests.far_end import BLUE, ColourTrack, ToneTrack, until
from tests.practice_guest import ALIAS, HOST_PIN, Seated, seated

LIFE_S = 1.5


@dataclass
class Scene:
    """The host, our agent's id, and the network between the agent and the room."""

    host: Seated
    camera: str
    network: BadNetwork

    async def to_camera(self, deed: str) -> None:
        await self.host.do(f"participants/{self.camera}/{deed}")


async def _drop_stream(scene: Scene) -> None:
    scene.network.cut(b"/events")


async def _drop_all(scene: Scene) -> None:
    scene.network.cut()


async def _wait_for_a_refresh(scene: Scene) -> None:
    await asyncio.sleep(LIFE_S / 2)


async def _slides(scene: Scene) -> None:
    await scene.host.do(f"participants/{scene.host.id}/take_floor")
    await scene.host.do(f"participants/{scene.host.id}/release_floor")


STEPS: Mapping[str, Callable[[Scene], Awaitable[None]]] = {
    "lock": lambda scene: scene.host.do("lock"),
    "unlock": lambda scene: scene.host.do("unlock"),
    "mute": lambda scene: scene.to_camera("mute"),
    "unmute": lambda scene: scene.to_camera("unmute"),
    "mute all": lambda scene: scene.host.do("muteguests"),
    "slides": _slides,
    "drop the stream": _drop_stream,
    "drop every connection": _drop_all,
    "refresh": _wait_for_a_refresh,
}


async def _keep_fresh(host: Seated) -> None:
    while True:
        host.token = (await host.do("refresh_token"))["token"]
        await asyncio.sleep(LIFE_S / 3)


async def live(steps: list[str]) -> None:
    """Let these things happen; then the agent must know what is true, and leave nothing behind."""
    rooms: list[RoomState] = []
    async with (
        PracticeRoom(ALIAS, HOST_PIN, token_life=LIFE_S, locked=True) as room,
        BadNetwork(room.url).stand() as network,
        seated(room.url, HOST_PIN, "Vert") as host,
        task_group() as group,
    ):
        fresh = group.create_task(_keep_fresh(host))
        media = Media(ColourTrack(BLUE), ToneTrack(), lambda _: None)
        invitation = Invitation(network.address, ALIAS, "Hodekamera")
        async with PexipMeeting().visit(invitation, media) as told:
            following = group.create_task(_follow(told, rooms))
            await until(lambda: len(host.people) == 2)
            (camera,) = host.people.keys() - {host.id}
            scene = Scene(host, camera, network)
            await scene.to_camera("unlock")
            await until(lambda: bool(rooms))
            for step in steps:
                await STEPS[step](scene)

            def is_known() -> bool:
                person = host.people.get(camera)
                known = rooms[-1]
                return (
                    person is not None
                    and known.locked is host.room["locked"]
                    and known.muted_by_host is (person["is_muted"] == "YES")
                    and {one.id for one in known.participants} == {camera, host.id}
                )

            await until(is_known)
            assert not following.done()  # Still there.
        await until(lambda: host.people.keys() == {host.id})
        following.cancel()
        fresh.cancel()


async def _follow(told: AsyncIterator[MeetingEvent], rooms: list[RoomState]) -> None:
    async for event in told:
        if isinstance(event, Joined | RoomChanged):
            rooms.append(event.room)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),  # To shrink an order would take minutes.
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=4, max_size=9))
def test_any_order_in_the_live_room(steps: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "LONGEST_PAUSE_S", 0.1)  # A stream may be missing for `LIFE_S` only.
        asyncio.run(live(steps))

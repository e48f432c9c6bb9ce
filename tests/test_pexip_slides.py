"""Stills of the slides: the newest is shown, odd answers are not, and none stays behind."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent.meeting.pexip import slides as module
from agent.meeting.pexip.events import MessageParser
from agent.meeting.pexip.roster import ServerEvent
from agent.meeting.pexip.slides import Slides
from agent.meeting.pexip.transport import PICTURE_BYTES, Transport, open_transport
from agent.tasks import task_group
from tests.far_end import until

STILL = b"\xff\xd8\xff a picture"
ROOM = "room"


class Node:
    """Gives one answer to whoever asks for the still."""

    def __init__(self) -> None:
        self.answer: Callable[[], web.Response] = lambda: web.Response(body=STILL)
        self.asked: list[tuple[str, str | None]] = []

    async def picture(self, request: web.Request) -> web.Response:
        self.asked.append((request.query_string, request.headers.get("token")))
        return self.answer()


@pytest.fixture
def node() -> Node:
    return Node()


@pytest_asyncio.fixture
async def transport(node: Node) -> AsyncIterator[Transport]:
    app = web.Application()
    app.router.add_get(f"/api/client/v2/conferences/{ROOM}/presentation.jpeg", node.picture)
    server = TestServer(app)
    async with server, open_transport(str(server.make_url("")), ROOM) as opened:
        opened.token = "secret"
        yield opened


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.0)


async def shown(transport: Transport, *events: ServerEvent) -> list[bytes | None]:
    """What is handed on after each of these events, the end included."""
    told: list[bytes | None] = []
    slides = Slides(transport, told.append)
    async with task_group() as group:
        keeping = group.create_task(slides.keep())
        for number, event in enumerate(events, 1):
            slides.apply(event)
            await until(lambda number=number: len(told) >= number)  # type: ignore[misc]
        keeping.cancel()
    return told


async def test_each_still_is_fetched_and_the_end_takes_it_away(
    node: Node, transport: Transport
) -> None:
    frame, stop = ServerEvent("presentation_frame", None, "7&x"), ServerEvent("presentation_stop")

    assert await shown(transport, frame, stop) == [STILL, None, None]
    assert node.asked == [("id=7%26x", "secret")]  # The token is in no address.


async def test_leaving_takes_it_away(transport: Transport) -> None:
    assert await shown(transport, ServerEvent("presentation_start")) == [STILL, None]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=404, text="No image available"),
        lambda: web.Response(text="<html>Log in", content_type="text/html"),
        lambda: web.Response(status=302, headers={"Location": "http://192.0.2.1/"}),
        lambda: web.Response(body=STILL + b"x" * PICTURE_BYTES),
        lambda: web.Response(body=b""),
    ],
)
async def test_what_is_no_still_is_not_shown(
    node: Node, transport: Transport, answer: Callable[[], web.Response]
) -> None:
    node.answer = answer
    assert await shown(transport, ServerEvent("presentation_start")) == [None, None]


async def test_events_while_a_still_is_fetched_ask_for_the_newest_only(
    node: Node, transport: Transport
) -> None:
    told: list[bytes | None] = []
    slides = Slides(transport, told.append)
    for number in range(5):
        slides.apply(ServerEvent("presentation_frame", None, str(number)))
    async with task_group() as group:
        keeping = group.create_task(slides.keep())
        await until(lambda: bool(told))
        await asyncio.sleep(0)
        keeping.cancel()

    assert node.asked == [("id=4", "secret")]


def test_the_id_belongs_to_its_own_message() -> None:
    stream = b"id: 5\nevent: presentation_frame\ndata: null\n\nevent: other\ndata: 1\n\n"

    assert [event.id for event in MessageParser().feed(stream)] == ["5", ""]

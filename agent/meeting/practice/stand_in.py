"""A host without picture and sound, who does the clinician's part when nobody opens the page."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from agent.faults import Fault, PartError
from agent.messages import Participant
from agent.tasks import task_group

log = logging.getLogger(__name__)

REQUEST_LIMIT_S = 10.0
LEAVE_LIMIT_S = 1.0
PAUSE_S = 1.0

Json = dict[str, object]


class StandIn:
    """Joins a room over HTTP as host, follows it and lets people in.

    Used as `async with StandIn(...) as host`. When the room is gone, `roster` is empty and
    commands raise PartError.
    """

    def __init__(self, url: str, alias: str, pin: str, name: str = "") -> None:
        """url: the room's base address; name: what the others are shown."""
        self.locked = False
        path = "/api/client/v2/conferences/" + quote(alias, safe="")
        self._base = URL(url).with_path(path, encoded=True)
        self._pin = pin
        self._name = name
        self._token = ""
        self._life = 120.0
        self._own = ""
        self._people: dict[str, Participant] = {}
        self._snapshot: dict[str, Participant] | None = None
        self._changed = asyncio.Event()
        self._running = self._run()

    @property
    def roster(self) -> tuple[Participant, ...]:
        """Everybody in the room and before its door, ourselves included."""
        return tuple(self._people.values())

    async def changed(self) -> None:
        """Wait until the roster or the lock is another. Limit it with `asyncio.timeout`."""
        await self._changed.wait()

    async def admit_all(self) -> None:
        """Let everybody in who waits. Raises PartError."""
        for person in self.roster:
            if person.is_waiting:
                await self._post("participants", person.id, "unlock")

    async def remove(self, identity: str) -> None:
        """Remove a participant. Raises PartError."""
        await self._post("participants", identity, "disconnect")

    async def lock(self) -> None:
        """Lock the room: from now on, everybody who comes has to wait. Raises PartError."""
        await self._post("lock")

    async def unlock(self) -> None:
        """Unlock the room, which lets everybody in. Raises PartError."""
        await self._post("unlock")

    async def __aenter__(self) -> Self:
        """Join. Raises PartError(JOIN_REFUSED, SERVER_UNREACHABLE)."""
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Leave, within `LEAVE_LIMIT_S` and a bit."""
        return await self._running.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as self._session:
            seat = await self._post("request_token", body={"display_name": self._name})
            self._take(seat)
            self._own = str(seat.get("participant_uuid"))
            async with task_group() as group:
                duties = [group.create_task(self._follow()), group.create_task(self._refresh())]
                try:
                    yield
                finally:
                    for duty in duties:
                        duty.cancel()
                    with suppress(PartError, TimeoutError):
                        async with asyncio.timeout(LEAVE_LIMIT_S):
                            await self._post("release_token")

    async def _post(self, *path: str, body: Json | None = None) -> Json:
        headers = {"token": self._token} if self._token else {"pin": self._pin}
        timeout = aiohttp.ClientTimeout(total=REQUEST_LIMIT_S)
        try:
            async with self._session.post(
                self._base.joinpath(*path), json=body, headers=headers, timeout=timeout
            ) as response:
                answer = await response.json()
                if response.status != HTTPStatus.OK:
                    raise PartError(Fault.JOIN_REFUSED)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.info("The stand-in was not answered: %s", type(error).__name__)
            raise PartError(Fault.SERVER_UNREACHABLE) from None  # Its text may hold the address.
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    def _take(self, token: Json) -> None:
        self._token = str(token["token"])
        self._life = float(str(token["expires"]))

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._life / 3)
            with suppress(PartError):
                self._take(await self._post("refresh_token"))

    async def _follow(self) -> None:
        """Follow the events; a stream that breaks is opened again."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, ValueError):
                await self._follow_once()
            self._people = {}
            self._tell()
            await asyncio.sleep(PAUSE_S)

    async def _follow_once(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_read=90)
        headers = {"token": self._token}
        async with self._session.get(
            self._base / "events", headers=headers, timeout=timeout
        ) as stream:
            name = ""
            async for line in stream.content:
                field, _, value = line.decode().strip().partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self._apply(name, json.loads(value))

    def _apply(self, name: str, data: object) -> None:
        told = data if isinstance(data, dict) else {}
        match name:
            case "participant_sync_begin":
                self._snapshot = {}
            case "participant_create" | "participant_update":
                person = self._person(told)
                (self._people if self._snapshot is None else self._snapshot)[person.id] = person
            case "participant_delete":
                self._people.pop(str(told.get("uuid")), None)
            case "participant_sync_end" if self._snapshot is not None:
                self._people, self._snapshot = self._snapshot, None
            case "conference_update":
                self.locked = told.get("locked") is True
        self._tell()

    def _person(self, told: Json) -> Participant:
        identity = str(told.get("uuid"))
        return Participant(
            id=identity,
            name=str(told.get("display_name")),
            is_host=told.get("role") == "chair",
            is_waiting=told.get("service_type") == "waiting_room",
            is_self=identity == self._own,
        )

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

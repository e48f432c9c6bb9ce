"""The calls of the room: who hears and sees whom, decided by the room's rules at every moment."""

import asyncio
from collections.abc import Callable
from functools import partial

from agent.frames import AudioFrame, Pixels
from agent.meeting.practice.call import Call, CallError, Sources
from agent.meeting.practice.room import Room
from agent.meeting.practice.tracks import Bell


class Calls:
    """One call per participant at most."""

    def __init__(
        self,
        room: Callable[[], Room],
        died: Callable[[str, str], None],
        group: asyncio.TaskGroup,
        recorded_style: bool = False,
    ) -> None:
        """room: the room as it is now.

        died: told the owner and id of a call that has ended by itself.
        recorded_style: answer in the shape that real nodes have been recorded to give.
        """
        self._room = room
        self._died = died
        self._group = group
        self._recorded_style = recorded_style
        self._calls: dict[str, Call] = {}
        self._bell = Bell()

    async def place(self, owner: str, offer: str) -> tuple[str, str]:
        """Answer an offer with a new call, in place of an older one: its id and the answer.

        Raises CallError.
        """
        self.hang_up(owner)
        sources = Sources(
            heard=lambda: self._room().heard_by(owner),
            shown=partial(self._shown_to, owner),
            slides=partial(self.slides_for, owner),
            spread=partial(self._spread, owner),
            died=partial(self._has_died, owner),
            bell=self._bell,
        )
        call = self._calls[owner] = Call(sources, self._group)
        try:
            return call.id, await call.answer(offer, self._recorded_style)
        except CallError:
            self.hang_up(owner, call.id)
            raise

    async def update(self, owner: str, identity: str, offer: str) -> str:
        """Answer a new offer within a call. Raises CallError."""
        if not self.has(owner, identity):
            raise CallError
        return await self._calls[owner].answer(offer, self._recorded_style)

    async def add_candidate(self, owner: str, identity: str, line: str) -> None:
        """A candidate that was found later; without the call, it is left out."""
        if self.has(owner, identity):
            await self._calls[owner].add_candidate(line)

    def has(self, owner: str, identity: str | None = None) -> bool:
        """Whether this participant has a call, or just this one."""
        call = self._calls.get(owner)
        return call is not None and identity in (None, call.id)

    def hang_up(self, owner: str, identity: str | None = None) -> None:
        """End a participant's call, or only if it is this one; no call is no error."""
        if not self.has(owner, identity):
            return
        call = self._calls.pop(owner)
        for other in self._calls.values():
            other.sound.forget(owner)
        self._bell.ring()
        self._group.create_task(call.close())

    def hang_up_all(self) -> None:
        """End every call."""
        for owner in list(self._calls):
            self.hang_up(owner)

    def room_changed(self) -> None:
        """Somebody else may have to be shown now."""
        for owner, call in self._calls.items():
            person = self._room().find(owner)
            if person is not None and not person.presents:
                call.forget_slides()  # The next ones begin with a picture of their own.
        self._bell.ring()

    def slides_for(self, viewer: str) -> Pixels | None:
        """The newest slides that this participant gets (I420); None: nobody shows any."""
        presenter = self._room().slides_for(viewer)
        call = self._calls.get(presenter.id) if presenter else None
        return call.slides if call else None

    def _has_died(self, owner: str, call: Call) -> None:
        if self.has(owner, call.id):
            self.hang_up(owner)
            self._died(owner, call.id)

    def _spread(self, speaker: str, frame: AudioFrame) -> None:
        for owner, call in self._calls.items():
            if owner != speaker:
                call.sound.put(speaker, frame)

    def _shown_to(self, viewer: str) -> Pixels | None:
        calls = (self._calls.get(owner) for owner in self._room().shown_to(viewer))
        pictures = (call.picture for call in calls if call is not None)
        return next((picture for picture in pictures if picture is not None), None)

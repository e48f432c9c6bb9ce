"""Picture and sound through the practice room: real WebRTC on loopback, both ends aiortc."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import av
import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from aiortc import RTCSessionDescription
from hypothesis import given

from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, AudioFrame, Samples
from agent.meeting.base import Invitation, Media
from agent.meeting.pexip.client import PexipMeeting
from agent.meeting.practice import answer
from agent.meeting.practice.mixing import AHEAD, LOUDEST, MOST, SILENCE, Playout, mix
from agent.meeting.practice.picture import CARD_PHASES, card, planes
from agent.meeting.practice.server import PracticeRoom
from agent.messages import Joined, MeetingEvent, WaitingForHost
from tests.far_end import BLUE, RED, ColourTrack, ToneTrack, loudness, strength, until
from tests.practice_guest import ALIAS, HOST_PIN, Seated, Seen, calling, seated

GREEN = (0, 255, 0)
HOST, GUEST, SECOND = 440, 700, 1000
"""What each of them sings, Hz: tones of one pitch may cancel one another."""
CARD = (80, 64, 29)
"""Mean blue, green, red of the waiting card, about."""


def is_card(seen: Seen) -> bool:
    return bool(np.allclose(seen.colour, CARD, atol=12)) and seen.size == (640, 360)


def sees(seen: Seen, colour: tuple[int, int, int]) -> bool:
    return bool(np.allclose(seen.colour, colour, atol=40))


def hears(seen: Seen) -> bool:
    return seen.loudness > 3000


def tones(seen: Seen) -> set[int]:
    everybodys = (HOST, GUEST, SECOND)
    return {hertz for hertz in everybodys if strength(seen.newest, hertz, 48_000) > 1000}


def is_still(seen: Seen) -> Callable[[], bool]:
    """Becomes true when half a second of silence has come."""
    begun = seen.sounds + 25
    return lambda: seen.sounds > begun and seen.loudness < 3


@asynccontextmanager
async def two(
    locked: bool = False, recorded_style: bool = False
) -> AsyncIterator[tuple[Seated, Seen, Seated, Seen]]:
    """A host who sends red and a guest who sends blue, both a tone."""
    async with (
        PracticeRoom(ALIAS, HOST_PIN, locked=locked, recorded_style=recorded_style) as room,
        seated(room.url, HOST_PIN, "Vert") as host,
        seated(room.url, name="Kamera") as guest,
        calling(host, ToneTrack(hertz=HOST), ColourTrack(RED)) as at_host,
        calling(guest, ToneTrack(hertz=GUEST), ColourTrack(BLUE)) as at_guest,
    ):
        yield host, at_host, guest, at_guest


@pytest.mark.parametrize("recorded_style", [False, True])
async def test_picture_and_sound_go_both_ways(recorded_style: bool) -> None:
    async with two(recorded_style=recorded_style) as (_, at_host, _, at_guest):
        await until(lambda: sees(at_host, BLUE) and hears(at_host))
        await until(lambda: sees(at_guest, RED) and hears(at_guest))


async def test_whoever_waits_gets_a_card_and_silence_until_let_in_within_the_same_call() -> None:
    async with two(locked=True) as (host, at_host, guest, at_guest):
        await until(lambda: is_card(at_guest) and is_card(at_host) and at_guest.pictures > 2)
        await until(is_still(at_guest))
        await until(is_still(at_host))
        call = at_guest.call

        await host.do(f"participants/{guest.id}/unlock")

        await until(lambda: sees(at_host, BLUE) and hears(at_host))
        await until(lambda: sees(at_guest, RED) and hears(at_guest))
        assert at_guest.call == call
        stamps = at_guest.stamps
        assert all(earlier < later for earlier, later in pairwise(stamps))


async def test_the_muted_are_not_heard_and_the_hidden_not_seen() -> None:
    async with two() as (host, at_host, guest, _):
        await until(lambda: sees(at_host, BLUE) and hears(at_host))

        await host.do(f"participants/{guest.id}/mute")
        await until(is_still(at_host))
        await host.do(f"participants/{guest.id}/video_muted")
        await until(lambda: is_card(at_host))
        await host.do(f"participants/{guest.id}/unmute")
        await host.do(f"participants/{guest.id}/video_unmuted")
        await until(lambda: sees(at_host, BLUE) and hears(at_host))


async def test_the_host_is_shown_guests_first_and_hears_all() -> None:
    async with two() as (host, at_host, guest, at_guest):
        async with (
            seated(host.url, HOST_PIN, "Vert 2") as second,
            calling(second, ToneTrack(hertz=SECOND), ColourTrack(GREEN)) as at_second,
        ):
            await until(lambda: sees(at_second, BLUE) and sees(at_host, BLUE))
            await until(lambda: tones(at_host) == {GUEST, SECOND})
            await until(lambda: tones(at_guest) == {HOST, SECOND})
            await until(lambda: tones(at_second) == {HOST, GUEST})
            await host.do(f"participants/{guest.id}/disconnect")
            await until(lambda: sees(at_second, RED) and sees(at_host, GREEN))
        await until(lambda: is_card(at_host))
        assert at_guest.pictures > 0


async def test_a_call_can_be_hung_up_and_placed_again_with_the_same_seat() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN) as room,
        seated(room.url, HOST_PIN) as host,
        seated(room.url) as guest,
        calling(host, ToneTrack(), ColourTrack(RED)) as at_host,
    ):
        async with calling(guest, ToneTrack(), ColourTrack(BLUE)) as first:
            await until(lambda: sees(at_host, BLUE))
            await until(lambda: host.people[guest.id]["has_media"] is True)
            assert await guest.do(f"participants/{guest.id}/calls/{first.call}/disconnect") is None
            await until(lambda: host.people[guest.id]["has_media"] is False)
            await until(lambda: is_card(at_host))
        async with calling(guest, ToneTrack(), ColourTrack(GREEN)) as second:
            await until(lambda: sees(at_host, GREEN) and sees(second, RED))
            assert second.call != first.call


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.01, 0.02, 0.04, 0.08])
async def test_a_call_can_be_hung_up_at_any_moment_and_leaves_nothing(after_s: float) -> None:
    async with PracticeRoom(ALIAS, HOST_PIN) as room, seated(room.url, HOST_PIN) as host:
        for _ in range(4):
            async with calling(host, ToneTrack(), ColourTrack(RED)) as at_host:
                await asyncio.sleep(after_s)
                call = f"participants/{host.id}/calls/{at_host.call}"
                assert await host.do(f"{call}/disconnect") is None


async def test_without_camera_and_microphone_one_still_sees_and_hears() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN) as room,
        seated(room.url, HOST_PIN) as host,
        seated(room.url) as guest,
        calling(host) as at_host,
        calling(guest, ToneTrack(), ColourTrack(BLUE)) as at_guest,
    ):
        await until(lambda: sees(at_host, BLUE) and hears(at_host))
        await until(lambda: is_card(at_guest))


async def test_a_call_takes_candidates_updates_and_statistics() -> None:
    async with two() as (host, at_host, _, _):
        call = f"participants/{host.id}/calls/{at_host.call}"
        usable = "candidate:1 1 udp 2113937151 127.0.0.1 9 typ host generation 0"
        for line in (
            usable,
            usable,
            usable.replace("127.0.0.1", "x.local"),
            "candidate:1",
            "",
            "x",
        ):
            body = {"candidate": line, "mid": "1", "ufrag": "a", "pwd": "b"}
            assert await host.do(f"{call}/new_candidate", body) is None
        assert await host.do(f"{call}/statistics", {"audio": {"rx_bitrate": 1}}) is None
        assert await host.do(f"{call}/ack", {"sdp": "offer_ignored"}) is True


async def test_a_new_offer_within_the_call_is_answered_and_the_call_goes_on() -> None:
    async with two() as (host, at_host, _, _):
        await until(lambda: sees(at_host, BLUE))
        update = f"participants/{host.id}/calls/{at_host.call}/update"
        for offer in ("nonsense", "v=0\r\nm=audio x y z\r\n", ""):
            assert (await host.post(update, {"sdp": offer}))[0] == 400

        connection = at_host.connection
        await connection.setLocalDescription(await connection.createOffer())
        answered = await host.do(update, {"sdp": connection.localDescription.sdp})
        await connection.setRemoteDescription(RTCSessionDescription(answered, "answer"))

        seen = at_host.pictures
        await until(lambda: at_host.pictures > seen + 25 and hears(at_host))


async def test_picture_before_sound_and_sound_alone_are_answered_too() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN) as room,
        seated(room.url, HOST_PIN) as host,
        seated(room.url) as guest,
        calling(guest, ColourTrack(BLUE), ToneTrack()) as at_guest,
    ):
        async with calling(host, ToneTrack(), kinds=("audio",)) as at_host:
            await until(lambda: hears(at_host) and hears(at_guest) and is_card(at_guest))
        async with calling(host, ColourTrack(RED), ToneTrack()) as at_host:
            await until(lambda: sees(at_host, BLUE) and hears(at_host))
            await until(lambda: sees(at_guest, RED) and hears(at_guest))


class Stalling(ColourTrack):
    """Sends until it is told to stop, and then neither pictures nor an end."""

    def __init__(self) -> None:
        super().__init__(BLUE)
        self.stalled = False

    async def recv(self) -> av.VideoFrame:
        if self.stalled:
            await asyncio.Event().wait()
        return await super().recv()


async def test_a_picture_that_has_stopped_is_not_shown_as_if_it_were_live() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN) as room,
        seated(room.url, HOST_PIN) as host,
        seated(room.url) as guest,
        calling(host) as at_host,
    ):
        camera = Stalling()
        async with calling(guest, ToneTrack(), camera):
            await until(lambda: sees(at_host, BLUE))
            camera.stalled = True
            await until(lambda: is_card(at_host))


# Our own client, the very code that joins Join i helsenett


@pytest.mark.parametrize("recorded_style", [False, True])
async def test_the_agent_waits_comes_in_and_is_removed(recorded_style: bool) -> None:
    heard: list[AudioFrame] = []
    async with (
        PracticeRoom(ALIAS, HOST_PIN, locked=True, recorded_style=recorded_style) as room,
        seated(room.url, HOST_PIN, "Vert") as host,
        calling(host, ToneTrack(), ColourTrack(RED)) as at_host,
    ):
        invitation = Invitation(room.url, ALIAS, "Hodekamera")
        media = Media(ColourTrack(BLUE), ToneTrack(), heard.append)
        async with PexipMeeting().visit(invitation, media) as events:
            assert await soon(events) == WaitingForHost()
            (camera,) = [one for one in host.people if host.waits(one)]
            await host.do(f"participants/{camera}/unlock")
            joined = await soon(events)
            assert isinstance(joined, Joined)
            assert joined.room.locked is True
            assert joined.room.recording is False
            assert {person.name for person in joined.room.participants} == {"Vert", "Hodekamera"}
            await until(lambda: sees(at_host, BLUE) and hears(at_host))
            await until(lambda: bool(heard) and loudness(heard[-1].samples) > 3000)

            await host.do(f"participants/{camera}/disconnect")
            with pytest.raises(PartError) as caught:
                await to_the_end(events)
        assert caught.value.fault is Fault.REMOVED
        await until(lambda: camera not in host.people)


async def test_the_agent_gets_stills_of_the_slides_while_somebody_shows_some() -> None:
    async with (
        PracticeRoom(ALIAS, HOST_PIN) as room,
        seated(room.url, HOST_PIN, "Vert") as host,
        calling(host, ToneTrack(), ColourTrack(BLUE), ColourTrack(RED), slides=True),
    ):
        stills: list[bytes | None] = []
        media = Media(ColourTrack(BLUE), ToneTrack(), lambda _: None, stills.append)
        invitation = Invitation(room.url, ALIAS, "Hodekamera")
        async with PexipMeeting().visit(invitation, media) as events:
            assert isinstance(await soon(events), Joined)
            assert None not in stills
            await host.do(f"participants/{host.id}/take_floor")
            await until(lambda: bool(stills and stills[-1]))
            picture = cv2.imdecode(np.frombuffer(stills[-1] or b"", np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            assert np.allclose(picture.mean(axis=(0, 1)), RED, atol=20)
            await host.do(f"participants/{host.id}/release_floor")
            await until(lambda: stills[-1] is None)


async def soon(events: AsyncIterator[MeetingEvent]) -> MeetingEvent:
    async with asyncio.timeout(10):
        return await anext(events)


async def to_the_end(events: AsyncIterator[MeetingEvent]) -> None:
    while True:
        await soon(events)


# Session descriptions

CHROMIUM = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 192.0.2.4 50000 typ host generation 0
a=candidate:2 1 udp 2113937151 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 50001 typ host
a=candidate:3 1 tcp 1518280447 192.0.2.4 9 typ host tcptype active
a=end-of-candidates
a=mid:0
a=content:main
m=video 9 UDP/TLS/RTP/SAVPF 96
a=content:main
a=mid:1
m=video 9 UDP/TLS/RTP/SAVPF 97
a=mid:2
a=content:slides
""".replace("\n", "\r\n")


def test_an_offer_is_made_usable() -> None:
    offer = answer.usable(CHROMIUM)

    assert offer.count("a=candidate:1 ") == 3  # In every section.
    assert not any(word in offer for word in (".local", "tcptype", "end-of-candidates"))
    assert answer.first_mid(offer) == "0"


def test_an_answer_gets_the_contents_of_the_offer() -> None:
    plain = "v=0\r\nm=audio\r\na=mid:0\r\nm=video\r\na=mid:1\r\nm=video\r\na=mid:2\r\n"

    assert answer.labelled(plain, CHROMIUM).splitlines() == [
        *("v=0", "m=audio", "a=mid:0", "a=content:main"),
        *("m=video", "a=mid:1", "a=content:main", "m=video", "a=mid:2", "a=content:slides"),
    ]


async def test_an_answer_in_the_recorded_style_is_as_real_nodes_write_it() -> None:
    async with two(recorded_style=True) as (_, at_host, _, _):
        head, audio, video = at_host.answer.split("m=")

    assert "b=AS:" in head
    assert " TCP " in audio
    assert " udp " in audio
    assert "a=candidate" not in video
    assert "a=rtcp-fb:* nack pli" in video
    assert "b=TIAS:" in video
    for section in (audio, video):
        assert "a=setup:active" in section
        assert "a=content:main" in section
        assert section.count("a=fingerprint:") == 1
    assert "end-of-candidates" not in at_host.answer


# Mixing

voices = st.lists(
    st.lists(st.integers(-32768, 32767), min_size=4, max_size=4).map(
        lambda values: np.resize(np.array(values, np.int16), FRAME_SAMPLES)
    ),
    max_size=4,
)


@given(voices)
def test_a_mix_is_the_sum_and_never_wraps_around(several: list[Samples]) -> None:
    mixed = mix(several)

    assert mixed.dtype == np.int16
    expected = sum((voice.astype(np.int64) for voice in several), np.zeros(FRAME_SAMPLES, np.int64))
    limit = LOUDEST + (len(several) == 1)  # One voice alone is left as it is.
    assert np.array_equal(mixed, np.clip(expected, -limit, LOUDEST))


@given(st.lists(st.booleans(), max_size=200))
def test_playout_keeps_the_order_bounds_the_delay_and_collects_before_it_plays(
    puts: list[bool],
) -> None:
    playout = Playout()
    kept = number = last = 0
    playing = False
    for put in puts:
        if put:
            number += 1
            playout.put(np.full(FRAME_SAMPLES, number, np.int16))
            kept = AHEAD if kept == MOST else kept + 1
        else:
            taken = playout.take()
            playing = kept > 0 and (playing or kept >= AHEAD)
            assert (taken is not None) == playing
            if taken is not None:
                assert last < taken[0] <= number
                assert number - taken[0] < MOST
                last, kept = int(taken[0]), kept - 1


def test_nobody_speaking_is_silence() -> None:
    assert mix([]) is SILENCE


# Pictures


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (640, 360, (640, 360)),
        (1280, 720, (960, 540)),
        (480, 1080, (240, 540)),
        (641, 361, (640, 360)),
        (2, 2, (2, 2)),
    ],
)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "rgb24"])
def test_a_picture_is_made_to_fit(
    width: int, height: int, expected: tuple[int, int], pixel_format: str
) -> None:
    picture = planes(av.VideoFrame(width, height, pixel_format))

    assert picture.dtype == np.uint8
    assert picture.shape == (expected[1] * 3 // 2, expected[0])


def test_the_card_moves() -> None:
    cards = [card(phase) for phase in range(CARD_PHASES)]

    assert all(one.shape == (540, 640) for one in cards)
    assert not np.array_equal(cards[0], cards[1])

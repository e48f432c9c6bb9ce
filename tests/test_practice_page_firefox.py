"""The clinic's page in a real Firefox: picture and sound both ways, the door, leaving."""

import pytest

from agent.meeting.practice.server import PracticeRoom
from tests.far_end import ToneTrack, until
from tests.firefox import ENTER, TAB, FirefoxPage, firefox, firefox_address
from tests.practice_guest import ALIAS, HOST_PIN, calling, seated
from tests.test_practice_page import FITS, MovingStripes, words

__all__ = ["firefox", "firefox_address"]

FLOWS = "() => Number(document.getElementById('quality').dataset.fps) > 2"
IN_ROOM = "() => document.body.dataset.view === 'meeting'"
SHOWS_CAMERA = """() => {
  const canvas = new OffscreenCanvas(16, 9).getContext("2d");
  canvas.drawImage(document.getElementById("remote"), 0, 0, 16, 9);
  const pixels = canvas.getImageData(0, 0, 16, 9).data;
  const sum = (channel) => pixels.filter((_, n) => n % 4 === channel).reduce((a, b) => a + b);
  return sum(0) > sum(2) + 40 * 144;
}"""
KEEP_CALLS = """() => {
  window.calls = [];
  const Plain = RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...all) { super(...all); window.calls.push(this); }
  };
}"""
# By what was decoded: without a sound card Firefox starts no audio graph, the page's meter rests.
HEARS = """async () => {
  const entries = [...(await window.calls.at(-1).getStats()).values()];
  const sound = entries.find((one) => one.type === "inbound-rtp" && one.kind === "audio");
  return (sound?.audioLevel ?? 0) > 0.05;
}"""


def text_is(selector: str, text: str) -> str:
    return f"() => document.querySelector({selector!r}).textContent === {text!r}"


@pytest.mark.browser
async def test_a_consultation_in_firefox(firefox: FirefoxPage) -> None:
    texts = words("nn")
    async with PracticeRoom(ALIAS, HOST_PIN, page_texts=texts, locked=True) as room:
        await firefox.before(KEEP_CALLS)
        await firefox.goto(room.page_url)
        await firefox.until("() => document.activeElement?.id === 'join'")
        await firefox.press(ENTER)
        await firefox.until(IN_ROOM)
        async with (
            seated(room.url, name="Hovudkamera") as camera,
            calling(camera, ToneTrack(), MovingStripes()) as at_camera,
        ):
            # It waits, and is not shown.
            await firefox.until("() => !document.getElementById('waiting').hidden")
            assert not await firefox.look(SHOWS_CAMERA)
            await firefox.click("button", f"{texts['admit']}: Hovudkamera")
            await until(lambda: camera.waits() is False)

            # Picture and sound go both ways.
            await firefox.until(HEARS)
            await firefox.until(FLOWS)
            await firefox.until(SHOWS_CAMERA)
            pictures = at_camera.pictures
            await until(lambda: at_camera.loudness > 100 and at_camera.pictures > pictures + 10)
            assert await firefox.look(FITS)

            # The lock and the end.
            await firefox.click("button", texts["unlock"])
            await until(lambda: camera.room["locked"] is False)
            await firefox.until(text_is("#lock-state span", texts["unlocked"]))
            await firefox.click("button", texts["end"])
            await firefox.until("() => document.getElementById('confirm').open")
            await firefox.press(TAB)  # From «Avbryt», which comes first.
            await firefox.press(ENTER)
            await firefox.until("() => document.body.dataset.view === 'over'")
            await until(lambda: bool(camera.told("disconnect")))

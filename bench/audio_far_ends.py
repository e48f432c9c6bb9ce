"""Who hears the nurse, and when: for the delay from her mouth to the far ear."""

import asyncio
import time
from typing import Protocol

import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from playwright.async_api import Page

from agent.frames import AudioFrame
from agent.meeting.receiving import receive_live
from agent.meeting.sound import play

LOUD = 3000
"""A sample above this is the click."""


class Clicks:
    """When each click was first seen."""

    def __init__(self, found: list[float], given: list[float]) -> None:
        self._found, self._given = found, given

    def look(self, frame: AudioFrame) -> None:
        """See whether it is in this frame."""
        # Where in the frame it is does not matter: a frame is heard from its beginning on.
        if np.abs(frame.samples.astype(int)).max() > LOUD:
            self.seen(time.time())

    def seen(self, at: float) -> None:
        """at: seconds since 1970."""
        if len(self._given) > len(self._found):
            self._found.append(at - self._given[len(self._found)])


class FarEnd(Protocol):
    """Whoever hears the nurse."""

    clicks: Clicks

    async def answer(self, offer: str) -> str:
        """To her session description."""
        ...

    async def close(self) -> None:
        """The call is over."""
        ...


class LibraryFarEnd:
    """aiortc as the agent and the practice room use it, or as it comes."""

    clicks: Clicks

    def __init__(self, *, stock: bool) -> None:
        self._stock = stock
        self._connection = RTCPeerConnection()
        self._reading: list[asyncio.Task[None]] = []
        self._connection.on("track", self._read)

    def _read(self, remote: MediaStreamTrack) -> None:
        self._reading.append(asyncio.create_task(play(remote, self.clicks.look)))

    async def answer(self, offer: str) -> str:
        """See `FarEnd`."""
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        if not self._stock:
            receive_live(self._connection)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._connection.localDescription.sdp

    async def close(self) -> None:
        """See `FarEnd`."""
        await self._connection.close()
        for each in self._reading:
            each.cancel()


HERE = "https://far-end.invalid/"

PAGE = """
async ({offer, loud}) => {
  const code = `registerProcessor('clicks', class extends AudioWorkletProcessor {
    process([[samples]]) {
      const seen = samples && samples.some(one => Math.abs(one) > ${loud});
      if (seen) this.port.postMessage(Date.now());
      return true;
    }
  });`;
  const context = new AudioContext();
  await context.audioWorklet.addModule(URL.createObjectURL(
    new Blob([code], {type: 'application/javascript'})));
  const pc = window.pc = new RTCPeerConnection();
  pc.ontrack = ({track}) => {
    const stream = new MediaStream([track]);
    // Chromium decodes what an element plays, and nothing else.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = true;
    element.play();
    const worklet = new AudioWorkletNode(context, 'clicks');
    worklet.port.onmessage = ({data}) => window.clicked(data / 1000);
    context.createMediaStreamSource(stream).connect(worklet).connect(context.destination);
  };
  await pc.setRemoteDescription({type: 'offer', sdp: offer});
  await pc.setLocalDescription(await pc.createAnswer());
  await new Promise(done => {
    if (pc.iceGatheringState === 'complete') return done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
    setTimeout(done, 3000);
  });
  return pc.localDescription.sdp;
}
"""


class BrowserFarEnd:
    """A page of Chromium; when a click is in what it is about to play."""

    clicks: Clicks

    def __init__(self, page: Page) -> None:
        self._page = page

    async def answer(self, offer: str) -> str:
        """See `FarEnd`."""
        # Worklets need an https address; nothing leaves the browser for this one.
        await self._page.route(f"{HERE}*", lambda route: route.fulfill(body="<html></html>"))
        await self._page.goto(HERE)
        await self._page.expose_function("clicked", lambda at: self.clicks.seen(at))
        text: str = await self._page.evaluate(PAGE, {"offer": offer, "loud": LOUD / 32768})
        return text

    async def close(self) -> None:
        """See `FarEnd`."""
        await self._page.close()

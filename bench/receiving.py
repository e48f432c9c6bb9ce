"""A Chromium that receives one call and notes when each picture was shown, how large, how old."""

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, async_playwright

from bench import scene

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-timer-throttling",
)

PAGE = """
async ({offer, block, bits, stamped}) => {
  const pc = window.pc = new RTCPeerConnection();
  const video = document.createElement('video');
  video.autoplay = video.muted = true;
  video.style.width = '640px';
  document.body.append(video);
  window.shown = [];
  const canvas = document.createElement('canvas');
  canvas.width = block * bits; canvas.height = 2 * block;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const read = () => {
    const scale = video.videoWidth / window.fullWidth || 1;
    context.drawImage(video, 0, 0, canvas.width * scale, canvas.height * scale,
                      0, 0, canvas.width, canvas.height);
    const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    let number = 0;
    for (let bit = 0; bit < bits; bit++) {
      const x = bit * block + block / 2;
      const top = data[4 * (block / 2 * canvas.width + x)];
      const low = data[4 * (3 * block / 2 * canvas.width + x)];
      if (Math.abs(top - low) < 60) return null;
      if (top > low) number |= 1 << bit;
    }
    return number;
  };
  const look = () => {
    const at = performance.timeOrigin + performance.now();
    let age = null;
    if (stamped) {
      const number = read();
      if (number !== null) age = ((at % (1 << bits)) - number + (1 << bits)) % (1 << bits);
    }
    window.shown.push([at / 1000, video.videoWidth, video.videoHeight, age]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  pc.ontrack = event => { if (event.track.kind === 'video')
    video.srcObject = new MediaStream([event.track]); };
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


@dataclass(frozen=True)
class Shown:
    """One picture on the far end's screen."""

    at: float
    """Seconds since 1970."""
    width: int
    height: int
    age: float | None
    """Seconds since it was made, if it says so."""


class Receiver:
    """One page of a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def answer(self, offer: str, *, stamped: bool = False) -> str:
        """The browser's answer, all candidates in it."""
        wanted = {"offer": offer, "block": scene.BLOCK, "bits": scene.BITS, "stamped": stamped}
        text: str = await self.page.evaluate(PAGE, wanted)
        return text

    async def shown(self) -> list[Shown]:
        """All pictures so far."""
        rows: list[list[Any]] = await self.page.evaluate("() => window.shown")
        return [
            Shown(at, width, height, None if age is None else age / 1000)
            for at, width, height, age in rows
        ]

    async def stats(self) -> dict[str, float]:
        """What the browser has counted about the picture."""
        text = """async () => {
          const report = await window.pc.getStats(), found = {};
          report.forEach(one => { if (one.type === 'inbound-rtp' && one.kind === 'video')
            for (const key of ['bytesReceived', 'framesDecoded', 'keyFramesDecoded', 'packetsLost',
              'freezeCount', 'totalFreezesDuration', 'pliCount', 'nackCount'])
              found[key] = one[key]; });
          return found; }"""
        found: dict[str, float] = await self.page.evaluate(text)
        return found


SENDING_PAGE = """
async ({width, height, rate, bitrate, codec}) => {
  const pc = window.pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia(
    {video: {width: {exact: width}, height: {exact: height}, frameRate: rate}});
  const sender = pc.addTrack(stream.getVideoTracks()[0], stream);
  const codecs = RTCRtpSender.getCapabilities('video').codecs.filter(
    one => one.mimeType === 'video/' + codec || /rtx/.test(one.mimeType));
  pc.getTransceivers()[0].setCodecPreferences(codecs);
  await pc.setLocalDescription(await pc.createOffer());
  const asked = sender.getParameters();
  asked.encodings[0].maxBitrate = bitrate;
  await sender.setParameters(asked);
  await new Promise(done => {
    if (pc.iceGatheringState === 'complete') return done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
    setTimeout(done, 3000);
  });
  return pc.localDescription.sdp;
}
"""


class BrowserSender:
    """A page of another browser that sends what its camera shows."""

    def __init__(self, page: Page, wish: dict[str, object]) -> None:
        self._page = page
        self._wish = wish

    async def offer(self) -> str:
        """Its session description."""
        text: str = await self._page.evaluate(SENDING_PAGE, self._wish)
        return text

    async def answer(self, answer: str) -> None:
        """Begin."""
        text = "sdp => window.pc.setRemoteDescription({type: 'answer', sdp})"
        await self._page.evaluate(text, answer)


@asynccontextmanager
async def chromium(
    path: str, *switches: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[Receiver]:
    """A running browser with one empty page. env: its environment; None: ours."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=[*SWITCHES, *switches], env=dict(env or os.environ)
        )
        try:
            yield Receiver(await browser.new_page())
        finally:
            with contextlib.suppress(Exception):
                await browser.close()

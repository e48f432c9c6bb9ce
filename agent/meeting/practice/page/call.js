// Picture and sound: this machine's camera and microphone, and the connection to the room.

const DEVICES_LIMIT_MS = 30_000;
const GATHER_LIMIT_MS = 1_500;
const RECALL_MS = 2_000;
const BROKEN_MS = 5_000;
const WATCH_MS = 1_000;

const VIDEO = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 15 } };

// Whatever of camera and microphone there is and may be used; possibly nothing.
export async function openDevices() {
  const wishes = [{ audio: true, video: VIDEO }, { audio: true }, { video: VIDEO }];
  const late = new Promise((resolve) => setTimeout(resolve, DEVICES_LIMIT_MS, "late"));
  for (const wish of wishes) {
    const asked = navigator.mediaDevices?.getUserMedia(wish);
    const stream = await Promise.race([asked, late]).catch(() => null);
    if (stream === "late") {
      asked.then((tooLate) => tooLate.getTracks().forEach((track) => track.stop()), () => {});
      break;
    }
    if (stream) return stream;
  }
  return new MediaStream();
}

// Dispatches `stream` when there is another stream to show. A connection that breaks is made anew.
export class Call extends EventTarget {
  stream = new MediaStream();
  slides = new MediaStream();
  #room;
  #devices;
  #connection = null;
  #id = null;
  #over = false;
  #placing = false;
  #brokenSince = null;
  #watch = null;
  #slides = null; // The transceiver.
  #before = { at: 0, frames: 0, received: 0, lost: 0 };

  constructor(room, devices) {
    super();
    this.#room = room;
    this.#devices = devices;
  }

  get connected() {
    return this.#connection?.connectionState === "connected";
  }

  start() {
    this.place();
    this.#watch = setInterval(() => this.#repair(), WATCH_MS);
  }

  end() {
    this.#over = true;
    clearInterval(this.#watch);
    this.#connection?.close();
  }

  async place() {
    if (this.#placing || this.#over) return;
    this.#placing = true;
    try {
      await this.#place();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RECALL_MS));
      this.#brokenSince = 0; // The next look at it places it again.
    } finally {
      this.#placing = false;
    }
  }

  // Show this as slides; null: show none any more.
  present(track) {
    return this.#slides?.sender.replaceTrack(track);
  }

  async #place() {
    this.#connection?.close();
    this.#brokenSince = null;
    const connection = (this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" }));
    const presented = this.#slides?.sender.track ?? null;
    [this.stream, this.slides] = [new MediaStream(), new MediaStream()];
    connection.ontrack = ({ track, transceiver }) => {
      (transceiver === this.#slides ? this.slides : this.stream).addTrack(track);
      this.dispatchEvent(new Event("stream"));
    };
    for (const kind of ["audio", "video"]) {
      const [track] = this.#devices.getTracks().filter((one) => one.kind === kind);
      const direction = track ? "sendrecv" : "recvonly";
      connection.addTransceiver(track ?? kind, { direction, streams: track ? [this.#devices] : [] });
    }
    this.#slides = connection.addTransceiver("video", { direction: "sendrecv" });
    await this.present(presented);
    await connection.setLocalDescription();
    await gathered(connection);
    const answer = await this.#room.post(`/participants/${this.#room.own}/calls`, {
      call_type: "WEBRTC",
      media_type: "video",
      sdp: labelled(connection.localDescription.sdp),
    });
    this.#id = answer.call_uuid;
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await this.#room.post(`/participants/${this.#room.own}/calls/${this.#id}/ack`);
  }

  #repair() {
    const state = this.#connection?.connectionState;
    if (this.#brokenSince !== 0) {
      if (state === "connected" || state === "connecting" || state === "new") this.#brokenSince = null;
      else this.#brokenSince ??= Date.now();
    }
    const broken = this.#brokenSince !== null && Date.now() - this.#brokenSince > BROKEN_MS;
    if (broken || state === "failed") this.place();
  }

  // What arrived since the last time: pictures per second, their size, part of packets lost.
  async received() {
    const sums = { at: performance.now(), frames: 0, received: 0, lost: 0, width: 0, height: 0 };
    for (const entry of (await this.#connection?.getStats())?.values() ?? []) {
      const isSlides = entry.trackIdentifier === this.#slides?.receiver.track.id;
      if (entry.type !== "inbound-rtp" || isSlides) continue;
      sums.frames += entry.framesDecoded ?? 0;
      sums.received += entry.packetsReceived ?? 0;
      sums.lost += entry.packetsLost ?? 0;
      sums.width ||= entry.frameWidth ?? 0;
      sums.height ||= entry.frameHeight ?? 0;
    }
    const before = this.#before;
    this.#before = sums;
    const packets = sums.received - before.received;
    const lost = Math.max(0, sums.lost - before.lost);
    const fps = Math.max(0, (1000 * (sums.frames - before.frames)) / (sums.at - before.at));
    return { fps, width: sums.width, height: sums.height, loss: lost / Math.max(1, packets + lost) };
  }
}

// Each section marked as main or as slides, the third: the room tells them by that.
function labelled(sdp) {
  const [head, ...sections] = sdp.split(/^(?=m=)/m);
  return head + sections.map((section, n) => `${section}a=content:${n < 2 ? "main" : "slides"}\r\n`).join("");
}

// All candidates are in the offer, so that none has to follow.
function gathered(connection) {
  return new Promise((resolve) => {
    const done = () => connection.iceGatheringState === "complete" && resolve();
    connection.addEventListener("icegatheringstatechange", done);
    setTimeout(resolve, GATHER_LIMIT_MS);
    done();
  });
}

// Pexip's own client as it comes, with a record of all that it says. Driven by the tests.

import * as pexip from "@pexip/infinity";

const PICTURE_MS = 100; // Ten pictures a second tell a colour as well as 25, and leave room for other tests.
const STREAMS = { onRemoteStream: "main", onRemotePresentationStream: "slides" };

const paint = (context, colour, turn) => {
  context.fillStyle = colour;
  context.fillRect(0, 0, 320, 240);
  context.fillStyle = "white";
  context.fillRect((turn * 4) % 320, 0, 4, 12); // Something moves, so that pictures differ.
};

// A camera that sees one colour, and a microphone that hears one tone.
export function devices(colour, hertz) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const context = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => paint(context, colour, turn++), PICTURE_MS);
  const stream = canvas.captureStream(1000 / PICTURE_MS);
  if (hertz) {
    const sound = new AudioContext();
    const tone = new OscillatorNode(sound, { frequency: hertz });
    const out = sound.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
  }
  return stream;
}

export class Visit {
  said = []; // [name of the signal, what came with it]
  logged = []; // What the client warns of.
  #levels = {};

  constructor() {
    const told = pexip.createInfinityClientSignals([], { batchScheduleTimeoutMS: 50, batchBufferSize: 10 });
    const seen = pexip.createCallSignals([]);
    for (const [name, signal] of [...Object.entries(told), ...Object.entries(seen)]) {
      signal.add((data) => (STREAMS[name] ? this.#show(STREAMS[name], data) : this.said.push([name, plain(data)])));
    }
    const quiet = () => {};
    const loud = (...words) => this.logged.push(words.map((word) => plain(word)));
    pexip.setLogger({
      ...{ trace: quiet, debug: quiet, info: quiet, warn: loud, error: loud, fatal: loud },
      ...{ addRedactPattern: quiet, redact: (text) => text },
    });
    this.client = pexip.createInfinityClient(told, seen);
  }

  async join(room, pin, name, colour, hertz) {
    const answer = await this.client.call({
      conferenceAlias: room,
      displayName: name,
      pin,
      bandwidth: 1000,
      callType: pexip.ClientCallType.AudioVideoPresentation,
      mediaStream: devices(colour, hertz),
    });
    return answer?.status;
  }

  told(name) {
    return this.said.filter(([one]) => one === name).map(([, data]) => data);
  }

  people() {
    return Object.fromEntries(this.client.getParticipants("main").map((one) => [one.displayName, plain(one)]));
  }

  #show(where, stream) {
    this.said.push([where, null]);
    const id = `video-${where}`;
    const video = document.getElementById(id) ?? document.createElement("video");
    Object.assign(video, { id, autoplay: true, srcObject: stream });
    document.body.append(video);
    if (stream.getAudioTracks().length) {
      const context = new AudioContext();
      this.#levels[where] = new AnalyserNode(context);
      context.createMediaStreamSource(stream).connect(this.#levels[where]);
    }
  }

  // Mean red, green, blue of the middle, size, and how many pictures were decoded.
  picture(where) {
    const video = document.getElementById(`video-${where}`);
    if (!video?.videoWidth) return null;
    const canvas = new OffscreenCanvas(16, 16).getContext("2d");
    canvas.drawImage(video, 0, 0, 16, 16);
    const middle = canvas.getImageData(4, 4, 8, 8).data;
    const mean = (at) => middle.filter((_, n) => n % 4 === at).reduce((sum, one) => sum + one, 0) / 64;
    return {
      colour: [0, 1, 2].map(mean),
      size: [video.videoWidth, video.videoHeight],
      count: video.getVideoPlaybackQuality().totalVideoFrames,
    };
  }

  // Root mean square of what is heard, 0 to 1.
  level() {
    const analyser = this.#levels.main;
    if (!analyser) return 0;
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
  }
}

// What can be handed to the tests: no streams, no functions.
function plain(value) {
  const readable = (_, one) => (one instanceof Error ? `${one.name}: ${one.message}` : one);
  try {
    return JSON.parse(JSON.stringify(value ?? null, readable));
  } catch {
    return String(value);
  }
}

Object.assign(globalThis, { Visit, devices });

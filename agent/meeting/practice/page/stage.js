// What is seen and heard: the others' picture, slides, how good the way is, and sharing the screen.

import { byId, say, setIcon } from "./dom.js";
import { isHost } from "./people.js";

const METER_MS = 200;
const LOOK_MS = 1_000;
const WEAK_FPS = 8;
const WEAK_LOSS = 0.05;

export class Stage {
  #words;
  #room;
  #call;
  #sound;
  #clocks;
  #shared = null;

  constructor(words, room, call, sound) {
    this.#words = words;
    this.#room = room;
    this.#call = call;
    this.#sound = sound;
    call.addEventListener("stream", () => this.#showStreams());
    room.addEventListener("slides", () => this.#showSlides());
    byId("share").hidden = !navigator.mediaDevices?.getDisplayMedia; // A tablet has none.
    this.#labelSharing();
    this.#showSlides();
    this.#clocks = [setInterval(() => this.#measure(), METER_MS), setInterval(() => this.#look(), LOOK_MS)];
  }

  end() {
    this.#clocks.forEach(clearInterval);
    this.#shared?.stop();
    this.#shared = null;
  }

  // inside: those in the room; waiting: somebody waits before the door.
  show(inside, waiting) {
    const shown = shownOf(inside, this.#room.own);
    const text = this.#room.waits ? "you_wait" : waiting ? "empty_waiting" : "empty";
    byId("empty").hidden = shown !== undefined;
    byId("shown").hidden = shown === undefined;
    say(byId("empty").querySelector("span"), this.#words[text]);
    if (shown) say(byId("shown"), shown.display_name);
    byId("share").disabled = this.#room.waits;
  }

  async toggleSharing() {
    if (this.#shared) return this.#stopSharing();
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 10 } }).catch(() => null);
    if (stream === null) return; // One has thought better of it.
    [this.#shared] = stream.getVideoTracks();
    this.#shared.onended = () => this.#stopSharing();
    try {
      await this.#room.toParticipant(this.#room.own, "take_floor");
      await this.#call.present(this.#shared);
    } catch (error) {
      await this.#stopSharing();
      throw error;
    }
    this.#labelSharing();
  }

  async #stopSharing() {
    const track = this.#shared;
    this.#shared = null;
    track?.stop();
    this.#labelSharing();
    await this.#call.present(null);
    await this.#room.toParticipant(this.#room.own, "release_floor");
  }

  #labelSharing() {
    byId("share").setAttribute("aria-pressed", this.#shared !== null);
    setIcon(byId("share"), this.#shared ? "screen-off" : "screen");
    say(byId("share").querySelector("span"), this.#words[this.#shared ? "share_stop" : "share"]);
  }

  #showStreams() {
    for (const [id, stream] of [["remote", this.#call.stream], ["slides", this.#call.slides]]) {
      const video = byId(id);
      video.srcObject = stream;
      video.play().catch(() => {});
    }
    this.#sound.listen(this.#call.stream);
  }

  // Somebody else's slides take the place of the picture, which becomes small.
  #showSlides() {
    const name = this.#room.presenter;
    if (name !== null && this.#shared) this.#stopSharing().catch(() => {});
    byId("stage").dataset.slides = name !== null;
    byId("slides").hidden = name === null;
    byId("presenter").hidden = name === null;
    if (name !== null) say(byId("presenter"), this.#words.presents.replace("{name}", name));
  }

  #measure() {
    const level = this.#sound.level();
    byId("level").value = Math.min(1, level * 4);
    byId("level").dataset.level = level.toFixed(4);
  }

  async #look() {
    const { fps, width, height, loss } = await this.#call.received();
    const quality = byId("quality");
    const weak = !byId("empty").hidden ? loss > WEAK_LOSS : loss > WEAK_LOSS || fps < WEAK_FPS;
    quality.dataset.quality = !this.#call.connected ? "connecting" : weak ? "weak" : "good";
    quality.dataset.fps = fps.toFixed(1);
    quality.dataset.size = `${width}x${height}`;
    say(quality.querySelector("span"), this.#words[`quality_${quality.dataset.quality}`]);
  }
}

// Who is in the picture: the room shows guests before hosts.
function shownOf(inside, own) {
  const others = inside.filter((person) => person.uuid !== own && person.has_media && !person.is_video_muted);
  return others.find((person) => !isHost(person)) ?? others[0];
}

// The clinic's page: the clinician is host, sees and hears the head camera, lets in, locks, removes.

import { Call, openDevices } from "./call.js";
import { byId, confirmed, say, setIcon } from "./dom.js";
import { insideRow, isHost, isWaiting, People, waitingRow } from "./people.js";
import { RefusedError, Room } from "./room.js";
import { Sound } from "./sound.js";

const METER_MS = 200;
const LOOK_MS = 1_000;
const CHIME_AGAIN_MS = 12_000;
const WEAK_FPS = 8;
const WEAK_LOSS = 0.05;
const REMOVED = "Disconnected by another participant";

const link = new URLSearchParams(location.hash.slice(1));

class Page {
  #words;
  #room = null;
  #call = null;
  #sound = null;
  #devices = new MediaStream();
  #clocks = [];
  #known = null;
  #inside = null;
  #waiting = null;
  #chimedAt = 0;

  constructor(words) {
    this.#words = words;
    document.documentElement.lang = words.language;
    document.title = words.title;
    for (const node of document.querySelectorAll("[data-text]")) node.textContent = words[node.dataset.text];
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", words[node.dataset.label]);
    byId("join").onclick = byId("again").onclick = () => this.#join();
    byId("microphone").onclick = () => this.#toggle("microphone", "audio");
    byId("camera").onclick = () => this.#toggle("camera", "video");
    byId("lock").onclick = () => this.#do(() => this.#room.post(this.#room.state.locked ? "/unlock" : "/lock"));
    byId("end").onclick = () => this.#endForAll();
    addEventListener("pagehide", () => this.#room?.leave());
    if (!link.get("room") || !link.get("pin")) return this.#over("no_link", false);
    this.#show("start");
    byId("join").focus();
    if (link.has("auto")) this.#join();
  }

  #show(view) {
    document.body.dataset.view = view;
  }

  async #join() {
    byId("join").disabled = byId("again").disabled = true;
    this.#sound = new Sound();
    this.#sound.resume();
    say(byId("start-status"), this.#words.asking_devices);
    this.#show("start");
    this.#devices = await openDevices();
    say(byId("start-status"), this.#words.joining);
    const room = (this.#room = new Room(link.get("room"), link.get("pin")));
    room.addEventListener("change", () => this.#render());
    room.addEventListener("lost", () => this.#trouble(this.#words.lost));
    room.addEventListener("back", () => this.#trouble(""));
    room.addEventListener("gone", ({ detail }) => this.#over(reasonFor(detail), true));
    try {
      await room.join(this.#words.host_name);
    } catch (error) {
      return this.#over(error instanceof RefusedError ? "refused" : "unreachable", true);
    } finally {
      byId("join").disabled = byId("again").disabled = false;
      say(byId("start-status"), "");
    }
    this.#enter();
  }

  #enter() {
    const room = this.#room;
    this.#known = null;
    this.#inside ??= new People(byId("people"), insideRow(this.#words, () => this.#room.own, (deed, person) => this.#act(deed, person)));
    this.#waiting ??= new People(byId("waiting").querySelector("ul"), waitingRow(this.#words, (deed, person) => this.#act(deed, person)));
    this.#showDevices();
    this.#call = new Call(room, this.#devices);
    this.#call.addEventListener("stream", () => this.#showStream());
    room.addEventListener("call-ended", () => this.#call.place());
    this.#call.start();
    this.#clocks = [setInterval(() => this.#measure(), METER_MS), setInterval(() => this.#look(), LOOK_MS)];
    this.#show("meeting");
    this.#render();
  }

  #showStream() {
    const video = byId("remote");
    video.srcObject = this.#call.stream;
    video.play().catch(() => {});
    this.#sound.listen(this.#call.stream);
  }

  #showDevices() {
    const has = (kind) => this.#devices.getTracks().some((track) => track.kind === kind);
    const [sees, hears] = [has("video"), has("audio")];
    byId("local").srcObject = this.#devices;
    byId("own").hidden = !sees;
    byId("microphone").disabled = !hears;
    byId("camera").disabled = !sees;
    byId("devices").hidden = sees && hears;
    const missing = sees ? "no_microphone" : hears ? "no_camera" : "no_devices";
    say(byId("devices"), this.#words[missing]);
    this.#label("microphone", hears);
    this.#label("camera", sees);
  }

  #toggle(id, kind) {
    const tracks = this.#devices.getTracks().filter((track) => track.kind === kind);
    const on = !tracks[0]?.enabled;
    for (const track of tracks) track.enabled = on;
    this.#label(id, on);
    const deed = kind === "audio" ? (on ? "client_unmute" : "client_mute") : on ? "video_unmuted" : "video_muted";
    this.#do(() => this.#room.toParticipant(this.#room.own, deed));
  }

  #label(id, on) {
    byId(id).setAttribute("aria-pressed", on);
    setIcon(byId(id), on ? id : `${id}-off`);
    say(byId(id).querySelector("span"), this.#words[`${id}_${on ? "on" : "off"}`]);
    if (id === "camera") byId("own").dataset.off = !on;
  }

  async #act(deed, person) {
    if (deed === "remove" && !isWaiting(person)) {
      const question = this.#words.remove_question.replace("{name}", person.display_name);
      if (!(await confirmed(question, this.#words.remove_text, this.#words.remove))) return;
    }
    this.#do(() => this.#room.toParticipant(person.uuid, deed === "remove" ? "disconnect" : deed));
  }

  async #endForAll() {
    const words = this.#words;
    if (await confirmed(words.end_question, words.end_text, words.end)) this.#do(() => this.#room.post("/disconnect"));
  }

  async #do(command) {
    try {
      await command();
    } catch {
      this.#tell(this.#words.not_done);
    }
  }

  #tell(text) {
    say(byId("live"), text);
  }

  #trouble(text) {
    byId("trouble").hidden = text === "";
    say(byId("trouble"), text);
  }

  #render() {
    const people = [...this.#room.people.values()];
    const waiting = people.filter(isWaiting);
    const inside = people.filter((person) => !isWaiting(person));
    this.#waiting.show(waiting);
    this.#inside.show(inside);
    byId("waiting").hidden = waiting.length === 0;
    say(byId("count"), String(inside.length));
    document.title = waiting.length ? `(${waiting.length}) ${this.#words.title}` : this.#words.title;
    const shown = shownOf(inside, this.#room.own);
    byId("empty").hidden = shown !== undefined;
    byId("shown").hidden = shown === undefined;
    say(byId("empty").querySelector("span"), this.#words[waiting.length ? "empty_waiting" : "empty"]);
    if (shown) say(byId("shown"), shown.display_name);
    this.#showLock(this.#room.state.locked);
    this.#announce(people);
  }

  #showLock(locked) {
    const state = byId("lock-state");
    state.dataset.locked = locked;
    setIcon(state, locked ? "locked" : "unlocked");
    say(state.querySelector("span"), locked ? this.#words.locked : this.#words.unlocked);
    setIcon(byId("lock"), locked ? "unlocked" : "locked");
    say(byId("lock").querySelector("span"), locked ? this.#words.unlock : this.#words.lock);
  }

  // Says what has changed, for those who do not see it.
  #announce(people) {
    const now = new Map(people.map((person) => [person.uuid, person]));
    const before = this.#known ?? now;
    const name = (text, person) => text.replace("{name}", person.display_name);
    for (const [id, person] of now) {
      const was = before.get(id);
      if (isWaiting(person) && (!was || this.#known === null)) {
        this.#tell(name(this.#words.waits, person));
        this.#chime();
      } else if (!isWaiting(person) && (!was || isWaiting(was))) {
        this.#tell(name(this.#words.came_in, person));
      }
    }
    for (const [id, person] of before) if (!now.has(id)) this.#tell(name(this.#words.left, person));
    this.#known = now;
  }

  #chime() {
    this.#chimedAt = Date.now();
    this.#sound.chime();
  }

  #measure() {
    const level = this.#sound.level();
    byId("level").value = Math.min(1, level * 4);
    byId("level").dataset.level = level.toFixed(4);
  }

  async #look() {
    if (!byId("waiting").hidden && Date.now() - this.#chimedAt > CHIME_AGAIN_MS) this.#chime();
    const { fps, width, height, loss } = await this.#call.received();
    const quality = byId("quality");
    const weak = !byId("empty").hidden ? loss > WEAK_LOSS : loss > WEAK_LOSS || fps < WEAK_FPS;
    quality.dataset.quality = !this.#call.connected ? "connecting" : weak ? "weak" : "good";
    quality.dataset.fps = fps.toFixed(1);
    quality.dataset.size = `${width}x${height}`;
    say(quality.querySelector("span"), this.#words[`quality_${quality.dataset.quality}`]);
  }

  // `why` names the words that say it.
  #over(why, again) {
    this.#clocks.forEach(clearInterval);
    this.#call?.end();
    this.#sound?.close();
    this.#call = this.#sound = null;
    this.#devices.getTracks().forEach((track) => track.stop());
    byId("confirm").close();
    this.#trouble("");
    say(byId("over-title"), this.#words[`${why}_title`]);
    say(byId("over-text"), this.#words[`${why}_text`]);
    byId("over").dataset.why = why;
    byId("again").hidden = !again;
    this.#show("over");
    if (again) byId("again").focus();
  }
}

// Who is in the picture: the room shows guests before hosts.
function shownOf(inside, own) {
  const others = inside.filter((person) => person.uuid !== own && person.has_media && !person.is_video_muted);
  return others.find((person) => !isHost(person)) ?? others[0];
}

function reasonFor(reason) {
  return reason === null ? "unreachable" : reason === REMOVED ? "removed" : "ended";
}

const texts = await fetch("/texts");
new Page(await texts.json());

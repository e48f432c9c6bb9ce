// The page while one is in the room: who is there, what is seen, and what one can do about it.

import { Call } from "./call.js";
import { byId, confirmed, say, setIcon } from "./dom.js";
import { insideRow, isHost, isWaiting, People, waitingRow } from "./people.js";
import { Stage } from "./stage.js";

const CHIME_AGAIN_MS = 12_000;
const LOOK_MS = 1_000;

export class Meeting {
  #words;
  #room;
  #devices;
  #sound;
  #call;
  #stage;
  #clock;
  #known = null;
  #chimedAt = 0;
  #inside;
  #waiting;

  constructor(words, room, devices, sound) {
    this.#words = words;
    this.#room = room;
    this.#devices = devices;
    this.#sound = sound;
    const act = (deed, person) => this.#act(deed, person);
    this.#inside = new People(byId("people"), insideRow(words, room, act));
    this.#waiting = new People(byId("waiting").querySelector("ul"), waitingRow(words, act));
    this.#call = new Call(room, devices);
    this.#stage = new Stage(words, room, this.#call, sound);
    byId("microphone").onclick = () => this.#toggle("microphone", "audio");
    byId("camera").onclick = () => this.#toggle("camera", "video");
    byId("share").onclick = () => this.#do(() => this.#stage.toggleSharing());
    byId("lock").onclick = () => this.#do(() => room.post(room.state.locked ? "/unlock" : "/lock"));
    byId("end").onclick = () => this.#end();
    room.addEventListener("change", () => this.#render());
    room.addEventListener("lost", () => this.#trouble(words.lost));
    room.addEventListener("back", () => this.#trouble(""));
    room.addEventListener("call-ended", () => this.#call.place());
    this.#showDevices();
    this.#call.start();
    this.#clock = setInterval(() => this.#remind(), LOOK_MS);
    this.#render();
  }

  end() {
    clearInterval(this.#clock);
    this.#stage.end();
    this.#call.end();
    this.#inside.show([]);
    this.#waiting.show([]);
    this.#trouble("");
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

  async #end() {
    const words = this.#words;
    if (!this.#room.isHost) return this.#room.leave(true);
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
    const others = people.filter((person) => person.uuid !== this.#room.own);
    const waiting = others.filter(isWaiting);
    const inside = people.filter((person) => !isWaiting(person));
    this.#waiting.show(waiting);
    this.#inside.show(inside);
    byId("waiting").hidden = waiting.length === 0;
    say(byId("count"), String(inside.length));
    document.title = waiting.length ? `(${waiting.length}) ${this.#words.title}` : this.#words.title;
    this.#stage.show(inside, waiting.length > 0);
    this.#showLock(this.#room.state.locked);
    byId("lock").hidden = !this.#room.isHost;
    say(byId("end").querySelector("span"), this.#room.isHost ? this.#words.end : this.#words.leave);
    this.#announce(others);
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

  #remind() {
    if (!byId("waiting").hidden && Date.now() - this.#chimedAt > CHIME_AGAIN_MS) this.#chime();
  }
}

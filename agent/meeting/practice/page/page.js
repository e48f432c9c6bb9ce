// The page from the link to the end: joining with the link's PIN or a typed one, and why it is over.

import { openDevices } from "./call.js";
import { byId, say } from "./dom.js";
import { Meeting } from "./meeting.js";
import { RefusedError, Room } from "./room.js";
import { Sound } from "./sound.js";

const REMOVED = "Disconnected by another participant";
const FORBIDDEN = 403;

const link = new URLSearchParams(location.hash.slice(1));

class Page {
  #words;
  #room = null;
  #meeting = null;
  #sound = null;
  #devices = new MediaStream();

  constructor(words) {
    this.#words = words;
    document.documentElement.lang = words.language;
    document.title = words.title;
    for (const node of document.querySelectorAll("[data-text]")) node.textContent = words[node.dataset.text];
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", words[node.dataset.label]);
    byId("entry").onsubmit = (event) => {
      event.preventDefault();
      this.#join();
    };
    byId("again").onclick = () => (this.#typed ? this.#begin() : this.#join());
    addEventListener("pagehide", () => this.#room?.leave());
    if (!link.get("room")) return this.#over("no_link", false);
    this.#begin();
    if (link.has("auto")) this.#join();
  }

  // On a network the link holds no PIN: it is typed, and it decides who is host.
  get #typed() {
    return !link.get("pin");
  }

  #begin() {
    byId("typed").hidden = !this.#typed;
    byId("name").value ||= this.#words.host_name;
    byId("pin").value = "";
    this.#show("start");
    byId(this.#typed ? "pin" : "join").focus();
  }

  #show(view) {
    document.body.dataset.view = view;
  }

  async #join() {
    const pin = this.#typed ? byId("pin").value.trim() : link.get("pin");
    if (!pin) return byId("pin").focus();
    byId("join").disabled = byId("again").disabled = true;
    this.#sound = new Sound();
    this.#sound.resume();
    this.#show("start");
    const room = (this.#room = new Room(link.get("room"), pin));
    room.addEventListener("gone", ({ detail }) => this.#over(reasonFor(detail), true));
    try {
      say(byId("start-status"), this.#words.asking_devices);
      this.#devices = await openDevices();
      say(byId("start-status"), this.#words.joining);
      await room.join((this.#typed && byId("name").value.trim()) || this.#words.host_name);
    } catch (error) {
      return this.#refused(error);
    } finally {
      byId("join").disabled = byId("again").disabled = false;
      if (byId("start-status").textContent === this.#words.joining) say(byId("start-status"), "");
    }
    this.#meeting = new Meeting(this.#words, room, this.#devices, this.#sound);
    this.#show("meeting");
  }

  #refused(error) {
    const refused = error instanceof RefusedError;
    if (!(refused && this.#typed && error.code === FORBIDDEN)) {
      return this.#over(refused ? "refused" : "unreachable", true);
    }
    this.#stop();
    this.#begin();
    say(byId("start-status"), this.#words.wrong_pin);
  }

  #stop() {
    this.#meeting?.end();
    this.#sound?.close();
    this.#meeting = this.#sound = null;
    this.#devices.getTracks().forEach((track) => track.stop());
  }

  // `why` names the words that say it.
  #over(why, again) {
    this.#stop();
    byId("confirm").close();
    say(byId("over-title"), this.#words[`${why}_title`]);
    say(byId("over-text"), this.#words[`${why}_text`]);
    byId("over").dataset.why = why;
    byId("again").hidden = !again;
    this.#show("over");
    if (again) byId("again").focus();
  }
}

function reasonFor(reason) {
  return reason === null ? "unreachable" : reason === REMOVED ? "removed" : reason === "left" ? "left" : "ended";
}

const texts = await fetch("/texts");
new Page(await texts.json());

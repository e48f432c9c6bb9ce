// The lists of those inside and those who wait. Rows are kept and changed, never made anew, so that
// keyboard focus stays where it is.

import { element, iconOf } from "./dom.js";

export const isWaiting = (person) => person.service_type === "waiting_room";
export const isHost = (person) => person.role === "chair";

export class People {
  #rows = new Map();
  #list;
  #fill;

  // fill(row, person): make the row say what is true of the person.
  constructor(list, fill) {
    this.#list = list;
    this.#fill = fill;
  }

  show(people) {
    const ids = new Set(people.map((person) => person.uuid));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const person of people) {
      if (!this.#rows.has(person.uuid)) {
        const row = element("li");
        row.dataset.participant = person.uuid;
        this.#rows.set(person.uuid, row);
        this.#list.append(row);
      }
      this.#fill(this.#rows.get(person.uuid), person);
    }
  }
}

// The rows of those inside. act(deed, person) carries a button out; only hosts have buttons.
export function insideRow(words, room, act) {
  return (row, person) => {
    if (!row.firstChild) {
      row.append(element("p", { className: "who" }, element("strong"), element("span", { className: "note" })));
      row.append(element("div", { className: "deeds" }));
      if (person.uuid !== room.own && room.isHost) {
        row.lastChild.append(
          element("button", { type: "button", className: "mute" }),
          element("button", { type: "button", className: "danger remove", textContent: words.remove }),
        );
        row.querySelector(".mute").onclick = () => act(row.dataset.muted === "true" ? "unmute" : "mute", person);
        row.querySelector(".remove").onclick = () => act("remove", person);
      }
    }
    const muted = person.is_muted === "YES";
    row.dataset.muted = muted;
    row.querySelector("strong").textContent = person.display_name;
    row.querySelector(".note").textContent = [
      person.uuid === room.own ? words.you : isHost(person) ? words.host : words.guest,
      ...(muted || person.is_client_muted ? [words.muted] : []),
    ].join(" · ");
    const button = row.querySelector(".mute");
    if (button) {
      button.textContent = muted ? words.unmute : words.mute;
      label(button, person);
      label(row.querySelector(".remove"), person);
    }
  };
}

// The rows of those who wait.
export function waitingRow(words, act) {
  return (row, person) => {
    if (!row.firstChild) {
      row.append(
        iconOf("door"),
        element("span"),
        element("button", { type: "button", className: "primary admit", textContent: words.admit }),
        element("button", { type: "button", className: "decline", textContent: words.decline }),
      );
      row.querySelector(".admit").onclick = () => act("unlock", person);
      row.querySelector(".decline").onclick = () => act("remove", person);
    }
    row.querySelector("span").textContent = words.waits.replace("{name}", person.display_name);
    label(row.querySelector(".admit"), person);
    label(row.querySelector(".decline"), person);
  };
}

function label(button, person) {
  button.setAttribute("aria-label", `${button.textContent}: ${person.display_name}`);
}

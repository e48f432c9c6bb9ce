// Small helpers for the document.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export function iconOf(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS(SVG, "use"));
  setIcon(icon, name);
  return icon;
}

export function setIcon(icon, name) {
  icon.querySelector("use").setAttribute("href", `#icon-${name}`);
}

// Change a text only if it is another, so that screen readers do not repeat it.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Ask before something that cannot be undone.
export function confirmed(question, text, yes) {
  const dialog = byId("confirm");
  byId("confirm-question").textContent = question;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

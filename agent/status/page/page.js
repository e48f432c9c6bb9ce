// Shows the snapshot that the agent sends; decides nothing and keeps nothing.
"use strict";

const byId = (id) => document.getElementById(id);

function element(tag, text, className) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function fill(list, nodes) {
  list.replaceChildren(...nodes);
}

function show(section, visible) {
  section.hidden = !visible;
}

function stateRow({ name, value, alert }) {
  const row = document.createElement("div");
  if (alert) row.className = "alert";
  row.append(element("dt", name), element("dd", value));
  return row;
}

function copyButton(point, words) {
  const button = element("button", `${words.copy}: ${point.copy}`);
  button.type = "button";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(point.copy);
    button.textContent = words.copied;
  });
  return button;
}

// A link, and its QR code for the iPad.
function linkCard(link, withCode) {
  const anchor = element("a", link.label);
  anchor.href = link.address;
  anchor.target = "_blank";
  anchor.rel = "noreferrer";
  if (withCode) {
    const code = document.createElement("img");
    code.src = link.code;
    code.alt = "";
    anchor.append(code);
  }
  return anchor;
}

// A point without a prompt is not asked: it only stands here, in the procedure's own words.
function pointRow(point, words) {
  const row = document.createElement("li");
  if (point.current) row.setAttribute("aria-current", "step");
  if (!point.prompt) row.className = "onscreen";
  if (point.prompt) {
    row.append(element("span", point.answer, "answer"), element("span", point.prompt, "prompt"));
  }
  row.append(element("p", point.screen, "screen"));
  // What belongs to an answer stays in sight until the list is closed.
  const taken = point.current || point.answered;
  if (taken && point.copy) row.append(copyButton(point, words));
  for (const link of taken || !point.prompt ? point.links : []) row.append(linkCard(link, taken));
  return row;
}

// The number makes the browser fetch each picture once.
function showSlides(slides, words) {
  show(byId("slides"), Boolean(slides));
  const picture = byId("slides-picture");
  if (!slides) return picture.removeAttribute("src");
  byId("slides-by").textContent = slides.by;
  picture.alt = words.slides_picture;
  const address = `slides.jpg?${slides.number}`;
  if (picture.getAttribute("src") !== address) picture.src = address;
}

// A choice on the page is the same command as the spoken one.
async function command(phrase) {
  await fetch("command", { method: "POST", headers: { "X-Hodekamera": "1" }, body: phrase });
}

function commandButton(phrase) {
  const button = element("button", phrase);
  button.type = "button";
  button.addEventListener("click", () => command(phrase));
  return button;
}

function showReport(report) {
  show(byId("report"), Boolean(report));
  if (!report) return;
  byId("report-title").textContent = report.title;
  fill(byId("report-choices"), (report.choices || []).map(commandButton));
  show(byId("report-whole"), Boolean(report.text));
  if (!report.text) return;
  fill(byId("report-to"), report.to.map(({ who, number, chosen }) => {
    const row = element("li", `${who}: ${number}`);
    if (chosen) row.setAttribute("aria-current", "true");
    return row;
  }));
  byId("report-note").textContent = report.note;
  byId("report-text").textContent = report.text;
  fill(byId("report-files"), report.files.map(({ label, address }) => {
    const anchor = element("a", label);
    anchor.href = address;
    return anchor;
  }));
}

function showList(list, words) {
  show(byId("list"), Boolean(list));
  if (!list) return;
  byId("list-title").textContent = list.title;
  byId("list-number").textContent = list.number;
  fill(byId("points"), list.points.map((point) => pointRow(point, words)));
  if (list.found) document.querySelector("#points [aria-current]")?.append(element("p", list.found));
  document.querySelector("#points [aria-current]")?.scrollIntoView({ block: "nearest" });
}

function render(state) {
  document.documentElement.lang = state.language;
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = state.words[node.dataset.text];
  }
  show(byId("lost"), false);
  fill(byId("state"), state.rows.map(stateRow));
  const [latest, ...earlier] = state.said;
  if (byId("latest").textContent !== latest) byId("latest").textContent = latest;
  fill(byId("earlier"), earlier.map((line) => element("li", line)));
  fill(byId("commands").querySelector("ul"), state.commands.map((phrase) => element("li", phrase)));
  show(byId("problems"), state.problems.length > 0);
  fill(byId("problems").querySelector("ul"), state.problems.map((line) => element("li", line)));
  show(byId("people"), state.people.length > 0);
  fill(byId("people").querySelector("ul"), state.people.map((line) => element("li", line)));
  show(byId("number"), Boolean(state.number));
  if (state.number) {
    byId("number-who").textContent = state.number.who;
    byId("number-value").textContent = state.number.value;
  }
  showReport(state.report);
  const make = byId("report-make");
  make.textContent = state.make_report || "";
  show(make, Boolean(state.make_report));
  showSlides(state.slides, state.words);
  showList(state.list, state.words);
}

byId("report-make").addEventListener("click", (event) => command(event.target.textContent));

const stream = new EventSource("events");
stream.addEventListener("message", (event) => render(JSON.parse(event.data)));
stream.addEventListener("error", () => show(byId("lost"), byId("lost").textContent !== ""));

// The room over HTTP (the Pexip client API): a token kept fresh, events followed, commands sent.
// The token goes in a header only, so that it never stands in an address.

const REQUEST_LIMIT_MS = 10_000;
const SILENCE_LIMIT_MS = 30_000; // The room gives a sign of life every ten seconds.
const GONE_AFTER_MS = 15_000;
const PAUSE_MS = 1_000;

export class RefusedError extends Error {
  constructor(code, result) {
    super(String(code));
    this.code = code;
    this.result = result;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Dispatches `change`, `slides`, `call-ended`, `lost`, `back` and, once, `gone` (detail: the reason,
// `left` when one has left by oneself, or null).
export class Room extends EventTarget {
  people = new Map();
  state = { locked: null, started: null };
  own = null;
  presenter = null; // The name of whoever shows slides.
  #base;
  #pin;
  #token = "";
  #life = 120;
  #over = false;
  #snapshot = null;
  #stream = null;
  #lostSince = null;

  constructor(alias, pin) {
    super();
    this.#base = `/api/client/v2/conferences/${encodeURIComponent(alias)}`;
    this.#pin = pin;
  }

  get #self() {
    return this.people.get(this.own);
  }

  get isHost() {
    return this.#self?.role === "chair";
  }

  get waits() {
    return this.#self?.service_type === "waiting_room";
  }

  async join(name) {
    const seat = await this.#request("/request_token", { display_name: name }, { pin: this.#pin });
    this.own = seat.participant_uuid;
    this.#take(seat);
    this.#follow();
    this.#refresh();
  }

  post(path, body) {
    return this.#request(path, body, { token: this.#token });
  }

  toParticipant(id, deed) {
    return this.post(`/participants/${id}/${deed}`);
  }

  // By a button, or because the page is being left: the browser still sends this one.
  leave(byButton = false) {
    if (this.#over || !this.#token) return;
    if (byButton) this.#gone("left");
    else this.#end();
    const headers = { token: this.#token };
    fetch(`${this.#base}/release_token`, { method: "POST", headers, keepalive: true }).catch(() => {});
  }

  async #request(path, body, headers) {
    const response = await fetch(this.#base + path, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
      throw new RefusedError(response.status, null);
    }
    const { result } = await response.json();
    if (!response.ok) throw new RefusedError(response.status, result);
    return result;
  }

  #take(answer) {
    this.#token = answer.token;
    this.#life = Number(answer.expires);
  }

  async #refresh() {
    while (!this.#over) {
      await pause((this.#life / 3) * 1000);
      try {
        if (!this.#over) this.#take(await this.post("/refresh_token"));
      } catch (error) {
        if (error instanceof RefusedError && error.code === 403) this.#gone(null);
      }
    }
  }

  async #follow() {
    while (!this.#over) {
      try {
        await this.#followOnce();
      } catch (error) {
        if (error instanceof RefusedError) return this.#gone(null);
      }
      if (this.#over) return;
      this.#lostSince ??= Date.now();
      if (Date.now() - this.#lostSince > GONE_AFTER_MS) return this.#gone(null);
      this.dispatchEvent(new Event("lost"));
      await pause(PAUSE_MS);
    }
  }

  async #followOnce() {
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    const response = await fetch(`${this.#base}/events`, { headers: { token: this.#token }, signal });
    if (!response.ok) throw new RefusedError(response.status, null);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const watchdog = setTimeout(() => this.#stream.abort(), SILENCE_LIMIT_MS);
      const { done, value } = await reader.read();
      clearTimeout(watchdog);
      if (done) return;
      const messages = (rest + value).split("\n\n");
      rest = messages.pop();
      messages.forEach((message) => this.#hear(message));
    }
  }

  #hear(message) {
    const fields = new Map(message.split("\n").map((line) => line.split(/: (.*)/s, 2)));
    if (fields.has("event")) this.#apply(fields.get("event"), JSON.parse(fields.get("data") || "null"));
  }

  #apply(name, data) {
    switch (name) {
      case "participant_sync_begin":
        this.#snapshot = new Map();
        return;
      case "participant_sync_end":
        this.people = this.#snapshot;
        this.#snapshot = null;
        this.#lostSince = null;
        this.dispatchEvent(new Event("back"));
        break;
      case "participant_create":
      case "participant_update":
        (this.#snapshot ?? this.people).set(data.uuid, data);
        break;
      case "participant_delete":
        this.people.delete(data.uuid);
        break;
      case "conference_update":
        this.state = data;
        break;
      case "presentation_start":
      case "presentation_stop":
        this.presenter = data?.presenter_name ?? null;
        this.dispatchEvent(new Event("slides"));
        return;
      case "call_disconnected":
        this.dispatchEvent(new Event("call-ended"));
        return;
      case "disconnect":
        this.#gone(data.reason);
        return;
      default:
        return;
    }
    if (this.#snapshot === null) this.dispatchEvent(new Event("change"));
  }

  #end() {
    this.#over = true;
    this.#stream?.abort();
  }

  #gone(reason) {
    if (this.#over) return;
    this.#end();
    this.dispatchEvent(new CustomEvent("gone", { detail: reason }));
  }
}

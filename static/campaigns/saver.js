// Saving by itself: soon after a change, one request at a time, only what differs.

import { request, RequestError } from "../js/lib/http.js";

const WAIT_MS = 600;
const RETRY_MS = 5000;

/**
 * `status` is "new" (nothing to save yet), "saved", "waiting", "saving", "refused" (part of it isn't
 * valid: `errors`), "failed" (no answer; tried again) or "stale" (somebody else has changed it).
 */
export class Saver {
  constructor({ store, id, version, saved }) {
    Object.assign(this, { store, id, version, saved });
    this.status = id ? "saved" : "new";
    this.errors = [];
    this.message = "";
    this.createKey = crypto.randomUUID();
    this.refused = {}; // what the server refused, by field: not sent again until it differs
  }

  /** Whether what is on the server is what is on the screen. */
  get isSettled() { return ["saved", "new"].includes(this.status); }
  get isUnsaved() { return !this.isSettled; }

  changed() {
    if (this.status === "stale") return;
    clearTimeout(this.timer);
    if (!this.running) this.set("waiting");
    this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  /** Save now; resolves once everything is saved or refused: true if it is saved. */
  async flush() {
    clearTimeout(this.timer);
    while (this.running) await this.running;
    if (!this.id || Object.keys(this.difference()).length) await this.save({ isWanted: true });
    return this.status === "saved";
  }

  /** The fields that differ from what the server has, without what it has just refused. */
  difference() {
    const { present } = this.store;
    const differs = (name) => present[name] !== this.saved[name] && JSON.stringify(present[name]) !== JSON.stringify(this.saved[name]);
    return Object.fromEntries(Object.keys(present).filter((name) => differs(name) && present[name] !== this.refused[name]).map((name) => [name, present[name]]));
  }

  async save({ isWanted = false } = {}) {
    if (this.running) { await this.running; return this.save({ isWanted }); }
    const body = this.difference();
    if (!this.id && !body.name?.trim()) delete body.name; // the server finds one
    if (!Object.keys(body).length && !(isWanted && !this.id)) return this.settle();
    this.set("saving");
    this.running = this.send(body);
    await this.running;
    this.running = null;
    if (this.status === "saving") return this.save();
    return undefined;
  }

  async send(given) {
    // Until the first request is answered it is repeated as it was: its key stands for its body.
    const body = this.id ? given : (this.createBody ??= given);
    try {
      const answer = await this.ask(body);
      this.version = answer.version;
      this.saved = { ...this.saved, ...body };
      this.forget(Object.keys(body));
      if (!this.id) this.born(answer);
    } catch (error) {
      if (error instanceof RequestError) this.createBody = undefined;
      this.explain(error, body);
    }
  }

  ask(body) {
    const { campaigns } = this.store.urls;
    if (!this.id) return request(campaigns, { method: "POST", body, key: this.createKey });
    return request(`${campaigns}${this.id}/`, { method: "PATCH", body: { ...body, version: this.version } });
  }

  born({ id, name }) {
    this.id = id;
    this.saved = { ...this.saved, name };
    if (!this.store.present.name.trim()) this.store.history.present = { ...this.store.present, name };
    history.replaceState(null, "", this.store.urls.edit.replace("/0/", `/${id}/`) + location.hash);
  }

  forget(names) {
    for (const name of names) delete this.refused[name];
    this.errors = this.errors.filter((error) => fieldOf(error) in this.refused);
  }

  /** What is refused waits until it is put right; the rest is saved all the same. */
  explain(error, body) {
    if (!(error instanceof RequestError)) {
      this.set("failed");
      this.timer = setTimeout(() => this.save(), RETRY_MS);
      return;
    }
    const code = error.problem?.code;
    if (code === "stale" || code === "locked") { this.message = error.message; this.set("stale"); return; }
    const errors = error.problem?.errors ?? [];
    const fields = [...new Set(errors.map(fieldOf))].filter((name) => name in body);
    if (!fields.length) { this.message = error.message; this.set("failed"); return; }
    for (const name of fields) this.refused[name] = body[name];
    this.errors = [...this.errors.filter((old) => !fields.includes(fieldOf(old))), ...errors];
  }

  settle() {
    const mended = Object.keys(this.refused).filter((name) => this.store.present[name] !== this.refused[name]);
    this.forget(mended);
    this.set(Object.keys(this.refused).length ? "refused" : this.id ? "saved" : "new");
  }

  set(status) {
    this.status = status;
    this.store.tell();
  }
}

const fieldOf = (error) => /^\$\.(\w+)/.exec(error.path)?.[1] ?? "";

/** Messages about a path and everything below it. */
export function errorsAt(store, path) {
  return store.saver.errors.filter((error) => error.path === path || (error.path.startsWith(path) && ".[".includes(error.path[path.length])));
}

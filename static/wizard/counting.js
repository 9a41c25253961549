// Counts while somebody edits: the newest edit wins, an older answer is never shown as fresh.

import { request, RequestError } from "../js/lib/http.js";

// How long the next key is waited for: as long as half an answer takes, within these.
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 300;
export const SLOW_MS = 300;
export const STOPPABLE_MS = 4000;

/**
 * Asks for the numbers of the newest tree. `onChange(state)` hears of every change of
 * {status: "idle" | "counting" | "fresh" | "stopped" | "failed", answer, paths, errors, since}.
 * `answer` and `paths` are the last that came; only with "fresh" do they belong to the tree shown.
 */
export class Counter {
  constructor(url, onChange, { fetchJson = request } = {}) {
    this.url = url;
    this.onChange = onChange;
    this.wait = SHORTEST_WAIT_MS;
    this.fetchJson = fetchJson;
    this.state = { status: "idle", answer: null, paths: new Map(), errors: [], since: 0 };
    this.edit = 0;
  }

  /** Ask for this tree's numbers, soon; whatever was asked before is cancelled. */
  ask({ where, paths, extra = {} }) {
    this.cancel();
    const edit = ++this.edit;
    if (where === null) return this.set({ status: "idle", answer: null, paths, errors: [] });
    this.latest = { where, paths, extra };
    this.set({ status: "counting", since: performance.now(), errors: [] });
    this.timer = setTimeout(() => this.send(edit), this.wait);
  }

  /** Ask again for what was asked last. */
  again() {
    if (this.latest) this.ask(this.latest);
  }

  /** Stop waiting; the numbers shown stay marked as not fresh. */
  stop() {
    this.cancel();
    this.edit += 1;
    this.set({ status: "stopped" });
  }

  cancel() {
    clearTimeout(this.timer);
    this.controller?.abort();
  }

  async send(edit) {
    this.controller = new AbortController();
    const { where, paths, extra } = this.latest;
    const start = performance.now();
    try {
      const answer = await this.fetchJson(this.url, { method: "POST", body: { where, ...extra }, signal: this.controller.signal });
      this.wait = Math.min(Math.max((performance.now() - start) / 2, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
      if (edit === this.edit) this.set({ status: "fresh", answer, paths, errors: [] });
    } catch (error) {
      if (error.name === "AbortError" || edit !== this.edit) return;
      const errors = error instanceof RequestError ? (error.problem?.errors ?? []) : [];
      this.set({ status: "failed", errors, failedPaths: paths, message: error instanceof RequestError ? error.message : null });
    }
  }

  set(change) {
    this.state = { ...this.state, ...change };
    this.onChange(this.state);
  }
}

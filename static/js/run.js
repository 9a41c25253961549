// A send while it goes on: its numbers, its pace, and the page anew when its state has changed.

import { request } from "./lib/http.js";

const POLL_MS = 1500;
const SLOW_POLL_MS = 6000;

const gettext = window.gettext ?? ((text) => text);
const place = document.getElementById("run");
const figures = new Intl.NumberFormat(document.documentElement.lang);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

/** "312 a second, about 4 min left", from what was done since the page was opened. */
function paceOf(first, now, seconds) {
  const perSecond = (now.done - first.done) / seconds;
  if (seconds < 3 || perSecond <= 0) return "";
  const left = now.waiting / perSecond;
  const pace = figures.format(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond));
  if (left < 90) return fill(gettext("{pace} a second, about {left} s left"), { pace, left: figures.format(Math.ceil(left)) });
  return fill(gettext("{pace} a second, about {left} min left"), { pace, left: figures.format(Math.ceil(left / 60)) });
}

function show(run) {
  const numbers = { ...run.states, done: run.done };
  for (const shown of document.querySelectorAll("[data-number]")) {
    const text = figures.format(numbers[shown.dataset.number] ?? 0);
    if (shown.textContent.trim() !== text) shown.textContent = text;
  }
  const bar = document.getElementById("run-progress");
  if (bar) bar.value = run.share;
}

async function watch() {
  let first = null;
  for (;;) {
    const wait = document.hidden || place.dataset.known === "scheduled" || place.dataset.known === "held" ? SLOW_POLL_MS : POLL_MS;
    await new Promise((done) => { setTimeout(done, wait); });
    const run = await request(place.dataset.state).catch(() => null);
    if (!run) continue;
    if (run.state !== place.dataset.known) { window.location.reload(); return; }
    show(run);
    first ??= { done: run.done, at: Date.now() };
    const pace = document.getElementById("run-pace");
    if (pace && run.state === "sending") pace.textContent = paceOf(first, run, (Date.now() - first.at) / 1000);
  }
}

if (place?.dataset.state) watch();

// Who came and went, as it happens: new rows appear on top, what is being read stays in place.

import { request } from "./lib/http.js";

const POLL_MS = 2000;
const SLOW_POLL_MS = 10000;
const MOST_ROWS = 500;

const gettext = window.gettext ?? ((text) => text);
const figures = new Intl.NumberFormat(document.documentElement.lang);
const list = document.getElementById("changes");
const announce = document.querySelector("[data-announce]");

const newest = () => Number(list.querySelector("li[data-number]")?.dataset.number ?? 0);

/** Put rows on top; what is on the screen doesn't move, unless the top is what is on it. */
function prepend(html) {
  const rows = document.createElement("template");
  rows.innerHTML = html;
  const number = rows.content.querySelectorAll("li").length;
  if (number === 0) return;
  const isReading = window.scrollY > list.getBoundingClientRect().top + window.scrollY;
  const before = document.documentElement.scrollHeight;
  list.prepend(rows.content);
  if (isReading) window.scrollBy({ top: document.documentElement.scrollHeight - before, behavior: "instant" });
  while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
  document.querySelector("[data-empty]")?.remove();
  announce.textContent = `${gettext("New changes")}: ${figures.format(number)}`;
}

async function poll() {
  let wait = POLL_MS;
  try {
    const state = await request(list.dataset.state);
    const size = document.querySelector("[data-live-size]");
    if (state.live && size) size.textContent = figures.format(state.live.size);
    if (state.live && state.live.number > (Number(list.dataset.seen) || newest())) {
      const query = new URLSearchParams(window.location.search);
      query.set("newer", String(newest()));
      const answer = await fetch(`${list.dataset.changes}?${query}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      prepend(await answer.text());
      list.dataset.seen = String(state.live.number);
    }
  } catch {
    wait = SLOW_POLL_MS; // the server restarts, perhaps
  }
  setTimeout(poll, document.hidden ? SLOW_POLL_MS : wait);
}

if (list?.dataset.changes) poll();

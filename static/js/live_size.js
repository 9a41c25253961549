// The number of members as it is now, beside the one of the latest count.

import { request } from "./lib/http.js";

const POLL_MS = 2000;
const SLOW_POLL_MS = 10000;

const place = document.getElementById("live-size");
const figures = new Intl.NumberFormat(document.documentElement.lang);

async function poll() {
  let wait = POLL_MS;
  try {
    const state = await request(place.dataset.state);
    place.hidden = !state.live;
    if (state.live) place.querySelector("b").textContent = figures.format(state.live.size);
  } catch {
    wait = SLOW_POLL_MS;
  }
  setTimeout(poll, document.hidden ? SLOW_POLL_MS : wait);
}

if (place) poll();

// Importing a file: the preview follows every choice, progress follows the import.
import { request } from "./lib/http.js";
import { toast } from "./lib/toast.js";

const PREVIEW_DELAY_MS = 200;
const POLL_MS = 700;
const SLOW_POLL_MS = 4000;

// --- Mapping: the first rows as they will be stored ----------------------------------------------

function followChoices(form) {
  const place = form.querySelector("[data-preview]");
  let waiting = 0;
  let running = null;

  async function refresh() {
    running?.abort();
    running = new AbortController();
    const data = new FormData(form);
    data.set("action", "preview");
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: data, signal: running.signal, credentials: "same-origin" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      if (answer.redirected) { location.assign(answer.url); return; }
      place.innerHTML = await answer.text();
      place.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      place.removeAttribute("aria-busy");
      toast(error.message, { kind: "error" });
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PREVIEW_DELAY_MS);
  });
}

// --- Progress ------------------------------------------------------------------------------------

const figures = new Intl.NumberFormat(document.documentElement.lang);

function show(progress) {
  for (const place of document.querySelectorAll("[data-count]")) {
    place.textContent = figures.format(progress[place.dataset.count]);
  }
  document.querySelector("[data-done]").textContent = figures.format(progress.done);
  document.querySelector("progress").value = progress.percent;
}

function followProgress(section) {
  const announce = section.querySelector("[data-announce]");
  let announced = 0;

  async function poll() {
    let wait = POLL_MS;
    try {
      const progress = await request(section.dataset.progress);
      show(progress);
      if (!progress.is_under_way) {
        location.reload();
        return;
      }
      if (progress.percent >= announced + 25) {
        announced = progress.percent;
        announce.textContent = `${progress.percent} %`;
      }
    } catch {
      wait = SLOW_POLL_MS; // the server restarts, perhaps; the import goes on by itself
    }
    setTimeout(poll, document.hidden ? SLOW_POLL_MS : wait);
  }
  poll();
}

const mapping = document.querySelector("[data-mapping]");
if (mapping) followChoices(mapping);
const progress = document.querySelector("[data-progress]");
if (progress) followProgress(progress);

// ⌘K: jump to a page, a segment or a contact; create; switch workspace.
import { request } from "./lib/http.js";
import { iconElement } from "./lib/icon.js";

const dialog = document.getElementById("palette");
const data = JSON.parse(document.getElementById("palette-data")?.textContent ?? "null");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const none = dialog?.querySelector(".palette-none");
const WAIT_MS = 140;
const SHOWN = 6;
let options = [];
let at = 0;
let timer = 0;
let running = null;

/** Open the palette; does nothing on pages without one. */
export function openPalette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.value = "";
  look();
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ł", "l");
const matches = (label, words) => words.every((word) => plain(label).includes(word));

function ownEntries(words) {
  const pick = (entries, icon) => entries.filter((entry) => matches(entry.label, words)).map((entry) => ({ icon, ...entry }));
  return [
    { title: list.dataset.go, entries: pick(data.go) },
    { title: list.dataset.create, entries: pick(data.create, "plus") },
    { title: list.dataset.switch, entries: pick(data.workspaces, "building-2") },
  ];
}

function nameOf(found) {
  const full = [found.first_name, found.last_name].filter(Boolean).join(" ");
  return found.name || full || found.email || found.external_id || `#${found.id}`;
}

async function remoteEntries(source, text, signal) {
  const separator = source.api.includes("?") ? "&" : "?";
  const answer = await request(`${source.api}${separator}search=${encodeURIComponent(text)}&limit=${SHOWN}`, { signal });
  const found = (answer.results ?? answer.items ?? answer.data ?? answer).slice(0, SHOWN);
  return {
    title: source.label,
    entries: found.map((one) => ({
      label: nameOf(one), icon: source.icon, url: source.page.replace(/\/0(?=\/|$)/, `/${one.id}`),
      hint: typeof one.size === "number" ? one.size.toLocaleString(document.documentElement.lang) : (one.email ?? ""),
    })),
  };
}

function look() {
  const text = input.value.trim();
  const words = plain(text).split(/\s+/).filter(Boolean);
  running?.abort();
  clearTimeout(timer);
  draw(ownEntries(words), !text);
  if (text.length < 2 || !data.search.length) return;
  const mine = (running = new AbortController());
  timer = setTimeout(async () => {
    const answers = await Promise.allSettled(data.search.map((source) => remoteEntries(source, text, mine.signal)));
    if (mine.signal.aborted) return;
    draw([...answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value), ...ownEntries(words)], true);
  }, WAIT_MS);
}

function draw(groups, settled) {
  options = [];
  const parts = [];
  for (const { title, entries } of groups.filter((group) => group.entries.length)) {
    const heading = document.createElement("div");
    heading.setAttribute("role", "presentation");
    heading.textContent = title;
    parts.push(heading, ...entries.map(drawOption));
  }
  list.replaceChildren(...parts);
  list.hidden = !options.length;
  none.hidden = options.length > 0 || !settled;
  at = 0;
  mark();
}

function drawOption(entry) {
  const option = document.createElement("div");
  option.id = `palette-option-${options.length}`;
  option.setAttribute("role", "option");
  option.append(iconElement(entry.icon), Object.assign(document.createElement("span"), { className: "cut", textContent: entry.label }));
  if (entry.hint) option.append(Object.assign(document.createElement("span"), { className: "hint", textContent: entry.hint }));
  const mine = options.push({ option, url: entry.url }) - 1;
  option.addEventListener("pointermove", () => { if (at !== mine) { at = mine; mark(); } });
  option.addEventListener("click", (event) => go(event));
  return option;
}

function mark() {
  options.forEach(({ option }, index) => option.setAttribute("aria-selected", String(index === at)));
  const chosen = options[at]?.option;
  if (chosen) input.setAttribute("aria-activedescendant", chosen.id); else input.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function go(event) {
  const url = options[at]?.url;
  if (!url) return;
  if (event.metaKey || event.ctrlKey) open(url, "_blank"); else location.assign(url);
  dialog.close();
}

input?.addEventListener("input", look);
input?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    event.preventDefault();
    at = (at + step + options.length) % options.length;
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    go(event);
  }
});
dialog?.addEventListener("close", () => running?.abort());

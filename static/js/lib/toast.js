// Toasts: what has just happened, at the bottom; with undo where it can be undone.
import { iconUrl } from "./icon.js";

const STAYS_MS = 6000;
const ICONS = { error: "circle-alert", warning: "triangle-alert", info: "info" };

/** Show a message. kind: good, info, warning, error (errors stay). `undo` is called on Undo. */
export function toast(message, { kind = "good", undo } = {}) {
  const box = document.getElementById("toasts");
  const shown = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  shown.classList.add(kind);
  if (ICONS[kind]) shown.querySelector("use").setAttribute("href", iconUrl(ICONS[kind]));
  shown.querySelector("p").textContent = message;
  if (undo) {
    const button = shown.querySelector("[data-undo]");
    button.hidden = false;
    button.addEventListener("click", () => { dismiss(shown); undo(); });
  }
  box.append(shown);
  watch(shown);
  return () => dismiss(shown);
}

/** Take a toast away. */
export function dismiss(shown) {
  shown.classList.add("leaving");
  setTimeout(() => shown.remove(), 150);
}

/** Let a toast leave by itself, unless it is an error or somebody is reading it. */
export function watch(shown) {
  shown.querySelector("[data-close]").addEventListener("click", () => dismiss(shown));
  if (shown.classList.contains("error")) return;
  let timer = setTimeout(() => dismiss(shown), STAYS_MS);
  const stop = () => clearTimeout(timer);
  const go = () => { stop(); timer = setTimeout(() => dismiss(shown), STAYS_MS / 2); };
  for (const [name, action] of [["pointerenter", stop], ["focusin", stop], ["pointerleave", go], ["focusout", go]]) {
    shown.addEventListener(name, action);
  }
}

// What can be done with a row or a group.

import { html, useEffect, useRef } from "../js/lib/preact.js";
import { iconUrl } from "../js/lib/icon.js";
import { gettext } from "./words.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const MOD = isMac ? "⌘" : "Ctrl ";

/** Actions of a node: [label, shortcut, what to do, danger?]. */
export function actionsOf(store, node) {
  const isRoot = node.id === store.root.id;
  return [
    !isRoot && [gettext("Duplicate"), `${MOD}D`, () => store.duplicate(node.id)],
    !isRoot && [node.off ? gettext("Switch on") : gettext("Switch off"), `${MOD}/`, () => store.toggle(node.id)],
    !isRoot && [gettext("Move up"), "Alt ↑", () => store.step(node.id, -1)],
    !isRoot && [gettext("Move down"), "Alt ↓", () => store.step(node.id, 1)],
    !isRoot && [gettext("Put into a group"), `${MOD}G`, () => store.wrap(node.id, "any")],
    node.kind === "group" && !isRoot && [gettext("Ungroup"), "", () => store.unwrap(node.id)],
    node.kind === "group" && !isRoot && [gettext("Show alone"), "", () => store.focusGroup(node.id)],
    [gettext("Who are these?"), "", () => store.askWho(node.id)],
    !isRoot && [gettext("Remove"), "Del", () => store.removeWithUndo(node.id), true],
  ].filter(Boolean);
}

export function RowMenu({ store, node }) {
  const box = useRef(null);
  useEffect(() => {
    const close = (event) => { if (box.current?.open && !box.current.contains(event.target)) box.current.open = false; };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);
  const run = (action) => { box.current.open = false; action(); };
  return html`
    <details class="menu-box right row-menu" ref=${box}>
      <summary class="btn ghost square" aria-label=${gettext("More about this row")}><svg class="icon" aria-hidden="true"><use href=${iconUrl("ellipsis")} /></svg></summary>
      <div class="menu">
        ${actionsOf(store, node).map(([label, shortcut, action, isDanger]) => html`
          <button type="button" key=${label} class=${`menu-item ${isDanger ? "danger" : ""}`} onClick=${() => run(action)}>
            <span>${label}</span><kbd>${shortcut}</kbd></button>`)}
      </div>
    </details>`;
}

/** Keys on a row or group that has the focus; true when one was meant for it. */
export function onNodeKey(store, node, event) {
  const command = event.ctrlKey || event.metaKey;
  const keys = {
    Delete: () => store.removeWithUndo(node.id),
    Backspace: () => store.removeWithUndo(node.id),
  };
  const commands = { d: () => store.duplicate(node.id), "/": () => store.toggle(node.id), g: () => store.wrap(node.id, "any") };
  const steps = { ArrowUp: -1, ArrowDown: 1 };
  if (node.id === store.root.id) return false;
  if (event.altKey && event.key in steps) store.step(node.id, steps[event.key]);
  else if (command && event.key in commands) commands[event.key]();
  else if (!command && !event.altKey && event.key in keys && event.target.dataset.node === node.id) keys[event.key]();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

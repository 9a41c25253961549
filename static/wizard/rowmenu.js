// What can be done with a row or a group.

import { html, useRef } from "../js/lib/preact.js";
import { iconUrl } from "../js/lib/icon.js";
import { fill, gettext, number } from "./words.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const MOD = isMac ? "⌘" : "Ctrl ";

/** Actions of a node: [label, shortcut, what to do, danger?]. The root can only be looked at. */
export function actionsOf(store, node) {
  const look = [gettext("Who are these?"), "", () => store.askWho(node.id)];
  if (node.id === store.root.id) return [look];
  const isGroup = node.kind === "group";
  return [
    [gettext("Duplicate"), `${MOD}D`, () => store.duplicate(node.id)],
    [node.off ? gettext("Switch on") : gettext("Switch off"), `${MOD}/`, () => store.toggle(node.id)],
    [gettext("Move up"), "Alt ↑", () => store.step(node.id, -1)],
    [gettext("Move down"), "Alt ↓", () => store.step(node.id, 1)],
    [gettext("Put into a group"), `${MOD}G`, () => store.wrap(node.id, "any")],
    isGroup && [gettext("Ungroup"), "", () => store.unwrap(node.id)],
    isGroup && [gettext("Show alone"), "", () => store.focusGroup(node.id)],
    look,
    [gettext("Remove"), "Del", () => store.removeWithUndo(node.id), true],
  ].filter(Boolean);
}

export function RowMenu({ store, node }) {
  const box = useRef(null);
  const isGroup = node.kind === "group";
  const numbers = store.numbersOf(node.id);
  const run = (action) => { box.current.open = false; action(); };
  return html`
    <details class="menu-box right row-menu" ref=${box}>
      <summary class="btn ghost square compact" aria-label=${isGroup ? gettext("What to do with the group") : gettext("What to do with the row")}>
        <svg class="icon" aria-hidden="true"><use href=${iconUrl("ellipsis")} /></svg></summary>
      <div class="menu">
        ${numbers && store.isFresh && html`<p class="menu-head num">${fill(isGroup ? gettext("Without this group: {n}") : gettext("Without this row: {n}"), { n: number(numbers.without) })}</p>`}
        ${actionsOf(store, node).map(([label, shortcut, action, isDanger]) => html`
          <button type="button" key=${label} class=${`menu-item ${isDanger ? "danger" : ""}`} onClick=${() => run(action)}>
            <span>${label}</span>${shortcut && html`<kbd>${shortcut}</kbd>`}</button>`)}
      </div>
    </details>`;
}

/** Keys on a row or group that has the focus; true when one was meant for it. */
export function onNodeKey(store, node, event) {
  if (node.id === store.root.id || event.defaultPrevented) return false;
  const action = keyAction(store, node, event);
  if (!action) return false;
  event.preventDefault();
  event.stopPropagation();
  action();
  return true;
}

function keyAction(store, node, event) {
  const { key } = event;
  if (event.altKey) {
    const direction = { ArrowUp: -1, ArrowDown: 1 }[key];
    return direction && (() => store.step(node.id, direction));
  }
  if (event.ctrlKey || event.metaKey) {
    return { d: () => store.duplicate(node.id), "/": () => store.toggle(node.id), g: () => store.wrap(node.id, "any") }[key];
  }
  const isOnNode = event.target.dataset.node === node.id;
  return isOnNode && ["Delete", "Backspace"].includes(key) ? () => store.removeWithUndo(node.id) : null;
}

// Undo and redo of what is edited: two buttons, and the keys.

import { html } from "../js/lib/preact.js";
import { Icon } from "./icons.js";
import { gettext } from "./words.js";

export function UndoButtons({ store }) {
  const button = (label, icon, isOn, act) => html`
    <button type="button" class="btn ghost square" aria-label=${label} title=${label} disabled=${!isOn} onClick=${act}><${Icon} name=${icon} /></button>`;
  return html`
    ${button(gettext("Undo"), "undo-2", store.history.past.length, () => store.undo())}
    ${button(gettext("Redo"), "redo-2", store.history.future.length, () => store.redo())}`;
}

/** What Ctrl Z, Ctrl Shift Z and Ctrl Y do; null for other keys. */
export function undoingBy(event, store) {
  if (!(event.ctrlKey || event.metaKey)) return null;
  const key = event.key.toLowerCase();
  if (key === "z") return event.shiftKey ? () => store.redo() : () => store.undo();
  return key === "y" ? () => store.redo() : null;
}

// Leaving with unsaved changes asks first; the keys that work anywhere on the page.

import { confirmed } from "../js/lib/confirm.js";
import { useLeaving } from "../js/lib/leaving.js";
import { useEffect } from "../js/lib/preact.js";
import { undoingBy } from "./undoing.js";
import { gettext } from "./words.js";

/** Ask before a link or the browser leads away from unsaved changes. */
export function useAskingFirst(store) {
  const mayLeave = () => confirmed({ title: gettext("Leave without saving?"), text: gettext("The changes to this segment would be lost."), yes: gettext("Leave") });
  useLeaving(store, { isUnsaved: () => store.isChanged, mayLeave });
}

/** Ctrl Z, Ctrl Shift Z and Ctrl Y anywhere but in a text; t shows the text view. */
export function useShortcuts(store, toggleText) {
  useEffect(() => {
    const onKey = (event) => {
      const action = actionOf(store, toggleText, event);
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function actionOf(store, toggleText, event) {
  if (event.altKey || event.target.matches?.("input:not([type=checkbox]), textarea") || document.querySelector("dialog[open]")) return null;
  const key = event.key.toLowerCase();
  if (!event.ctrlKey && !event.metaKey) return key === "t" && !event.target.matches?.("select") ? toggleText : null;
  return undoingBy(event, store);
}

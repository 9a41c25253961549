// Leaving with unsaved changes asks first; the keys that work anywhere on the page.

import { confirmed } from "../js/lib/confirm.js";
import { useEffect } from "../js/lib/preact.js";
import { gettext } from "./words.js";

/** Ask before a link or the browser leads away from unsaved changes. */
export function useLeaving(store) {
  useEffect(() => {
    const onUnload = (event) => { if (store.isChanged && !store.isLeaving) event.preventDefault(); };
    const onClick = (event) => askFirst(store, event);
    window.addEventListener("beforeunload", onUnload);
    document.addEventListener("click", onClick, true);
    return () => {
      window.removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, true);
    };
  }, []);
}

async function askFirst(store, event) {
  const link = event.target.closest?.("a[href]");
  if (!link || !store.isChanged || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target === "_blank" || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  event.stopPropagation();
  const isSure = await confirmed({ title: gettext("Leave without saving?"), text: gettext("The changes to this segment would be lost."), yes: gettext("Leave") });
  if (!isSure) return;
  store.isLeaving = true;
  location.assign(link.href);
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
  if (key === "z") return event.shiftKey ? () => store.redo() : () => store.undo();
  return key === "y" ? () => store.redo() : null;
}

// Nothing leads away from what isn't saved without being asked.

import { useEffect } from "./preact.js";

/**
 * While `isUnsaved()`, a link is followed once `mayLeave()` has answered true, and the browser asks
 * before it leads away itself. `store.isLeaving` says that it is decided.
 */
export function useLeaving(store, { isUnsaved, mayLeave }) {
  useEffect(() => {
    const onUnload = (event) => { if (isUnsaved() && !store.isLeaving) event.preventDefault(); };
    const onClick = async (event) => {
      const link = linkAway(event);
      if (!link || !isUnsaved()) return;
      event.preventDefault();
      event.stopPropagation();
      if (!(await mayLeave())) return;
      store.isLeaving = true;
      location.assign(link.href);
    };
    addEventListener("beforeunload", onUnload);
    document.addEventListener("click", onClick, true);
    return () => {
      removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, true);
    };
  }, []);
}

/** The link a click follows to another page of ours in this window, if it does. */
function linkAway(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return null;
  const isElsewhere = link.target === "_blank" || link.origin !== location.origin || link.getAttribute("href").startsWith("#");
  return isElsewhere ? null : link;
}

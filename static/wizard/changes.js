// Who would enter, leave and stay if a saved segment became what it is now in the editor.

import { request } from "../js/lib/http.js";
import { useEffect, useState } from "../js/lib/preact.js";
import { toDocument, toSavedDocument } from "./model.js";

const WAIT_MS = 500;

/** {enter, leave, isFresh}, or null while nothing is changed. */
export function useChanges(store) {
  const [found, setFound] = useState(null);
  const { answer } = store.counting;
  const isAsked = isDefinitionChanged(store) && store.isFresh;
  useEffect(() => {
    if (!isAsked) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => compare(store, controller.signal).then((sizes) => setFound({ ...sizes, answer }), () => setFound(null)), WAIT_MS);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [answer, isAsked]);
  if (!found || !isDefinitionChanged(store)) return null;
  return { ...found, isFresh: found.answer === answer && store.isFresh };
}

/** Whether tree or pins of a saved segment differ from what is saved. */
export function isDefinitionChanged(store) {
  if (store.segmentId === null) return false;
  const { present, saved } = store;
  if (present === saved) return false;
  const pins = ({ pinnedIn, pinnedOut }) => JSON.stringify([[...pinnedIn].sort(), [...pinnedOut].sort()]);
  if (pins(present) !== pins(saved)) return true;
  return present.root !== saved.root && JSON.stringify(toSavedDocument(present.root)) !== JSON.stringify(toSavedDocument(saved.root));
}

/** What the server says of the change; `more` asks for names: {limit, list, after}. */
export function askDiff(store, where, { signal, ...more } = {}) {
  const { pinnedIn, pinnedOut } = store.present;
  const body = { where, pinned_in: pinnedIn, pinned_out: pinnedOut, ...more };
  return request(`${store.urls.segments}${store.segmentId}/diff/`, { method: "POST", signal, body });
}

/** Rows that aren't filled in yet are left out, as in the number above. */
async function compare(store, signal) {
  const { where } = toDocument(store.root, (node) => store.isLeftOut(node));
  const { entering, leaving } = await askDiff(store, where, { signal });
  return { enter: entering.number, leave: leaving.number };
}
